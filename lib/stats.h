/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Statistics as pure functions on arrays of finite doubles. None keeps or changes its input. Of no
 * values (n = 0) a centre is NAN; an interval that the data cannot bound is infinite.
 */
#ifndef LIB_STATS_H
#define LIB_STATS_H

#include "lib/base.h"

struct stats_interval {
	double centre, low, high;
	double confidence; /* 0.95: nominal coverage of [low, high] */
};

double stats_mean(const double *v, size_t n);
double stats_sd(const double *v, size_t n); /* sample standard deviation (n - 1); 0 for n < 2 */
double stats_median(const double *v, size_t n);
/* Quantile @q in [0, 1] by linear interpolation between order statistics (Hyndman and Fan 1996,
 * type 7). */
double stats_quantile(const double *v, size_t n, double q);
double stats_mad(const double *v,
		 size_t n); /* median absolute deviation, scaled by 1.4826 to match sd */

/* Mean of what is left when the share @trim (0.1: 10 %) is cut from each end. */
double stats_trimmed_mean(const double *v, size_t n, double trim);
/*
 * Trimmed mean with its interval from the winsorised variance (Tukey and McLaughlin 1963, Yuen
 * 1974): t with h - 1 degrees of freedom, h = values left. An interval of n < 4 values is infinite.
 */
struct stats_interval stats_trimmed_interval(const double *v, size_t n, double trim,
					     double confidence);
/* Median with its order-statistic (sign test) interval. */
struct stats_interval stats_median_interval(const double *v, size_t n, double confidence);
/*
 * The same centre with a confidence sequence: it may be looked at after every value, and stopping
 * on what it shows keeps the error rate 1 - @confidence over all looks together. Asymptotic, with
 * the Gaussian mixture boundary of Waudby-Smith et al., Annals of Statistics 2024. Wider than an
 * interval for one look; narrowest about n = @tuned_n.
 */
struct stats_interval stats_trimmed_sequence(const double *v, size_t n, double trim,
					     double confidence, size_t tuned_n);
/* Pearson's correlation of two series; 0 where one of them does not vary or n < 3. */
double stats_correlation(const double *x, const double *y, size_t n);
/* Spearman's: Pearson's of the ranks, values that are equal sharing theirs; one wild value does not
 * make it. */
double stats_rank_correlation(const double *x, const double *y, size_t n);
/* Student's t quantile for two-sided @confidence with @df degrees of freedom. */
double stats_t_quantile(double confidence, double df);

#endif
