/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Robust centres and their intervals in closed form: no resampling, so no seed and no surprises. */
#include "lib/base.h"
#include "lib/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A sorted copy; aborts when memory is exhausted, as lib/strbuf.h does. n > 0. */
static double *sorted_copy(const double *v, size_t n)
{
	double *s = malloc(n * sizeof(*s));

	if (!s)
		abort();
	memcpy(s, v, n * sizeof(*s));
	qsort(s, n, sizeof(*s), compare_doubles);
	return s;
}

double stats_mean(const double *v, size_t n)
{
	double mean = 0;

	if (!n)
		return NAN;
	/* Running form: no overflow, and equal values give exactly that value. */
	for (size_t i = 0; i < n; i++)
		mean += (v[i] - mean) / (double)(i + 1);
	return mean;
}

/* Sum of squares about the mean: the second pass keeps digits where the mean is large (TSC ticks).
 */
static double sum_squares(const double *v, size_t n)
{
	double mean = stats_mean(v, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sum;
}

double stats_sd(const double *v, size_t n)
{
	return n < 2 ? 0 : sqrt(sum_squares(v, n) / (double)(n - 1));
}

static double sorted_quantile(const double *s, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t i = (size_t)at;

	if (i + 1 >= n)
		return s[n - 1];
	return s[i] + (at - (double)i) * (s[i + 1] - s[i]);
}

double stats_quantile(const double *v, size_t n, double q)
{
	double *s, value;

	if (!n)
		return NAN;
	s = sorted_copy(v, n);
	value = sorted_quantile(s, n, MIN(MAX(q, 0), 1));
	free(s);
	return value;
}

double stats_median(const double *v, size_t n)
{
	return stats_quantile(v, n, 0.5);
}

double stats_mad(const double *v, size_t n)
{
	double *s, median, mad;

	if (!n)
		return NAN;
	s = sorted_copy(v, n);
	median = sorted_quantile(s, n, 0.5);
	for (size_t i = 0; i < n; i++)
		s[i] = fabs(s[i] - median);
	mad = stats_median(s, n);
	free(s);
	return 1.4826 * mad; /* 1 / 0.6745, the normal distribution's upper quartile */
}

/* Values cut from each end. The epsilon makes 0.29 of 100 be 29, which binary fractions deny. */
static size_t trim_count(size_t n, double trim)
{
	size_t g = (size_t)(MIN(MAX(trim, 0), 0.5) * (double)n + 1e-9);

	return MIN(g, (n - 1) / 2);
}

double stats_trimmed_mean(const double *v, size_t n, double trim)
{
	double *s, mean;
	size_t g;

	if (!n)
		return NAN;
	s = sorted_copy(v, n);
	g = trim_count(n, trim);
	mean = stats_mean(s + g, n - 2 * g);
	free(s);
	return mean;
}

struct stats_interval stats_trimmed_interval(const double *v, size_t n, double trim,
					     double confidence)
{
	struct stats_interval iv = {NAN, -INFINITY, INFINITY, confidence};
	double *s, half;
	size_t g, h;

	if (!n)
		return iv;
	s = sorted_copy(v, n);
	g = trim_count(n, trim);
	h = n - 2 * g;
	iv.centre = stats_mean(s + g, h);
	if (n >= 4 && h >= 2) {
		for (size_t i = 0; i < g; i++) {
			s[i] = s[g];
			s[n - 1 - i] = s[n - 1 - g];
		}
		half = stats_t_quantile(confidence, (double)(h - 1)) *
		       sqrt(sum_squares(s, n) / ((double)h * (double)(h - 1)));
		iv.low = iv.centre - half;
		iv.high = iv.centre + half;
	}
	free(s);
	return iv;
}

struct stats_interval stats_trimmed_sequence(const double *v, size_t n, double trim,
					     double confidence, size_t tuned_n)
{
	struct stats_interval iv = stats_trimmed_interval(v, n, trim, confidence);
	double alpha = 1 - confidence, se, rho2, look, half;
	size_t h;

	if (n < 4 || !isfinite(iv.low) || alpha <= 0 || alpha >= 1 || !tuned_n)
		return iv;
	h = n - 2 * trim_count(n, trim);
	se = (iv.high - iv.centre) / stats_t_quantile(confidence, (double)(h - 1));
	/* rho that makes the boundary about narrowest at tuned_n. */
	rho2 = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / (double)tuned_n;
	look = (double)n * rho2 + 1;
	/* The boundary is for a mean of n values with standard deviation s: se = s / sqrt(n). */
	half = se * sqrt(2 * look / ((double)n * rho2) * log(sqrt(look) / alpha));
	iv.low = iv.centre - half;
	iv.high = iv.centre + half;
	return iv;
}

double stats_correlation(const double *x, const double *y, size_t n)
{
	double mx = stats_mean(x, n), my = stats_mean(y, n), xy = 0, xx = 0, yy = 0;

	if (n < 3)
		return 0;
	for (size_t i = 0; i < n; i++) {
		xy += (x[i] - mx) * (y[i] - my);
		xx += (x[i] - mx) * (x[i] - mx);
		yy += (y[i] - my) * (y[i] - my);
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

struct ranked {
	double value;
	size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;

	return (x > y) - (x < y);
}

/* Ranks from 0, their mean where values are equal; NULL without memory. */
static double *ranks_of(const double *v, size_t n)
{
	struct ranked *sorted = calloc(n ? n : 1, sizeof(*sorted));
	double *ranks = calloc(n ? n : 1, sizeof(*ranks));

	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = (struct ranked){v[i], i};
	if (!sorted || !ranks)
		goto out;
	qsort(sorted, n, sizeof(*sorted), compare_ranked);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && sorted[end].value <= sorted[i].value;)
			end++;
		for (size_t k = i; k < end; k++)
			ranks[sorted[k].at] = (double)(i + end - 1) / 2;
	}
out:
	free(sorted);
	return ranks;
}

double stats_rank_correlation(const double *x, const double *y, size_t n)
{
	double *rx = ranks_of(x, n), *ry = ranks_of(y, n);
	double r = rx && ry ? stats_correlation(rx, ry, n) : 0;

	free(rx);
	free(ry);
	return r;
}

/* Largest k with P(Binomial(n, 1/2) < k) <= tail: the k-th value from each end bounds the median.
 */
static size_t sign_rank(size_t n, double tail)
{
	double log_all = (double)n * log(2), below = 0;
	size_t k = 0;

	while (k < (n + 1) / 2) {
		below += exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
			     lgamma((double)(n - k) + 1) - log_all);
		/* exp() and lgamma() err in the 13th digit; a tie with @tail is no violation. */
		if (below > tail * (1 + 1e-12))
			break;
		k++;
	}
	return k;
}

