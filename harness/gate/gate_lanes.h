/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the lanes of one comparison share, and the time lane, which is run on this machine. */
#ifndef HARNESS_GATE_LANES_H
#define HARNESS_GATE_LANES_H

#include "harness/gate/gate_judge.h"
#include "harness/gate/gate_object.h"

struct gate_job {
	struct run *run;
	const struct gate_policy *policy;
	const struct gate_object *a, *b;
	struct gate_pair pair;
	struct json_object *out; /* `gate` records so far */
};

/* gate_lanes() of objects that were found. */
int gate_lanes_of(struct run *run, const struct gate_policy *policy, const struct gate_object *a,
		  const struct gate_object *b);

/*
 * Runs the time lane and judges it; @cannot: why no program can be loaded here, NULL: they can.
 * Returns 0 (also when it could not be run, which is a record), -EINTR, or -errno after saying why.
 */
int gate_time(struct gate_job *job, const char *cannot);

#endif
