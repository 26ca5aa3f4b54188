/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of bpf/procs/tasks.bpf.o, loaded and attached by a child: what this process holds of
 * them is descriptors. Private to tasks.c.
 */
#ifndef MONITOR_SOURCE_TASKS_LOAD_H
#define MONITOR_SOURCE_TASKS_LOAD_H

#include "lib/base.h"
#include "collector/parcel.h"
#include "monitor/source/tasks.h"

enum { TASKS_MAPS_MAX = 24, TASKS_ENDS = 3 };

/* Descriptors, -1: there is none. */
struct tasks_loaded {
	int32_t list;		     /* the iterator's link */
	int32_t ends_of[TASKS_ENDS]; /* links of what tells of ends */
	int32_t walk;		     /* the program */
	int32_t map[TASKS_MAPS_MAX]; /* @nmaps, all of the object's; of these: */
	int32_t ends, next, data, bss, records, same;
	uint32_t nmaps;
	uint32_t data_bytes, bss_bytes, records_bytes, same_places;
	/* Offsets: in .data, of 4 bytes each, and in .bss, of 8. */
	uint32_t pass_at, kept_at, threads_at, times_at;
	uint32_t lost_at, exits_at;
};

struct tasks_loading {
	struct parcel_child child;
	struct tasks_options opts;
	bool walk;
	char path[4096];
};

/* Begins to load the object at @l->path with the walk, or without it. 0 or -errno. */
int tasks_load_begin(struct tasks_loading *l);
/* What it came to; where no child could be made, it is loaded here. 0 or -errno; prints nothing. */
int tasks_load_end(struct tasks_loading *l, struct tasks_loaded *out);
/* Closes all descriptors: what is attached is no more. */
void tasks_loaded_release(struct tasks_loaded *l);

#endif