struct stats_interval stats_median_interval(const double *v, size_t n, double confidence)
{
	struct stats_interval iv = {NAN, -INFINITY, INFINITY, confidence};
	double *s;
	size_t k;

	if (!n)
		return iv;
	s = sorted_copy(v, n);
	iv.centre = sorted_quantile(s, n, 0.5);
	k = sign_rank(n, (1 - confidence) / 2);
	if (k) {
		iv.low = s[k - 1];
		iv.high = s[n - k];
	}
	free(s);
	return iv;
}

/*
 * The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), evaluated
 * by the modified Lentz method; it converges fast for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 0, f = 1;

	for (int i = 0; i <= 2000; i++) {
		double m = i / 2, num;

		if (i == 0)
			num = 1;
		else if (i % 2)
			num = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		else
			num = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 + num * d;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = 1 + num / c;
		c = fabs(c) < tiny ? tiny : c;
		f *= c * d;
		if (i && fabs(c * d - 1) < 1e-15)
			break;
	}
	return f - 1;
}

/* Regularised incomplete beta function I_x(a, b). */
static double beta_regularised(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x > (a + 1) / (a + b + 2))
		return 1 - front * beta_fraction(b, a, 1 - x) / b;
	return front * beta_fraction(a, b, x) / a;
}

/* P(|T| <= t), as 1 - I_{df/(df+t^2)}(df/2, 1/2) (Abramowitz and Stegun 26.7.1). */
static double t_two_sided(double t, double df)
{
	return beta_regularised(0.5, df / 2, t * t / (df + t * t));
}

double stats_t_quantile(double confidence, double df)
{
	double low = 0, high = 1;

	if (isnan(confidence) || isnan(df) || df <= 0 || confidence >= 1)
		return INFINITY;
	if (confidence <= 0)
		return 0;
	df = MIN(df, 1e7); /* from there on the normal distribution, to seven digits */
	while (t_two_sided(high, df) < confidence && high < 1e150)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-14 * high; i++) {
		double mid = (low + high) / 2;

		if (t_two_sided(mid, df) < confidence)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}
