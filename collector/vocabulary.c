/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The subjects whose words are known, and the two that are built in. A word stands here once: in
 * manifests, results and messages it is the same.
 */
#include "lib/base.h"
#include "collector/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/memmon/memmon.h"
#include "collector/manifest.h"

static const struct counter_field memory_fields[MEM_FIELD_COUNT] = {
	[MEM_TOTAL_ALLOCATED] = {"total_allocated", "bytes", .standard = true},
	[MEM_TOTAL_FREED] = {"total_freed", "bytes", .standard = true},
	[MEM_CURRENT_USAGE] = {"current_usage", "bytes", .standard = true},
	[MEM_PEAK_USAGE] = {"peak_usage", "bytes", .standard = true},
	[MEM_ALLOC_COUNT] = {"alloc_count", "calls", .standard = true},
	[MEM_FREE_COUNT] = {"free_count", "calls", .standard = true},
	[MEM_MMAP_COUNT] = {"mmap_count", "calls", .standard = true},
	[MEM_MUNMAP_COUNT] = {"munmap_count", "calls", .standard = true},
	[MEM_LAST_UPDATE] = {"last_update", "ns", COUNTER_MAX, .clock = true, .standard = true},
	[MEM_MMAP_BYTES] = {"mmap_bytes", "bytes"},
	[MEM_MUNMAP_BYTES] = {"munmap_bytes", "bytes"},
	[MEM_BRK_COUNT] = {"brk_count", "calls"},
	[MEM_MMAP_SEEN] = {"mmap_seen", "calls"},
	[MEM_MREMAP_COUNT] = {"mremap_count", "calls"},
	[MEM_FAILED_COUNT] = {"failed_count", "calls"},
	[MEM_VM_BYTES] = {"vm_bytes", "bytes", COUNTER_MAX},
	[MEM_VM_PEAK] = {"vm_peak", "bytes", COUNTER_MAX},
};

static const struct event_value memory_values[] = {
	[MEM_EVENT_SIZE] = {"size", 8, true},
	[MEM_EVENT_ADDRESS] = {"address", 8, true},
	[MEM_EVENT_TYPE] = {"event_type", 1, true},
	[MEM_EVENT_DOWN] = {"down", 1, false},
};

/* The reference monitor's layout, for an object whose compiler left the struct out of the BTF. */
static const struct event_place memory_assumed[] = {
	{"timestamp", offsetof(struct mem_event, timestamp)},
	{"pid", offsetof(struct mem_event, pid)},
	{"tgid", offsetof(struct mem_event, tgid)},
	{"size", offsetof(struct mem_event, size)},
	{"address", offsetof(struct mem_event, address)},
	{"event_type", offsetof(struct mem_event, event_type)},
	{"comm", offsetof(struct mem_event, comm)},
	{0},
};

static const struct event_kind memory_kinds[] = {
	{"mmap", MEM_EVENT_MMAP},
	{"munmap", MEM_EVENT_MUNMAP},
	{"brk", MEM_EVENT_BRK},
	{"mremap", MEM_EVENT_MREMAP},
};

static const struct vocabulary_program memory_programs[] = {
	{"mmap", NULL}, {"munmap", NULL}, {"brk", NULL}};

static const char *const memory_definitions[] = {
	[MONITOR_ENTERED] = "entered", [MONITOR_COMPLETED] = "completed", NULL};

const struct vocabulary vocabulary_memory = {
	.name = "memory",
	.fields = memory_fields,
	.nfields = MEM_FIELD_COUNT,
	.values = memory_values,
	.nvalues = ARRAY_SIZE(memory_values),
	.kinds = memory_kinds,
	.nkinds = ARRAY_SIZE(memory_kinds),
	.kind_value = MEM_EVENT_TYPE,
	.filter_name = "mmap",
	.filter_bytes = MEM_MIN_LENGTH,
	.key_bytes = 4,
	.definitions = memory_definitions,
	.definition_help = "entered (calls count when they enter) or completed (calls that ended "
			   "and worked)",
	.mark = "mem_stats_map",
	.counter_map = "mem_stats_map",
	.event_map = "mem_events",
	.event_struct = "mem_event",
	.assumed = memory_assumed,
	.assumed_bytes = sizeof(struct mem_event),
	.loss_map = "mem_loss",
	.losses = 1U << LOSS_RING_FULL | 1U << LOSS_MAP_FULL,
	.programs = memory_programs,
	.nprograms = ARRAY_SIZE(memory_programs),
};

static const struct counter_field cpu_fields[CPU_FIELD_COUNT] = {
	[CPU_USER_TIME] = {"user_time", "ns", .clock = true, .standard = true},
	[CPU_KERNEL_TIME] = {"kernel_time", "ns", .clock = true, .standard = true},
	[CPU_START_TIME] = {"start_time", "ns", .clock = true, .standard = true},
	[CPU_SYSCALL_START] = {"syscall_start", "ns", .clock = true, .standard = true},
	[CPU_RUN_KERNEL_TIME] = {"run_kernel_time", "ns", .clock = true, .standard = true},
};

static const struct vocabulary_program cpu_programs[] = {
	{"switch", "tracepoint/sched/sched_switch"},
	{"enter", "tracepoint/raw_syscalls/sys_enter"},
	{"exit", "tracepoint/raw_syscalls/sys_exit"},
};

const struct vocabulary vocabulary_cpu = {
	.name = "cpu",
	.fields = cpu_fields,
	.nfields = CPU_FIELD_COUNT,
	.key_bytes = 4,
	.mark = "run_kernel_time",
	.loss_map = "cpu_loss",
	.losses = 1U << LOSS_MAP_FULL,
	.programs = cpu_programs,
	.nprograms = ARRAY_SIZE(cpu_programs),
};

static const struct vocabulary *known[17] = {&vocabulary_memory, &vocabulary_cpu};

const struct vocabulary *const *vocabularies(void)
{
	return known;
}

void vocabulary_add(const struct vocabulary *v)
{
	size_t i = 0;

	while (known[i] && known[i] != v)
		i++;
	if (i + 1 == ARRAY_SIZE(known))
		abort();
	known[i] = v;
}

const struct vocabulary *vocabulary_declared(void)
{
	const struct vocabulary *const *v = vocabularies();

	while (*v && !(*v)->declared)
		v++;
	return *v;
}

const struct vocabulary *vocabulary_find(const char *name)
{
	for (const struct vocabulary *const *v = known; *v; v++)
		if (!strcmp((*v)->name, name))
			return *v;
	return NULL;
}

size_t vocabulary_field(const struct vocabulary *v, const char *name)
{
	size_t f = 0;

	while (f < v->nfields && strcmp(v->fields[f].name, name))
		f++;
	return f;
}

uint32_t vocabulary_slot(const struct vocabulary *v, size_t field)
{
	uint32_t slot = 0;

	for (size_t f = 0; f < field; f++)
		slot += MAX(v->fields[f].slots, 1U);
	return slot;
}

uint32_t vocabulary_slots(const struct vocabulary *v)
{
	return vocabulary_slot(v, v->nfields);
}
