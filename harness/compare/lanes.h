/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is B dearer than A? Three lanes answer, each with its own limits: static (what loading says),
 * exact (kernel instructions, counted in a guest) and time (nanoseconds, by exchanging programs).
 * One verdict a lane and one in all, for `beebench compare` and `beebench gate`.
 */
#ifndef HARNESS_LANES_H
#define HARNESS_LANES_H

#include <stdio.h>

#include "harness/plugin.h"
#include "lib/base.h"

struct gate_policy; /* harness/compare/policy.h */

enum gate_lane { GATE_STATIC, GATE_EXACT, GATE_TIME, GATE_LANES };
extern const char *const gate_lane_names[GATE_LANES]; /* "static", "exact", "time" */

/* Worst last, so that verdicts of several are put together by the greatest: one regression found is
 * a regression, whatever else was not. */
enum gate_verdict { GATE_SKIP, GATE_PASS, GATE_INCONCLUSIVE, GATE_ENVIRONMENT, GATE_REGRESSION };
extern const char *const gate_verdict_names[]; /* "skip", "pass", "inconclusive", "environment",
						  "regression" */

/*
 * Runs the lanes that @policy has on for monitors @a and @b (names or paths) and emits into
 * run->sink the records of each lane (`static`, `exact`, `sharp`) and `gate` records
 * (docs/results.md): one for each thing that has a limit, one for each lane ("subject": null), one
 * in all ("lane": "all"). A lane that this machine cannot run is a `gate` record with verdict
 * "environment" ("skip" where the policy says "auto") and its reason, not an error. Of @run the
 * seed, the progress, the kernels (where there are any) and the seconds (where not 0) count; its
 * monitors and events do not. Returns 0, -EINTR, or -errno after saying why.
 */
int gate_lanes(struct run *run, const struct gate_policy *policy, const char *a, const char *b);

/* What a person calls a monitor, as an object file that every lane can take. */
struct gate_object {
	char *name, *path; /* how it is called; its file */
	char *source;	   /* the Honey source that the file was made from; NULL: it was not */
};

/*
 * @spec: a name of 'beebench list', an object, or a Honey source, which is compiled. Returns 0, or
 * -errno after saying why; gate_object_release() is due in any case and removes what was made.
 */
int gate_object_find(struct gate_object *o, const char *spec);
void gate_object_release(struct gate_object *o);

/* gate_lanes() of objects that were found. */
int gate_lanes_of(struct run *run, const struct gate_policy *policy, const struct gate_object *a,
		  const struct gate_object *b);

/* The verdict in all of the `gate` records among @records. */
enum gate_verdict gate_verdict_of(struct json_object *records);

#endif
