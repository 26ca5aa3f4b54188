/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The estimators: the fixed cut, ratios, and who is measured how often. */
#include "lib/base.h"
#include "harness/timing/estimate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/rng.h"

#define assert_close(a, b, tolerance)                                                              \
	do {                                                                                       \
		double a_ = (a), b_ = (b);                                                         \
		if (!(fabs(a_ - b_) <= (tolerance)))                                               \
			fail_msg("%s is %.15g, not %.15g", #a, a_, b_);                            \
	} while (0)

/* 16 calls of 110 ns at 0.5 ns a tick are 3520 ticks; a preemption is cut and counted. */
static void test_block(void **state UNUSED)
{
	const uint32_t ticks[] = {3520, 3520, 3520, UINT32_MAX, 9000000};
	struct block_stat s = block_estimate(ticks, 5, 16, 0.5, 64000);

	assert_close(s.ns, 110, 1e-9);
	assert_int_equal(s.kept, 3);
	assert_int_equal(s.cut, 2);
}

static void test_the_cut_is_a_constant(void **state UNUSED)
{
	const uint32_t at[] = {128000}, above[] = {128001};

	assert_int_equal(block_estimate(at, 1, 16, 0.5, 64000).kept, 1);
	assert_int_equal(block_estimate(above, 1, 16, 0.5, 64000).kept, 0);
	assert_true(isnan(block_estimate(above, 1, 16, 0.5, 64000).ns));
	assert_true(isnan(block_estimate(NULL, 0, 16, 0.5, 64000).ns));
}

/* A path that one sub-block in 64 takes stays in the mean; the median would not see it. */
static void test_rare_slow_path_counts(void **state UNUSED)
{
	uint32_t ticks[640];
	struct block_stat s;

	for (int i = 0; i < 640; i++)
		ticks[i] = i % 64 ? 1600 : 1600 + 64 * 160;
	s = block_estimate(ticks, 640, 16, 1, 64000);
	assert_int_equal(s.cut, 0);
	assert_close(s.ns, 100 + 10, 1e-9);
}

/* What the monitor itself is slow at must not be cut away; what disturbs everybody may. */
static void test_which_cut(void **state UNUSED)
{
	const struct block_stat base = {.kept = 99900, .cut = 100};
	const struct block_stat alike = {.kept = 99810, .cut = 190},
				slow = {.kept = 990, .cut = 10};
	const struct block_stat nothing = {0};

	assert_int_equal(cut_choose(&alike, &base), CUT_TIGHT);
	assert_int_equal(cut_choose(&slow, &base), CUT_LOOSE);
	/* A call that is slow by itself, in every arm. */
	assert_int_equal(cut_choose(&(struct block_stat){.kept = 1, .cut = 9},
				    &(struct block_stat){.kept = 2, .cut = 8}),
			 CUT_LOOSE);
	assert_int_equal(cut_choose(&nothing, &nothing), CUT_TIGHT);
	assert_true(cut_sub_ns[CUT_LOOSE] > cut_sub_ns[CUT_TIGHT]);
}

static void test_interval_of_differences(void **state UNUSED)
{
	struct samples s = {0};
	struct stats_interval iv;

	for (int i = 0; i < 100; i++)
		samples_add(&s, 40 + (i % 5) - 2 + (i == 50 ? 1e6 : 0));
	iv = overhead_interval(&s);
	assert_true(iv.low > 39 && iv.high < 41 && iv.low < iv.centre);
	assert_close(iv.confidence, 0.95, 0);
	samples_release(&s);
	assert_int_equal(s.n, 0);
}

/* Known effect, known noise: the nominal 95 % hold with few rounds and preemptions among them. */
static void test_coverage(void **state UNUSED)
{
	static const size_t rounds[] = {6, 15, 60};
	struct rng r = {1009};

	for (size_t k = 0; k < ARRAY_SIZE(rounds); k++) {
		unsigned int hits = 0;

		for (int run = 0; run < 2000; run++) {
			struct samples s = {0};
			struct stats_interval iv;

			for (size_t i = 0; i < rounds[k]; i++) {
				double noise = 0;

				for (int j = 0; j < 12; j++)
					noise += (double)rng_below(&r, 1000000) / 1e6 - 0.5;
				samples_add(&s, 12.5 + noise * (rng_below(&r, 30) ? 2 : 60));
			}
			iv = overhead_interval(&s);
			hits += iv.low <= 12.5 && iv.high >= 12.5;
			samples_release(&s);
		}
		if (hits < 1850 || hits > 1990)
			fail_msg("%zu rounds: %u of 2000 intervals hold the truth", rounds[k],
				 hits);
	}
}

static void test_ratios(void **state UNUSED)
{
	struct samples s = {0};
	struct stats_interval iv;

	for (int i = 0; i < 8; i++)
		samples_add(&s, i % 2 ? 2 : 0.5);
	iv = overhead_ratio_interval(&s);
	assert_close(iv.centre, 1, 1e-12);
	assert_close(iv.low * iv.high, 1, 1e-9);
	assert_close(s.v[0], 0.5, 0);
	samples_release(&s);
}

static void test_equal_costs_take_turns(void **state UNUSED)
{
	const double cost[] = {0.2, 0.2, 0.2};
	unsigned int stride[3], rounds = plan_strides(cost, 3, 18.1, stride);

	assert_int_equal(rounds, 30);
	for (int i = 0; i < 3; i++)
		assert_int_equal(stride[i], 1);
}

static void test_a_dear_arm_comes_less_often(void **state UNUSED)
{
	const double cost[] = {0.1, 0.2, 1.6};
	unsigned int stride[3], rounds = plan_strides(cost, 3, 60.5, stride);

	assert_int_equal(stride[0], 1);
	assert_int_equal(stride[1], 1);
	assert_int_equal(stride[2], 4);
	assert_int_equal(rounds, 86); /* 0.1 + 0.2 + 1.6 / 4 = 0.7 s */
}

static void test_but_often_enough(void **state UNUSED)
{
	const double cost[] = {0.1, 1.6};
	unsigned int stride[2], rounds = plan_strides(cost, 2, 10, stride);

	assert_true(rounds / stride[1] >= PLAN_SAMPLES_MIN || stride[1] == 1);
	assert_true(stride[1] < 4);
	/* No time at all: every arm, one round. */
	assert_int_equal(plan_strides(cost, 2, 0, stride), 1);
	assert_int_equal(stride[1], 1);
}

static void test_costs_of_zero(void **state UNUSED)
{
	const double cost[] = {0, 0};
	unsigned int stride[2];

	assert_true(plan_strides(cost, 2, 10, stride) >= 1);
	assert_int_equal(stride[0], 1);
	assert_int_equal(stride[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_the_cut_is_a_constant),
		cmocka_unit_test(test_rare_slow_path_counts),
		cmocka_unit_test(test_which_cut),
		cmocka_unit_test(test_interval_of_differences),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_equal_costs_take_turns),
		cmocka_unit_test(test_a_dear_arm_comes_less_often),
		cmocka_unit_test(test_but_often_enough),
		cmocka_unit_test(test_costs_of_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
