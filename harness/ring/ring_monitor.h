/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a monitor's own ring carries and loses: its loss curve under a flood of the events it
 * watches. */
#ifndef HARNESS_RING_MONITOR_H
#define HARNESS_RING_MONITOR_H

#include "harness/plugin.h"
#include "lib/base.h"

/* How the records of a flood are taken. */
enum ring_flood_reader {
	FLOOD_USUAL,   /* of a plan: epoll and timed */
	FLOOD_EPOLL,   /* sleeps until woken */
	FLOOD_TIMED,   /* every 200 us */
	FLOOD_BOTH,    /* every 10 ms, and when woken */
	FLOOD_STOPPED, /* not before the flood's end: what found no room must be counted */
};
extern const char *const ring_flood_readers[]; /* ended by NULL */

struct ring_monitor_plan {
	uint32_t rounds;
	uint64_t slice_ns; /* of a point in a round */
	bool quick;	   /* fewer points */
	enum ring_flood_reader reader;
	uint64_t per_s;	 /* calls a second; 0: several rates, up to as fast as it can */
	const int *cpus; /* @ncpus this process may use */
	size_t ncpus;
};

/* Points of one monitor: steps of a round. */
size_t ring_monitor_points(const struct ring_monitor_plan *plan);

/*
 * Floods @name and emits a record of type "losscurve" with "monitor" for each point; one that
 * writes no events is passed over, with a record of status "skip" unless it is a null monitor.
 * Returns 0, -EINTR, or another -errno after saying why.
 */
int ring_monitor(struct run *run, const char *name, const struct ring_monitor_plan *plan);

#endif
