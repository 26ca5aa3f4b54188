/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rounds of `beebench ringbuf`. The cases: all loaded, then round after round in changing
 * order, a record for each. The loss curve: records offered at a held pace against records
 * delivered, for a reader that is woken and one that comes by the clock, to a larger and a smaller
 * ring.
 */
#ifndef HARNESS_RING_SWEEP_H
#define HARNESS_RING_SWEEP_H

#include "harness/plugin.h"
#include "harness/ring/ring_case.h"
#include "lib/base.h"

struct ring_sweep_plan {
	const struct ring_case *cases; /* @n */
	size_t n;
	uint32_t rounds;
	uint64_t slice_ns; /* of a case in a round */
	struct ring_sizes sizes;
	const int *cpus; /* @ncpus this process may use */
	size_t ncpus;
};

/*
 * Runs the rounds and emits a record of type "ringbuf" for each case, also when interrupted after a
 * round. Reports rounds x n steps. Returns 0, -EINTR, or another -errno after saying why.
 */
int ring_sweep(struct run *run, const struct ring_sweep_plan *plan);

/* The CPUs this process may use. Returns how many (at most @max), or -errno. */
int ring_allowed_cpus(int *cpus, size_t max);

struct ring_curve_plan {
	uint32_t rounds;
	uint64_t slice_ns; /* of a point in a round */
	uint32_t record_bytes;
	uint32_t ring_bytes; /* the rings have a half and an eighth of it: 256 KiB is the
				reference's ring when it is 512 */
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
