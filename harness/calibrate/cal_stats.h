/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a calibration is judged by, as pure functions: shares with their intervals, a straight line,
 * and what other estimators read from a histogram. */
#ifndef HARNESS_CAL_STATS_H
#define HARNESS_CAL_STATS_H

#include "lib/base.h"
#include "lib/stats.h"

/* The share @hits / @n with Wilson's score interval (JASA 22, 1927), which stays inside [0, 1] and
 * holds for few and for no hits. Of n = 0: NAN, [0, 1]. */
struct stats_interval cal_share(uint64_t hits, uint64_t n, double confidence);

/* A least-squares line. NAN where the points do not determine it: fewer than two different x. */
struct cal_line {
	double slope, intercept;
	double r2;	 /* share of the variance of y that the line explains */
	double slope_se; /* standard error; NAN for fewer than 3 points */
	size_t n;
};

struct cal_line cal_fit(const double *x, const double *y, size_t n);
/* The slope's interval by Student's t; infinite for fewer than 3 points. */
struct stats_interval cal_slope(const struct cal_line *line, double confidence);

/*
 * Of a histogram of calls by duration (exchange_estimate.h: EXCHANGE_BUCKETS buckets, the last
 * open), in ticks: the mean of the calls from quantile @low to quantile @high. The open bucket
 * counts as its lower end. NAN of no calls.
 */
double cal_histogram_mean(const uint64_t *counts, double low, double high);
/* Share of the calls that took @ticks or longer, to the bucket; NAN of no calls. */
double cal_histogram_share(const uint64_t *counts, double ticks);

#endif
