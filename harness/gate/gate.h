/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gate against a git revision, and what a gate prints. */
#ifndef HARNESS_GATE_H
#define HARNESS_GATE_H

#include "harness/compare/lanes.h"
#include "harness/gate/base.h"

/*
 * Several monitors of the current build, each against the same of the revision @base, which was
 * found and is not built yet; @specs: what is judged, ended by NULL. As gate_lanes() for
 * each pair; a monitor that the revision does not have is a record with verdict "inconclusive", one
 * whose bytes did not change is a pass, and a revision that cannot be built is an "environment".
 * Only for the holder of gate_lock().
 */
int gate_revision(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		  const char *const *specs);

/* The `gate` records as a table and a sentence for each lane and in all. */
void gate_print(struct json_object *records, FILE *out);

#endif
