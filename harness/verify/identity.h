/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Identities: sums over the whole capture that must close against the calls that were made, from
 * the ledger or from an independent count. They hold whatever was lost, as long as losses are
 * counted. Pure.
 */
#ifndef HARNESS_IDENTITY_H
#define HARNESS_IDENTITY_H

#include "lib/base.h"
#include "harness/verify/model.h"

enum { IDENTITY_MAX = 10 };

struct identity {
	const char *name; /* "mmap calls = filtered + counted" */
	uint64_t left, right;
	bool holds;
};

struct identities {
	struct identity v[IDENTITY_MAX];
	size_t n, broken;
};

struct identity_input {
	const struct model_totals *calls;
	enum monitor_definition definition; /* which of them count */
	uint32_t caps;
	const struct counter_table *table; /* the target's rows only */
	uint64_t consumed;		   /* the target's records */
	struct monitor_losses losses;
	bool races;
	uint64_t narrow;       /* fields that wrap at 32 bits: their sums say nothing */
	uint32_t kinds;	       /* of its events, as in struct monitor_info */
	bool other_filter;     /* @calls were filtered by another length than the monitor's */
	uint64_t lost_updates; /* accepted of a monitor that says that it races */
};

/* Those of @subject, and what holds for every monitor. */
void identities_check(const struct subject_ops *subject, const struct identity_input *in,
		      struct identities *out);
/* For struct subject_ops.identities: one more sum that must close. A full list takes no more. */
void identity_add(struct identities *out, const char *name, uint64_t left, uint64_t right);
/* Likewise one that must not be larger than the other. */
void identity_add_at_most(struct identities *out, const char *name, uint64_t left, uint64_t right);
/* Sum over all rows of the value in a slot. */
uint64_t identity_sum(const struct counter_table *t, uint32_t slot);

#endif
