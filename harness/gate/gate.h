/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The gate against a git revision, and what a gate prints. */
#ifndef HARNESS_GATE_H
#define HARNESS_GATE_H

#include "harness/compare/lanes.h"
#include "harness/gate/base.h"

/*
 * The @n monitors @wanted of the current build, each against the same of the revision @base, which
 * was found and is not built yet; @why: how that base was chosen. As gate_lanes() for each pair. A
 * `base` record goes before them. A monitor that the revision does not have is a record with
 * verdict "inconclusive" that names it, one that the change does not have any more a "skip"; one
 * whose bytes did not change is a pass, also under another name, and a revision that cannot be
 * built is an "environment". Only for the holder of gate_lock().
 */
int gate_revision(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		  const char *why, const struct gate_wanted *wanted, size_t n);

/* The `gate` records as a table and a sentence for each lane and in all. */
void gate_print(struct json_object *records, FILE *out);

#endif
