/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does it grow? Theil-Sen slope with its rank interval (Sen 1968): the median of the slopes of all
 * pairs of samples, robust to a third of wild ones, no model of the noise. Pure.
 */
#ifndef MONITOR_TREND_H
#define MONITOR_TREND_H

#include "lib/strbuf.h"
#include "monitor/frame.h"

struct trend {
	double slope, low, high; /* y per s; 95 % interval */
	size_t n;
	double window_s;
	enum verdict verdict;
};

struct trend_rule {
	size_t min_samples;  /* fewer: too early (default 8) */
	double min_window_s; /* shorter: too early (default 20) */
	double steady_share; /* growth per hour below this share of the value is steady (default
				0.05) */
};
extern const struct trend_rule trend_default;

/* @t in s, rising; @y in bytes. Samples that follow each other are not independent: the interval is
 * widened by the lag-one autocorrelation of the residuals, which the header's source names. */
void trend_of(const double *t, const double *y, size_t n, const struct trend_rule *rule,
	      struct trend *out);
/* Appends "growing 1.2 MiB/min (0.9 to 1.5), 32 samples in 93 s" or why it cannot be told. */
void trend_words(const struct trend *t, struct strbuf *out);
extern const char *const
	verdict_names[VERDICT_COUNT]; /* "too early", "steady", "unsure", "growing", "shrinking" */

#endif
