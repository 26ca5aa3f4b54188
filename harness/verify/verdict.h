/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a trial says about one of its monitors: conformance, identities, accuracy, and the status
 * they come to; and that as a record (docs/results.md: trial).
 */
#ifndef HARNESS_VERDICT_H
#define HARNESS_VERDICT_H

#include <json-c/json.h>

#include "lib/base.h"
#include "harness/verify/accuracy.h"
#include "harness/verify/identity.h"
#include "harness/verify/judge.h"
#include "harness/verify/trial.h"
#include "lib/strbuf.h"

struct verdict {
	enum status status;
	struct strbuf reason;
	struct judge_result judged;
	struct identities identities;
	struct accuracy accuracy;
	struct model_totals calls;	  /* of the truth: ledger or oracle */
	bool of_blocks;			  /* the truth is blocks instead: @made has their figures */
	uint64_t made[COUNTER_SLOTS_MAX]; /* predicted, over all rows */
	uint64_t sums[COUNTER_SLOTS_MAX]; /* captured, over the target's rows */
	bool has_truth;			  /* @calls mean something */
	bool by_totals; /* the truth is an oracle's totals, judged by identities */
	bool vacuous;	/* a skip: neither the truth nor the capture had anything to compare */
};

/*
 * Judges monitor @index of @t, which was run. Returns 0, or -ENOMEM. A trial that is not OK is not
 * judged: its status and reason are taken over.
 */
int verdict_reach(struct verdict *v, const struct trial *t, size_t index);
void verdict_release(struct verdict *v);

/* The record of type "trial"; the caller owns it. */
struct json_object *verdict_record(const struct verdict *v, const struct trial *t, size_t index);

#endif
