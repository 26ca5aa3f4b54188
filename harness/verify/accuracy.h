/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Accuracy: how far what a monitor captured is from what happened. The findings are properties of
 * its definition (or of its races), not failures. Pure.
 */
#ifndef HARNESS_ACCURACY_H
#define HARNESS_ACCURACY_H

#include "lib/base.h"
#include "harness/verify/model.h"
#include "lib/procfs.h"
#include "collector/collect.h"

enum { ACCURACY_MAX = 24 };

/* Sums of u64 lengths that nobody could have mapped do not fit 64 bits with a sign. */
typedef __int128 accuracy_amount;

struct accuracy_finding {
	const char *metric; /* "net_bytes" */
	const char *unit;   /* "bytes", "calls", "rows" */
	accuracy_amount truth, captured;
	char why[224]; /* one sentence */
};

struct accuracy_input {
	const struct model *model;
	uint32_t caps;				  /* enum monitor_cap */
	const struct mem_table *table;		  /* after the window */
	const struct proc_memory *before, *after; /* of the main process; NULL: not known */
	uint32_t main_tgid;
	const bool *alive;     /* per lane: its thread stood at the end of the window; NULL: all */
	uint64_t lost_updates; /* as the judge counted them */
	uint64_t page_bytes;
};

struct accuracy {
	struct accuracy_finding finding[ACCURACY_MAX];
	size_t n;
};

/* Returns 0 or -ENOMEM. A monitor without counters has no findings. */
int accuracy_assess(const struct accuracy_input *in, struct accuracy *out);

/* For a command: no ledger, so all that can be told is in @totals, the independent count, and in
 * @lost_updates as above. */
void accuracy_assess_totals(const struct model_totals *totals, enum monitor_definition definition,
			    const struct mem_table *table, uint64_t lost_updates,
			    struct accuracy *out);

/* 100 * (captured - truth) / |truth|; NaN where truth is 0. */
double accuracy_error_pct(const struct accuracy_finding *f);

#endif
