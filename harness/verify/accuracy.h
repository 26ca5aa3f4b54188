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

struct switches_unseen; /* harness/verify/switches.h */

enum { ACCURACY_MAX = 24 };

/* Sums of u64 lengths that nobody could have mapped do not fit 64 bits with a sign. */
typedef __int128 accuracy_amount;

struct accuracy_finding {
	const char *metric; /* "net_bytes" */
	const char *unit;   /* "bytes", "calls", "rows" */
	accuracy_amount truth, captured;
	char why[224]; /* one sentence */
};

/* What is known when a capture is held against what happened. Of a command there is no ledger: the
 * model has no lanes, and @totals is all there is. */
struct assessment {
	const struct model *model;
	const struct model_totals *totals;	  /* of the truth: the ledger's, or the oracle's */
	uint32_t caps;				  /* enum monitor_cap */
	const struct counter_table *table;	  /* after the window, the target's rows */
	const struct proc_memory *before, *after; /* of the main process; NULL: not known */
	const struct proc_cpu *ticks; /* that it used between the barriers; NULL: not known */
	uint32_t main_tgid;
	const bool *alive; /* per lane: its thread stood at the end of the window; NULL: all */
	const struct switches_unseen *unseen; /* per lane; NULL: not watched */
	uint64_t lost_updates;		      /* as the judge counted them */
	uint32_t kinds;			      /* of its events, as in struct monitor_info */
	const uint64_t *by_type;	      /* events captured, by type; NULL: they have none */
	uint64_t page_bytes;
	bool by_ledger;
};

struct accuracy {
	struct accuracy_finding finding[ACCURACY_MAX];
	size_t n;
};

/* Adds a finding; @why with its arguments is the sentence. A full list takes no more. */
void accuracy_add(struct accuracy *out, const char *metric, const char *unit, accuracy_amount truth,
		  accuracy_amount captured, const char *why, ...) PRINTF_LIKE(6, 7);

/* 100 * (captured - truth) / |truth|; NaN where truth is 0. */
double accuracy_error_pct(const struct accuracy_finding *f);

#endif
