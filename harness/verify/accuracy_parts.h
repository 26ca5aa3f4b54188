/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the findings of the two definitions share: private to accuracy (harness/verify/accuracy.h).
 */
#ifndef HARNESS_ACCURACY_PARTS_H
#define HARNESS_ACCURACY_PARTS_H

#include "harness/verify/accuracy.h"
#include "harness/verify/truth.h"

struct assess {
	const struct accuracy_input *in;
	struct accuracy *out;
	struct truth all;
	size_t processes, lanes; /* with calls */
	bool one_lane_each;	 /* no process has two lanes with calls: peaks are exact */
};

/* Adds a finding; @why with its arguments is the sentence. A full list takes no more. */
void accuracy_add(struct accuracy *out, const char *metric, const char *unit, accuracy_amount truth,
		  accuracy_amount captured, const char *why, ...) PRINTF_LIKE(6, 7);

static inline bool accuracy_offers(const struct mem_table *t, enum mem_field f)
{
	return t->fields & (1U << f);
}

/* Sum over the rows of the workload. */
accuracy_amount accuracy_sum(const struct accuracy_input *in, enum mem_field f);

/* The findings of a monitor of completed calls; of a command only the totals are known. */
void accuracy_completed(struct assess *a);
void accuracy_completed_totals(const struct model_totals *t, const struct mem_table *table,
			       struct accuracy *out);

#endif
