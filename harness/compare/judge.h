/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the records of the lanes to `gate` records (docs/results.md). Pure functions: each appends
 * to the JSON array @out, which is of one pair, one record for each thing that has a limit.
 */
#ifndef HARNESS_JUDGE_H
#define HARNESS_JUDGE_H

#include <json-c/json.h>

#include "harness/compare/lanes.h"
#include "harness/compare/policy.h"

/* Who is compared, as the records call them. */
struct gate_pair {
	const char *a, *b;
};

/* From the `static` records of A and of B. */
void judge_static(const struct gate_policy *p, const struct gate_pair *pair, struct json_object *a,
		  struct json_object *b, struct json_object *out);

/* The same from the records of one boot: "index" 0 is A, 1 is B. One that could not be loaded has
 * an `exact` record that says why. */
void judge_static_in_guest(const struct gate_policy *p, const struct gate_pair *pair,
			   struct json_object *records, struct json_object *out);

/* One of the two could not be loaded, which is a regression where A could. @reason_a, @reason_b:
 * why it could not; NULL: it could. */
void judge_refused(const struct gate_pair *pair, enum gate_lane lane, const char *kernel,
		   const char *reason_a, const char *reason_b, struct json_object *out);

/* From the `exact` records of one boot: "index" 0 is A, 1 is B. */
void judge_exact(const struct gate_policy *p, const struct gate_pair *pair,
		 struct json_object *records, struct json_object *out);

/* From the `sharp` records of one comparison. */
void judge_time(const struct gate_policy *p, const struct gate_pair *pair,
		struct json_object *records, struct json_object *out);

/* The record of a lane that could not be run at all: the environment is not fit where the lane is
 * on, and it is a skip where it is on when possible. */
void judge_cannot(const struct gate_policy *p, const struct gate_pair *pair, enum gate_lane lane,
		  const char *reason, struct json_object *out);

/*
 * The record of @lane ("subject": null) from its others in @out; no more where there is one
 * already. A lane that judged nothing is inconclusive. @note: a sentence to add, or NULL.
 */
void judge_lane(const struct gate_policy *p, const struct gate_pair *pair, enum gate_lane lane,
		const char *note, struct json_object *out);

/* The record in all ("lane": "all") from those of the lanes in @out. */
void judge_all(const struct gate_pair *pair, struct json_object *out);

/* A record in all for a pair of which no lane is run. */
void judge_without_lanes(const struct gate_pair *pair, enum gate_verdict verdict,
			 const char *reason, struct json_object *out);

/* The verdict that a `gate` record holds; GATE_SKIP when it holds none. */
enum gate_verdict gate_verdict_in(struct json_object *record);

#endif
