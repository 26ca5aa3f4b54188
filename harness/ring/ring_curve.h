/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The loss curve: records offered at a held pace against records delivered, for a reader that is
 * woken and one that comes by the clock, to a larger and a smaller ring. */
#ifndef HARNESS_RING_CURVE_H
#define HARNESS_RING_CURVE_H

#include "harness/plugin.h"
#include "lib/base.h"

struct ring_curve_plan {
	uint32_t rounds;
	uint64_t slice_ns; /* of a point in a round */
	uint32_t record_bytes;
	uint32_t ring_bytes; /* the rings have a half and an eighth of it: 256 KiB is the seeds'
				ring when it is 512 */
	uint32_t fault;	     /* enum ringload_fault */
	bool quick;	     /* fewer points */
	const int *cpus;     /* @ncpus this process may use */
	size_t ncpus;
};

/* Points of all consumers together: steps of a round. */
size_t ring_curve_points(bool quick);

/* Emits a record of type "losscurve" for each point. Returns 0, -EINTR, or another -errno after
 * saying why. */
int ring_curve(struct run *run, const struct ring_curve_plan *plan);

#endif
