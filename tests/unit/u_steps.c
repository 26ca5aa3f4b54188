/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps in a series: where there is one, where there is none, and how often it is wrong about that.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/calibrate/cal_history.h"
#include "harness/history/steps.h"
#include "lib/rng.h"

static void test_exact(void **state UNUSED)
{
	const double v[] = {7, 7, 8, 8, 7, 7};
	size_t at[ARRAY_SIZE(v)];

	assert_int_equal(steps_exact(v, ARRAY_SIZE(v), at), 2);
	assert_int_equal(at[0], 2);
	assert_int_equal(at[1], 4);
	assert_int_equal(steps_exact(v, 2, at), 0);
	assert_int_equal(steps_exact(v, 1, at), 0);
	assert_int_equal(steps_exact(v, 0, at), 0);
}

/* About normal, of sd 1. */
static double noise(struct rng *r)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)(rng_next(r) >> 11) / (double)(1ULL << 53);
	return sum - 6;
}

static void test_times(void **state UNUSED)
{
	struct rng r = {5};
	double v[60];
	size_t at[60], n;

	for (size_t i = 0; i < 60; i++)
		v[i] = noise(&r) + (i >= 20 ? 10 : 0) + (i >= 45 ? -6 : 0);
	n = steps_times(v, 60, at);
	assert_int_equal(n, 2);
	assert_int_equal(at[0], 20);
	assert_int_equal(at[1], 45);
	/* The same again. */
	n = steps_times(v, 60, at);
	assert_int_equal(n, 2);
}

static void test_too_few(void **state UNUSED)
{
	const double v[] = {1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9};
	size_t at[ARRAY_SIZE(v)];

	assert_int_equal(steps_times(v, STEPS_FEWEST - 1, at), 0);
	assert_int_equal(steps_times(v, 0, at), 0);
	assert_int_equal(steps_times(v, ARRAY_SIZE(v), at), 1);
	assert_int_equal(at[0], 5);
}

static void test_flat(void **state UNUSED)
{
	double v[30];
	size_t at[30];

	for (size_t i = 0; i < 30; i++)
		v[i] = 5;
	assert_int_equal(steps_times(v, 30, at), 0);
}

/* One wild run is no step. */
static void test_outlier(void **state UNUSED)
{
	struct rng r = {7};
	double v[30];
	size_t at[30];

	for (size_t i = 0; i < 30; i++)
		v[i] = noise(&r);
	v[14] += 100;
	assert_int_equal(steps_times(v, 30, at), 0);
}

/* Of 400 series without a step some 1 % may have one: 4 are expected, and 13 come once in 10,000.
 */
static void test_false_alarms(void **state UNUSED)
{
	struct rng r = {2026};
	size_t alarms = 0, at[20];
	double v[20];

	for (int k = 0; k < 400; k++) {
		for (size_t i = 0; i < 20; i++)
			v[i] = noise(&r);
		alarms += steps_times(v, 20, at) > 0;
	}
	assert_in_range(alarms, 0, 12);
}

/* More than are looked at: the last are. */
static void test_long(void **state UNUSED)
{
	static double v[STEPS_LONGEST + 50];
	static size_t at[STEPS_LONGEST + 50];
	struct rng r = {3};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = noise(&r) + (i < 20 ? 50 : 0) + (i >= 180 ? 10 : 0);
	assert_int_equal(steps_times(v, ARRAY_SIZE(v), at), 1);
	assert_int_equal(at[0], 180);
}

static void test_windows(void **state UNUSED)
{
	struct rng r = {11};
	double v[100];
	struct cal_windows w;

	for (size_t i = 0; i < 100; i++)
		v[i] = noise(&r) / 10;
	w = cal_history_windows(v, 100, 0);
	assert_int_equal(w.n, 9);
	assert_in_range(w.seen, 0, 1);
	w = cal_history_windows(v, 100, 1.25);
	assert_int_equal(w.seen, 9);
	assert_int_equal(cal_history_windows(v, 19, 0).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),	cmocka_unit_test(test_times),
		cmocka_unit_test(test_too_few), cmocka_unit_test(test_flat),
		cmocka_unit_test(test_outlier), cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_long),	cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
