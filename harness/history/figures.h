/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What of a run is kept: a number for each monitor and figure. */
#ifndef HARNESS_HISTORY_FIGURES_H
#define HARNESS_HISTORY_FIGURES_H

#include "harness/result.h"
#include "lib/base.h"

/* More is worse of each of them. */
struct figure {
	char *monitor;
	char *name;   /* "exact.mmap" */
	char *kernel; /* release that it was taken on */
	const char *unit;
	bool exact; /* the same wherever and whenever nothing changed; else a time of one machine */
	double value, low, high; /* low, high: NAN where there is no interval */
};

struct run_figures {
	struct figure *v;
	size_t n;
};

/*
 * Figures of the records of @run: exact.PATH (instructions added), static.FIGURE, verify.WORKLOAD
 * (mismatches), overhead.EVENT and sharp.EVENT (nanoseconds added), slowdown.WORKLOAD (ratio). What
 * has no number there has none here. run_figures_release() is due.
 */
void run_figures_of(const struct run_file *run, struct run_figures *out);
void run_figures_release(struct run_figures *f);

#endif
