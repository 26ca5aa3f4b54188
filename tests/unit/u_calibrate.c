/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a calibration is judged by, on figures worked out elsewhere, and how it is planned. */
#include "lib/base.h"
#include "harness/calibrate/cal_stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/calibrate/cal_plan.h"
#include "harness/exchange/exchange_estimate.h"

#define assert_close(a, b, tolerance)                                                              \
	do {                                                                                       \
		double a_ = (a), b_ = (b);                                                         \
		if (!(fabs(a_ - b_) <= (tolerance)))                                               \
			fail_msg("%s is %.15g, not %.15g", #a, a_, b_);                            \
	} while (0)

static void test_share(void **state UNUSED)
{
	struct stats_interval s = cal_share(188, 200, 0.95);

	/* By hand: z = 1.959964, z^2 = 3.841459. */
	assert_close(s.centre, 0.94, 1e-12);
	assert_close(s.low, 0.8980683, 1e-6);
	assert_close(s.high, 0.9653478, 1e-6);
}

/* None of 300: the interval begins at 0 and ends at z^2 / (n + z^2). */
static void test_share_at_the_ends(void **state UNUSED)
{
	struct stats_interval none = cal_share(0, 300, 0.95), all = cal_share(300, 300, 0.95);
	struct stats_interval nothing = cal_share(0, 0, 0.95);

	assert_close(none.centre, 0, 0);
	assert_close(none.low, 0, 0);
	assert_close(none.high, 0.0126429, 1e-6);
	assert_close(all.low, 1 - none.high, 1e-12);
	assert_close(all.high, 1, 0);
	assert_true(isnan(nothing.centre) && nothing.low == 0 && nothing.high == 1);
}

static void test_line(void **state UNUSED)
{
	const double x[] = {1, 2, 3, 4, 5}, y[] = {2.1, 3.9, 6.2, 7.8, 10.1};
	struct cal_line l = cal_fit(x, y, 5);
	struct stats_interval s = cal_slope(&l, 0.95);

	/* Sxx 10, Sxy 19.9, Syy 39.708: residual 39.708 - 39.601 = 0.107. */
	assert_close(l.slope, 1.99, 1e-12);
	assert_close(l.intercept, 0.05, 1e-12);
	assert_close(l.r2, 39.601 / 39.708, 1e-12);
	assert_close(l.slope_se, sqrt(0.107 / 3 / 10), 1e-12);
	assert_close(s.high - s.centre, 3.182446 * l.slope_se, 1e-6);
}

static void test_line_of_too_little(void **state UNUSED)
{
	const double x[] = {3, 3, 7}, y[] = {1, 2, 10};
	struct cal_line same = cal_fit(x, y, 2), two = cal_fit(x + 1, y + 1, 2);
	struct stats_interval s = cal_slope(&two, 0.95);

	assert_true(isnan(same.slope) && isnan(same.r2));
	assert_close(two.slope, 2, 1e-12);
	assert_close(two.r2, 1, 1e-12);
	assert_true(isinf(s.low) && isinf(s.high));
	assert_true(isnan(cal_fit(NULL, NULL, 0).slope));
}

/* 255 of 256 calls take 400 ticks and one takes 2000: the mean knows, the others do not. */
static void test_histogram(void **state UNUSED)
{
	uint64_t counts[EXCHANGE_BUCKETS] = {0};

	assert_true(isnan(cal_histogram_mean(counts, 0, 1)));
	assert_true(isnan(cal_histogram_share(counts, 1000)));
	counts[100] = 255000;
	counts[500] = 1000;
	assert_close(cal_histogram_mean(counts, 0, 1), 402 + 1600 / 256.0, 1e-9);
	assert_close(cal_histogram_mean(counts, 0.25, 0.75), 400 + 4 * 0.5 * 256 / 255, 1e-9);
	assert_close(cal_histogram_mean(counts, 0.01, 0.99), 400 + 4 * 0.5 * 256 / 255, 1e-9);
	assert_close(cal_histogram_share(counts, 1000), 1 / 256.0, 1e-12);
	assert_close(cal_histogram_share(counts, 0), 1, 1e-12);
}

static void test_histogram_open_end(void **state UNUSED)
{
	uint64_t counts[EXCHANGE_BUCKETS] = {0};

	counts[EXCHANGE_BUCKETS - 1] = 3;
	assert_close(cal_histogram_mean(counts, 0, 1), (EXCHANGE_BUCKETS - 1) * EXCHANGE_BUCKET,
		     1e-9);
}

static struct cal_plan plan_of(struct cal_wish w)
{
	struct cal_plan plan;

	w.regimes = 2;
	w.points = 9;
	w.kernels = 2;
	cal_plan_make(&plan, &w);
	return plan;
}

/* The default is what the targets are stated for. */
static void test_plan_whole(void **state UNUSED)
{
	struct cal_plan p = plan_of((struct cal_wish){.only = CAL_PARTS});

	assert_int_equal(p.part[CAL_AA].runs, 300);
	assert_int_equal(p.part[CAL_COVERAGE].runs, 200);
	assert_int_equal(p.part[CAL_POWER].runs, 100);
	assert_int_equal(p.part[CAL_EXACT].runs, 10);
	for (int i = 0; i < CAL_PARTS; i++)
		assert_true(p.part[i].on && p.part[i].whole);
	assert_true(p.total_s < 25 * 60);
}

static void test_plan_quick(void **state UNUSED)
{
	struct cal_plan p = plan_of((struct cal_wish){.only = CAL_PARTS, .quick = true});

	assert_false(p.part[CAL_EXACT].on);
	for (int i = 0; i < CAL_PARTS; i++)
		assert_false(p.part[i].on && p.part[i].whole);
	assert_true(p.total_s > 30 && p.total_s < 75);
	assert_true(p.part[CAL_AA].runs >= 2);
	/* Asked for by name it is done, quick or not. */
	assert_true(
		plan_of((struct cal_wish){.only = CAL_EXACT, .quick = true}).part[CAL_EXACT].on);
}

static void test_plan_by_hand(void **state UNUSED)
{
	struct cal_plan p = plan_of((struct cal_wish){.only = CAL_PARTS, .runs = 5, .boots = 3});

	assert_int_equal(p.part[CAL_AA].runs, 5);
	assert_int_equal(p.part[CAL_COVERAGE].runs, 5);
	assert_int_equal(p.part[CAL_CLEAR].runs, 5);
	assert_int_equal(p.part[CAL_EXACT].runs, 3);
	assert_int_equal(p.part[CAL_LINEARITY].runs, 9);
	assert_false(p.part[CAL_AA].whole);
	assert_true(p.part[CAL_LINEARITY].whole);
}

static void test_plan_of_one(void **state UNUSED)
{
	struct cal_plan p = plan_of((struct cal_wish){.only = CAL_RARE, .seconds = 4});

	for (int i = 0; i < CAL_PARTS; i++)
		assert_int_equal(p.part[i].on, i == CAL_RARE);
	assert_close(p.part[CAL_RARE].long_s, 2, 1e-9);
	assert_close(p.total_s, 4, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),	     cmocka_unit_test(test_share_at_the_ends),
		cmocka_unit_test(test_line),	     cmocka_unit_test(test_line_of_too_little),
		cmocka_unit_test(test_histogram),    cmocka_unit_test(test_histogram_open_end),
		cmocka_unit_test(test_plan_whole),   cmocka_unit_test(test_plan_quick),
		cmocka_unit_test(test_plan_by_hand), cmocka_unit_test(test_plan_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
