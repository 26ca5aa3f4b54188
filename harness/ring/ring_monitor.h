/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a monitor's own ring carries and loses: its loss curve under a flood of the events it
 * watches. */
#ifndef HARNESS_RING_MONITOR_H
#define HARNESS_RING_MONITOR_H

#include "harness/plugin.h"
#include "lib/base.h"

struct ring_monitor_plan {
	uint32_t rounds;
	uint64_t slice_ns; /* of a point in a round */
	bool quick;	   /* fewer points */
	const int *cpus;   /* @ncpus this process may use */
	size_t ncpus;
};

/* Points of one monitor. */
size_t ring_monitor_points(bool quick);

/*
 * Floods @name and emits a record of type "losscurve" with "monitor" for each point; one that
 * writes no events is passed over, with a record of status "skip" unless it is a null monitor.
 * Returns 0, -EINTR, or another -errno after saying why.
 */
int ring_monitor(struct run *run, const char *name, const struct ring_monitor_plan *plan);

#endif
