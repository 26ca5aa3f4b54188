/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names a monitor uses: the seeds' to begin with, and who owns them. */
#include "lib/base.h"
#include "collector/manifest.h"

#include <stdlib.h>
#include <string.h>

const char *const event_field_names[EVENT_FIELD_COUNT] = {
	"timestamp", "pid", "tgid", "size", "address", "event_type", "comm", "down"};
const char *const loss_field_names[LOSS_FIELD_COUNT] = {"ring_full", "map_full"};

void manifest_forget_names(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i]);
		list[i] = NULL;
	}
}

void manifest_defaults(struct manifest *man)
{
	*man = (struct manifest){.key = MONITOR_KEY_TID};
	man->counters.map = strdup("mem_stats_map");
	for (int f = 0; f <= MEM_LAST_UPDATE; f++)
		man->counters.fields[f] = strdup(mem_field_names[f]);
	man->events.map = strdup("mem_events");
	man->events.type = strdup("mem_event");
	for (int f = 0; f <= EVENT_COMM; f++)
		man->events.fields[f] = strdup(event_field_names[f]);
	man->losses.map = strdup("mem_loss");
	for (int f = 0; f < LOSS_FIELD_COUNT; f++)
		man->losses.fields[f] = strdup(loss_field_names[f]);
}

void manifest_cpu_defaults(struct manifest *man)
{
	static const struct {
		const char *event, *program;
	} programs[] = {
		{"switch", "tracepoint/sched/sched_switch"},
		{"enter", "tracepoint/raw_syscalls/sys_enter"},
		{"exit", "tracepoint/raw_syscalls/sys_exit"},
	};

	manifest_release(man);
	*man = (struct manifest){.key = MONITOR_KEY_TID, .has_programs = true};
	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		if (CPU_FIELDS & (1u << f))
			man->counters.fields[f] = strdup(mem_field_names[f]);
	man->events.none = true;
	man->losses.map = strdup("cpu_loss");
	man->losses.fields[LOSS_MAP_FULL] = strdup(loss_field_names[LOSS_MAP_FULL]);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		man->programs[i].event = strdup(programs[i].event);
		man->programs[i].program = strdup(programs[i].program);
	}
	man->nprograms = ARRAY_SIZE(programs);
}

void manifest_set_counters(struct manifest *man, char *names[MEM_FIELD_COUNT])
{
	free(man->counters.map);
	man->counters.map = NULL;
	manifest_forget_names(man->counters.fields, MEM_FIELD_COUNT);
	memcpy(man->counters.fields, names, sizeof(man->counters.fields));
}

void manifest_release(struct manifest *man)
{
	free(man->file);
	free(man->name);
	free(man->object);
	free(man->script);
	for (size_t i = 0; man->run && man->run[i]; i++)
		free(man->run[i]);
	free(man->run);
	free(man->counters.map);
	manifest_forget_names(man->counters.fields, MEM_FIELD_COUNT);
	free(man->counters.iterator);
	free(man->counters.row);
	free(man->counters.row_key);
	free(man->counters.ended);
	free(man->counters.ended_flag);
	free(man->events.on);
	free(man->events.map);
	free(man->events.type);
	manifest_forget_names(man->events.fields, EVENT_FIELD_COUNT);
	free(man->losses.map);
	manifest_forget_names(man->losses.fields, LOSS_FIELD_COUNT);
	for (size_t i = 0; i < man->nprograms; i++) {
		free(man->programs[i].event);
		free(man->programs[i].program);
	}
	*man = (struct manifest){0};
}
