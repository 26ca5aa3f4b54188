/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The statistics against closed forms, tables, values worked by hand, and seeded coverage runs. */
#include "lib/base.h"
#include "lib/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"

#define assert_close(a, b, tolerance)                                                              \
	do {                                                                                       \
		double a_ = (a), b_ = (b);                                                         \
		if (!(fabs(a_ - b_) <= (tolerance)))                                               \
			fail_msg("%s is %.15g, not %.15g", #a, a_, b_);                            \
	} while (0)

static void test_t_quantile_closed_forms(void **state UNUSED)
{
	static const double confidence[] = {0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999};

	for (size_t i = 0; i < ARRAY_SIZE(confidence); i++) {
		double c = confidence[i];
		double one = tan(M_PI * c / 2), two = c * sqrt(2 / (1 - c * c));

		assert_close(stats_t_quantile(c, 1), one, one * 1e-9);
		assert_close(stats_t_quantile(c, 2), two, two * 1e-9);
	}
}

static void test_t_quantile_tables(void **state UNUSED)
{
	static const struct {
		double confidence, df, t;
	} table[] = {
		{0.95, 3, 3.182446305284},   {0.95, 5, 2.570581836615},
		{0.95, 7, 2.364624251593},   {0.95, 10, 2.228138851965},
		{0.95, 30, 2.042272456301},  {0.99, 10, 3.169272672617},
		{0.999, 3, 12.923978636688}, {0.95, 1e7, 1.959963984540},
		{0.99, 1e9, 2.575829303549},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_close(stats_t_quantile(table[i].confidence, table[i].df), table[i].t,
			     2e-6 * (table[i].df > 1e6 ? 1 : 1e-3));
	/* A fractional number lies between its neighbours. */
	assert_true(stats_t_quantile(0.95, 5.5) < stats_t_quantile(0.95, 5));
	assert_true(stats_t_quantile(0.95, 5.5) > stats_t_quantile(0.95, 6));
	assert_true(isinf(stats_t_quantile(0.95, 0)));
	assert_true(isinf(stats_t_quantile(1, 5)));
	assert_close(stats_t_quantile(0, 5), 0, 0);
}

static void test_quantiles_are_type_7(void **state UNUSED)
{
	static const double v[] = {40, 10, 30, 20}, one[] = {7};

	assert_close(stats_quantile(v, 4, 0), 10, 0);
	assert_close(stats_quantile(v, 4, 1), 40, 0);
	assert_close(stats_quantile(v, 4, 0.25), 17.5, 1e-12);
	assert_close(stats_quantile(v, 4, 0.1), 13, 1e-12);
	assert_close(stats_quantile(v, 4, 0.9), 37, 1e-12);
	assert_close(stats_median(v, 4), 25, 1e-12);
	assert_close(stats_median(v, 3), 30, 0);
	assert_close(stats_quantile(one, 1, 0.3), 7, 0);
	assert_close(v[0], 40, 0); /* the input stays as it was */
}

static void test_mean_sd_mad(void **state UNUSED)
{
	static const double v[] = {2, 4, 4, 4, 5, 5, 7, 9};
	static const double large[] = {1e15 + 1, 1e15 + 2, 1e15 + 3};

	assert_close(stats_mean(v, 8), 5, 1e-12);
	assert_close(stats_sd(v, 8), sqrt(32.0 / 7), 1e-12);
	assert_close(stats_mad(v, 8), 1.4826 * 0.5, 1e-12);
	assert_close(stats_sd(large, 3), 1, 1e-9);
	assert_close(stats_sd(v, 1), 0, 0);
}

static void test_nothing_to_count(void **state UNUSED)
{
	struct stats_interval iv = stats_trimmed_interval(NULL, 0, 0.1, 0.95);

	assert_true(isnan(stats_mean(NULL, 0)));
	assert_true(isnan(stats_median(NULL, 0)));
	assert_true(isnan(stats_mad(NULL, 0)));
	assert_true(isnan(stats_trimmed_mean(NULL, 0, 0.1)));
	assert_close(stats_sd(NULL, 0), 0, 0);
	assert_true(isnan(iv.centre) && isinf(iv.low) && isinf(iv.high));
	iv = stats_median_interval(NULL, 0, 0.95);
	assert_true(isnan(iv.centre) && isinf(iv.low) && isinf(iv.high));
}

static void test_trimmed_mean(void **state UNUSED)
{
	static const double v[] = {100, 1, 2, 3, 4, 5, 6, 7, 8, -900};
	double many[100];

	assert_close(stats_trimmed_mean(v, 10, 0.1), 4.5, 1e-12);
	assert_close(stats_trimmed_mean(v, 10, 0), -76.4, 1e-9);
	assert_close(stats_trimmed_mean(v, 10, 0.5), 4.5, 1e-12); /* the middle two are left */
	assert_close(stats_trimmed_mean(v, 3, 0.5), 2, 1e-12);
	assert_close(stats_trimmed_mean(v, 1, 0.5), 100, 0);
	/* 0.29 * 100 is below 29 in binary: 29 are cut all the same. */
	for (int i = 0; i < 100; i++)
		many[i] = i < 29 ? -1e9 : i > 70 ? 1e9 : 5;
	assert_close(stats_trimmed_mean(many, 100, 0.29), 5, 1e-9);
}

/* 1..9 and 100, 10 % trimmed: mean of 2..9 is 5.5; winsorised squares 66.5; SE = sqrt(66.5 / 56).
 */
static void test_yuen_by_hand(void **state UNUSED)
{
	static const double v[] = {100, 9, 8, 7, 6, 5, 4, 3, 2, 1};
	struct stats_interval iv = stats_trimmed_interval(v, 10, 0.1, 0.95);
	double half = 2.364624251593 * sqrt(66.5 / 56);

	assert_close(iv.centre, 5.5, 1e-12);
	assert_close(iv.low, 5.5 - half, 1e-8);
	assert_close(iv.high, 5.5 + half, 1e-8);
	assert_close(iv.confidence, 0.95, 0);
}

/* Without trimming it is the textbook t interval. */
static void test_yuen_without_trim(void **state UNUSED)
{
	static const double v[] = {2, 4, 4, 4, 5, 5, 7, 9};
	struct stats_interval iv = stats_trimmed_interval(v, 8, 0, 0.95);
	double half = 2.364624251593 * sqrt(32.0 / 7) / sqrt(8);

	assert_close(iv.low, 5 - half, 1e-8);
	assert_close(iv.high, 5 + half, 1e-8);
}

static void test_few_values_say_nothing(void **state UNUSED)
{
	static const double v[] = {1, 2, 3, 4};
	struct stats_interval iv = stats_trimmed_interval(v, 3, 0.1, 0.95);

	assert_close(iv.centre, 2, 1e-12);
	assert_true(isinf(iv.low) && iv.low < 0 && isinf(iv.high) && iv.high > 0);
	iv = stats_trimmed_interval(v, 4, 0.1, 0.95);
	assert_true(isfinite(iv.low) && isfinite(iv.high));
}

static void test_median_interval(void **state UNUSED)
{
	static const double v[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
	struct stats_interval iv = stats_median_interval(v, 10, 0.95);

	/* P(Binomial(10, 1/2) <= 1) = 11/1024: the second value from each end. */
	assert_close(iv.centre, 5.5, 1e-12);
	assert_close(iv.low, 2, 0);
	assert_close(iv.high, 9, 0);
	/* Exactly at the edge: 1 - 2 * 11/1024 is covered by the second, not by the third. */
	iv = stats_median_interval(v, 10, 1 - 2 * 11.0 / 1024);
	assert_close(iv.low, 2, 0);
	iv = stats_median_interval(v, 6, 0.95); /* 10..5; 2/64 outside */
	assert_close(iv.low, 5, 0);
	assert_close(iv.high, 10, 0);
	iv = stats_median_interval(v, 5, 0.95); /* 2/32 is too much */
	assert_true(isinf(iv.low) && isinf(iv.high));
}

static double uniform(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct rng *r)
{
	return sqrt(-2 * log(uniform(r))) * cos(2 * M_PI * uniform(r));
}

static double draw_normal(struct rng *r)
{
	return normal(r);
}

/* One value in twenty is a preemption: symmetric, and a hundred times as wide. */
static double draw_contaminated(struct rng *r)
{
	return normal(r) * (rng_below(r, 20) ? 1 : 100);
}

static double draw_t3(struct rng *r)
{
	double z = normal(r), a = normal(r), b = normal(r), c = normal(r);

	return z / sqrt((a * a + b * b + c * c) / 3);
}

static double coverage(double (*draw)(struct rng *), size_t n, bool median, double *width)
{
	enum { RUNS = 4000 };
	struct rng r = {23};
	double v[64];
	size_t hits = 0;

	*width = 0;
	for (int run = 0; run < RUNS; run++) {
		struct stats_interval iv;

		for (size_t i = 0; i < n; i++)
			v[i] = draw(&r);
		iv = median ? stats_median_interval(v, n, 0.95)
			    : stats_trimmed_interval(v, n, 0.1, 0.95);
		hits += iv.low <= 0 && iv.high >= 0;
		*width += (iv.high - iv.low) / RUNS;
	}
	return (double)hits / RUNS;
}

/* All three are symmetric about 0; 4000 runs know the share to 0.35 %. */
static void test_coverage(void **state UNUSED)
{
	static double (*const draw[])(struct rng *) = {draw_normal, draw_contaminated, draw_t3};
	double width, c;

	for (size_t i = 0; i < ARRAY_SIZE(draw); i++) {
		c = coverage(draw[i], 40, false, &width);
		if (c < 0.935 || c > 0.97)
			fail_msg("trimmed, n 40, kind %zu: coverage %.4f", i, c);
		c = coverage(draw[i], 12, false, &width);
		if (c < 0.93 || c > 0.985)
			fail_msg("trimmed, n 12, kind %zu: coverage %.4f", i, c);
		c = coverage(draw[i], 40, true, &width);
		if (c < 0.945 || c > 0.98)
			fail_msg("median, n 40, kind %zu: coverage %.4f", i, c);
	}
}

/* What trimming is for: with preemptions in the data, the interval stays narrow. */
static void test_trimming_pays(void **state UNUSED)
{
	double clean, dirty;

	coverage(draw_normal, 40, false, &clean);
	coverage(draw_contaminated, 40, false, &dirty);
	assert_true(dirty < 12 * clean); /* 22 times for the plain mean's standard deviation */
	assert_true(dirty > clean);
}

/* Looked at after each 10 of 400 values: an interval for one look is wrong in a third of the runs,
 * the sequence hardly ever. */
static void test_sequence_bears_looking(void **state UNUSED)
{
	enum { RUNS = 400 };
	unsigned int fooled_by_interval = 0, fooled_by_sequence = 0;
	struct rng r = {5};

	for (int run = 0; run < RUNS; run++) {
		bool interval = false, sequence = false;
		double v[400];

		for (size_t n = 0; n < 400; n++) {
			struct stats_interval iv;

			v[n] = draw_normal(&r);
			if (n < 39 || (n + 1) % 10)
				continue;
			iv = stats_trimmed_interval(v, n + 1, 0.1, 0.95);
			interval |= iv.low > 0 || iv.high < 0;
			iv = stats_trimmed_sequence(v, n + 1, 0.1, 0.95, 100);
			sequence |= iv.low > 0 || iv.high < 0;
		}
		fooled_by_interval += interval;
		fooled_by_sequence += sequence;
	}
	assert_true(fooled_by_interval > RUNS / 8);
	assert_true(fooled_by_sequence <= RUNS / 20);
}

/* s * sqrt(2 (n rho^2 + 1) / (n^2 rho^2) * ln(sqrt(n rho^2 + 1) / alpha)), by hand for n = 100. */
static void test_sequence_by_hand(void **state UNUSED)
{
	struct stats_interval iv, one;
	double v[100], s, rho2 = (2 * log(20) + log(2 * log(20) + 1)) / 100;

	for (int i = 0; i < 100; i++)
		v[i] = i % 2 ? 1 : -1;
	s = stats_sd(v, 100);
	iv = stats_trimmed_sequence(v, 100, 0, 0.95, 100);
	assert_close(iv.high,
		     s * sqrt(2 * (100 * rho2 + 1) / (100.0 * 100 * rho2) *
			      log(sqrt(100 * rho2 + 1) / 0.05)),
		     1e-9);
	one = stats_trimmed_interval(v, 100, 0, 0.95);
	assert_true(iv.high > one.high);
	iv = stats_trimmed_sequence(v, 3, 0, 0.95, 100);
	assert_true(isinf(iv.high));
}

static void test_correlation(void **state UNUSED)
{
	static const double x[] = {1, 2, 3, 4}, y[] = {2, 4, 6, 8}, z[] = {4, 3, 2, 1};
	static const double flat[] = {5, 5, 5, 5}, w[] = {1, -1, -1, 1};

	assert_close(stats_correlation(x, y, 4), 1, 1e-12);
	assert_close(stats_correlation(x, z, 4), -1, 1e-12);
	assert_close(stats_correlation(x, w, 4), 0, 1e-12);
	assert_close(stats_correlation(x, flat, 4), 0, 0);
	assert_close(stats_correlation(x, y, 2), 0, 0);
	/* By ranks: a curve is a line, one wild value is one place, equal values share a rank. */
	{
		const double up[] = {1, 2, 3, 4, 1e9}, curve[] = {1, 10, 100, 1000, 1e4};
		const double tied[] = {1, 1, 2, 2, 3}, down[] = {9, 8, 7, 6, 5};

		assert_close(stats_rank_correlation(up, curve, 5), 1, 1e-12);
		assert_close(stats_rank_correlation(up, down, 5), -1, 1e-12);
		assert_close(stats_rank_correlation(up, tied, 5), 0.9486832980505138, 1e-12);
		assert_close(stats_rank_correlation(up, curve, 2), 0, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_t_quantile_closed_forms),
		cmocka_unit_test(test_t_quantile_tables),
		cmocka_unit_test(test_quantiles_are_type_7),
		cmocka_unit_test(test_mean_sd_mad),
		cmocka_unit_test(test_nothing_to_count),
		cmocka_unit_test(test_trimmed_mean),
		cmocka_unit_test(test_yuen_by_hand),
		cmocka_unit_test(test_yuen_without_trim),
		cmocka_unit_test(test_few_values_say_nothing),
		cmocka_unit_test(test_median_interval),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_trimming_pays),
		cmocka_unit_test(test_sequence_bears_looking),
		cmocka_unit_test(test_sequence_by_hand),
		cmocka_unit_test(test_correlation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
