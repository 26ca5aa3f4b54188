/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sums that must close. */
#include "lib/base.h"
#include "harness/verify/identity.h"

static void add(struct identities *out, const char *name, uint64_t left, uint64_t right, bool holds)
{
	if (out->n == IDENTITY_MAX)
		return;
	out->v[out->n++] = (struct identity){name, left, right, holds};
	out->broken += !holds;
}

void identity_add(struct identities *out, const char *name, uint64_t left, uint64_t right)
{
	add(out, name, left, right, left == right);
}

void identity_add_at_most(struct identities *out, const char *name, uint64_t left, uint64_t right)
{
	add(out, name, left, right, left <= right);
}

uint64_t identity_sum(const struct counter_table *t, uint32_t slot)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += counter_table_row(t, i)->value[slot];
	return sum;
}

void identities_check(const struct subject_ops *subject, const struct identity_input *in,
		      struct identities *out)
{
	*out = (struct identities){0};
	if (subject->identities)
		subject->identities(in, out);
	if (in->losses.recursion_misses != UINT64_MAX)
		identity_add(out, "runs skipped by the kernel = none", in->losses.recursion_misses,
			     0);
}
