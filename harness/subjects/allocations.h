/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of the subject allocations: its fields, what a call comes to, and sampled profiles. */
#ifndef HARNESS_SUBJECTS_ALLOCATIONS_H
#define HARNESS_SUBJECTS_ALLOCATIONS_H

#include "harness/subject.h"
#include "lib/base.h"

struct accuracy;
struct ledger_entry;

enum allocations_field {
	ALLOCS,
	BYTES,
	FREES,
	FREED_BYTES,
	LIVE_BLOCKS,
	LIVE_BYTES,
	EXACT_FIELDS,
	SIZES = EXACT_FIELDS,
	ALLOCS_ERROR,
	BYTES_ERROR,
	LIVE_BLOCKS_ERROR,
	LIVE_BYTES_ERROR,
	RATE,
	FIELDS
};

enum { OF_MALLOC, OF_KMALLOC }; /* "definition" */

/* What a call comes to: blocks and bytes that came, and that went. */
struct amounts {
	uint64_t allocs, bytes, frees, freed;
};

struct amounts allocations_of(const struct model_definition *def, const struct ledger_entry *e);

/*
 * Sets @out by what chance explains of a profile that takes samples: its estimates, and the error
 * bars that it prints.
 */
void allocations_judge_sampled(const struct judge_input *in, struct judge_result *out);
/* Findings of such a profile: how far its estimates are off, in standard deviations. */
int allocations_assess(const struct assessment *in, struct accuracy *out);

#endif
