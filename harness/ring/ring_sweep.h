/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The cases of `beebench ringbuf`: all loaded, then round after round in changing order, a record
 * for each. */
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

#endif
