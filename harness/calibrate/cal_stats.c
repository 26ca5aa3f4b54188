/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shares, a line, and estimators on histograms. */
#include "lib/base.h"
#include "harness/calibrate/cal_stats.h"

#include <math.h>

#include "harness/exchange/exchange_estimate.h"

/* So many degrees of freedom that Student's t is the normal distribution. */
#define NORMAL_DF 1e7

struct stats_interval cal_share(uint64_t hits, uint64_t n, double confidence)
{
	struct stats_interval iv = {NAN, 0, 1, confidence};
	double z = stats_t_quantile(confidence, NORMAL_DF), p, middle, half, total = (double)n;

	if (!n)
		return iv;
	p = (double)hits / total;
	middle = (p + z * z / (2 * total)) / (1 + z * z / total);
	half = z / (1 + z * z / total) * sqrt(p * (1 - p) / total + z * z / (4 * total * total));
	iv.centre = p;
	iv.low = hits ? fmax(0, middle - half) : 0;
	iv.high = hits < n ? fmin(1, middle + half) : 1;
	return iv;
}

struct cal_line cal_fit(const double *x, const double *y, size_t n)
{
	struct cal_line line = {NAN, NAN, NAN, NAN, n};
	double mx = stats_mean(x, n), my = stats_mean(y, n), xx = 0, xy = 0, yy = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		xx += (x[i] - mx) * (x[i] - mx);
		xy += (x[i] - mx) * (y[i] - my);
		yy += (y[i] - my) * (y[i] - my);
	}
	if (!(xx > 0))
		return line;
	line.slope = xy / xx;
	line.intercept = my - line.slope * mx;
	for (size_t i = 0; i < n; i++) {
		double off = y[i] - line.intercept - line.slope * x[i];

		left += off * off;
	}
	line.r2 = yy > 0 ? 1 - left / yy : NAN;
	if (n > 2)
		line.slope_se = sqrt(left / (double)(n - 2) / xx);
	return line;
}

struct stats_interval cal_slope(const struct cal_line *line, double confidence)
{
	double half = line->n > 2
			      ? stats_t_quantile(confidence, (double)(line->n - 2)) * line->slope_se
			      : INFINITY;

	return (struct stats_interval){line->slope, line->slope - half, line->slope + half,
				       confidence};
}

static double total_of(const uint64_t *counts)
{
	uint64_t total = 0;

	for (int i = 0; i < EXCHANGE_BUCKETS; i++)
		total += counts[i];
	return (double)total;
}

double cal_histogram_mean(const uint64_t *counts, double low, double high)
{
	double total = total_of(counts), below = 0, sum = 0, taken = 0;

	for (int i = 0; i < EXCHANGE_BUCKETS && total > 0; i++) {
		double from = fmax(below, low * total);
		double to = fmin(below + (double)counts[i], high * total), at = i;

		below += (double)counts[i];
		if (to <= from)
			continue;
		/* Calls of a bucket lie evenly in it. */
		if (i < EXCHANGE_BUCKETS - 1)
			at += ((from + to) / 2 - (below - (double)counts[i])) / (double)counts[i];
		sum += (to - from) * at * EXCHANGE_BUCKET;
		taken += to - from;
	}
	return taken > 0 ? sum / taken : NAN;
}

double cal_histogram_share(const uint64_t *counts, double ticks)
{
	double total = total_of(counts), above = 0;

	for (int i = 0; i < EXCHANGE_BUCKETS; i++)
		above += (double)i * EXCHANGE_BUCKET >= ticks ? (double)counts[i] : 0;
	return total > 0 ? above / total : NAN;
}
