/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory monitor of the seeds in C: counts mmap, munmap and brk per thread as they are entered,
 * and writes one record per call.
 *
 * The definition (seeds 000, 002, 003) is kept with its weaknesses: they are what beebench
 * measures.
 *  - Calls are counted when they are entered, failed ones too.
 *  - An mmap shorter than MEM_MIN_LENGTH counts nowhere; munmap has no such filter.
 *  - brk only writes a record.
 *  - The key is the thread. current_usage is what was asked for; a munmap that would take it below
 *    zero leaves it alone.
 *  - Counters are added to in place and not atomically: only their own thread writes them.
 *
 * Every program returns 0, as the seeds do. That hides the call from perf counters on the same
 * tracepoint (the kernel drops the event for them), so an independent count must be taken
 * elsewhere, for instance on raw_syscalls:sys_enter. The 7 bytes after mem_event.comm are not
 * written, as in the seeds: zeroing them would cost a store per event; nobody reads them.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "bpf/calls/calls.bpf.h"
#include "bpf/memmon/memmon.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Set before loading: only this cgroup is watched. 0 is everything, and then the verifier removes
 * the test and the helper call as dead code; the load of the variable stays, two instructions.
 */
const volatile __u64 beebench_cgroup_id = 0;
/* At which level below the root that cgroup is: then those below it count, too. 0: not known. */
const volatile __u64 beebench_cgroup_level = 0;

/* Puts the type into the object's BTF, where the collector looks for it; read-only data, unused. */
struct mem_event *const volatile mem_event_layout = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEM_STATS_MAX);
	__type(key, __u32);
	__type(value, struct mem_stats);
} mem_stats_map SEC(".maps");

/* Part of the reference layout; nothing uses it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEM_STATS_MAX);
	__type(key, __u64);
	__type(value, __u64);
} active_allocs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, MEM_RING_BYTES);
} mem_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mem_loss);
} mem_loss SEC(".maps");

static __always_inline bool watched(void)
{
	if (!beebench_cgroup_id)
		return true;
	return (beebench_cgroup_level ? bpf_get_current_ancestor_cgroup_id(beebench_cgroup_level)
				      : bpf_get_current_cgroup_id()) == beebench_cgroup_id;
}

static __always_inline struct mem_loss *loss(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&mem_loss, &zero);
}

static __always_inline struct mem_stats *stats_of(__u32 key)
{
	struct mem_stats *s = bpf_map_lookup_elem(&mem_stats_map, &key);
	struct mem_stats fresh = {};

	if (s)
		return s;
	fresh.last_update = bpf_ktime_get_ns();
	bpf_map_update_elem(&mem_stats_map, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&mem_stats_map, &key);
}

static __always_inline void count(struct mem_stats *s, __u64 size, enum mem_event_type type)
{
	s->last_update = bpf_ktime_get_ns();
	if (type == MEM_EVENT_MMAP) {
		s->mmap_count++;
		s->current_usage += size;
		if (s->current_usage > s->peak_usage)
			s->peak_usage = s->current_usage;
	} else {
		if (s->current_usage >= size)
			s->current_usage -= size;
		s->munmap_count++;
	}
}

/* What stands already is of a monitor that is wrong on purpose (tests/bpf/port_*.bpf.c). */
#ifndef KEY_OF
#define KEY_OF(pid_tgid) ((__u32)(pid_tgid))
#endif

#ifdef MEMMON_TGID
/* The wrong way on purpose (bpf/memmon/memmon-tgid.bpf.c): threads of a process overwrite each
 * other's sums. */
static __always_inline void update(__u64 pid_tgid, __u64 size, enum mem_event_type type)
{
	__u32 key = pid_tgid >> 32;
	struct mem_stats *s = stats_of(key), copy;

	if (s) {
		copy = *s;
		count(&copy, size, type);
		bpf_map_update_elem(&mem_stats_map, &key, &copy, BPF_ANY);
	} else {
		struct mem_loss *l = loss();

		if (l)
			l->map_full++;
	}
}
#else
static __always_inline void update(__u64 pid_tgid, __u64 size, enum mem_event_type type)
{
	struct mem_stats *s = stats_of(KEY_OF(pid_tgid));

	if (s) {
		count(s, size, type);
	} else {
		struct mem_loss *l = loss();

		if (l)
			l->map_full++;
	}
}
#endif

static __always_inline void emit(__u64 pid_tgid, __u64 size, __u64 address,
				 enum mem_event_type type)
{
	struct mem_event *e = bpf_ringbuf_reserve(&mem_events, sizeof(*e), 0);

	if (!e) {
		struct mem_loss *l = loss();

		if (l)
			l->ring_full++;
		return;
	}
	e->timestamp = bpf_ktime_get_ns();
	e->pid = (__u32)pid_tgid;
	e->tgid = pid_tgid >> 32;
	e->size = size;
	e->address = address;
	e->event_type = type;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
}

/* On s390x mmap is another call, whose one argument is the address of its six. */
#if defined(MMAP_ENTER)
#elif defined(__TARGET_ARCH_s390)
#define MMAP_ENTER  "tracepoint/syscalls/sys_enter_old_mmap"
#define LENGTH(ctx) call_block_word((ctx)->args[0], 1, false)
#else
#define MMAP_ENTER  "tracepoint/syscalls/sys_enter_mmap"
#define LENGTH(ctx) (ctx)->args[1]
#endif

SEC(MMAP_ENTER)
int trace_mmap_enter(struct trace_event_raw_sys_enter *ctx)
{
	__u64 length = LENGTH(ctx), id;

	if (length < MEM_MIN_LENGTH || !watched())
		return 0;
	id = bpf_get_current_pid_tgid();
	update(id, length, MEM_EVENT_MMAP);
	emit(id, length, 0, MEM_EVENT_MMAP);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int trace_munmap_enter(struct trace_event_raw_sys_enter *ctx)
{
	__u64 length = ctx->args[1], id;

	if (!watched())
		return 0;
	id = bpf_get_current_pid_tgid();
	update(id, length, MEM_EVENT_MUNMAP);
	emit(id, length, 0, MEM_EVENT_MUNMAP);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int trace_brk_enter(struct trace_event_raw_sys_enter *ctx)
{
	if (!watched())
		return 0;
	emit(bpf_get_current_pid_tgid(), 0, ctx->args[0], MEM_EVENT_BRK);
	return 0;
}
