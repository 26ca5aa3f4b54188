/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exchange lane's estimators on made-up loads: what they keep, what they cut, when they decide.
 */
#include "lib/base.h"
#include "harness/exchange/exchange_estimate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"

#define assert_close(a, b, tolerance)                                                              \
	do {                                                                                       \
		double a_ = (a), b_ = (b);                                                         \
		if (!(fabs(a_ - b_) <= (tolerance)))                                               \
			fail_msg("%s is %.15g, not %.15g", #a, a_, b_);                            \
	} while (0)

static double uniform(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct rng *r)
{
	return sqrt(-2 * log(uniform(r))) * cos(2 * M_PI * uniform(r));
}

static void test_block(void **state UNUSED)
{
	const uint64_t cut[CUTS] = {[CUT_TIGHT] = 1000, [CUT_LOOSE] = 100000};
	const uint64_t t[] = {5, 105, 205, 2205, 2305, 9002305};
	struct exchange_block b = exchange_block_estimate(t, 5, cut);

	/* 100, 100, 2000, 100, 9000000 */
	assert_close(b.ticks[CUT_TIGHT], 100, 1e-4);
	assert_close(b.ticks[CUT_LOOSE], 575, 1e-3);
	assert_int_equal(b.cut[CUT_TIGHT], 2);
	assert_int_equal(b.cut[CUT_LOOSE], 1);
}

static void test_block_of_nothing(void **state UNUSED)
{
	const uint64_t cut[CUTS] = {[CUT_TIGHT] = 10, [CUT_LOOSE] = 20};
	const uint64_t t[] = {0, 100, 200};
	struct exchange_block b = exchange_block_estimate(t, 2, cut);

	assert_true(isnan(b.ticks[CUT_TIGHT]) && isnan(b.ticks[CUT_LOOSE]));
	assert_int_equal(b.cut[CUT_LOOSE], 2);
}

/* A slow path of 0.65 us on one call in 256 is 2.54 ns a call: kept by the mean below the cut. */
static void test_rare_slow_path(void **state UNUSED)
{
	const uint64_t cut[CUTS] = {[CUT_TIGHT] = 3900, [CUT_LOOSE] = 250000};
	uint64_t t[EXCHANGE_CALLS + 1] = {0};

	for (int i = 0; i < EXCHANGE_CALLS; i++)
		t[i + 1] = t[i] + 200 + (i == 77 ? 650 : 0);
	assert_close(exchange_block_estimate(t, EXCHANGE_CALLS, cut).ticks[CUT_TIGHT],
		     200 + 650.0 / EXCHANGE_CALLS, 1e-3);
}

/* Rounds drift together; one round in ten is spoilt in one arm. */
static void test_load_effect(void **state UNUSED)
{
	static struct exchange_block blocks[EXCHANGE_ROUNDS][EXCHANGE_ARMS_MAX];
	struct rng r = {1};

	for (int i = 0; i < EXCHANGE_ROUNDS; i++) {
		double drift = 10.0 * i;

		blocks[i][0].ticks[CUT_TIGHT] = (float)(200 + drift);
		blocks[i][1].ticks[CUT_TIGHT] =
			(float)(224 + drift + (i % 10 ? 0 : 1e5 * uniform(&r)));
	}
	blocks[7][1].ticks[CUT_TIGHT] = NAN;
	assert_close(exchange_load_effect(blocks, EXCHANGE_ROUNDS, 1, 0, CUT_TIGHT, 0.5), 12, 1e-3);
	assert_close(exchange_load_effect(blocks, EXCHANGE_ROUNDS, 0, 1, CUT_TIGHT, 0.5), -12,
		     1e-3);
	blocks[0][1].ticks[CUT_TIGHT] = NAN;
	assert_true(isnan(exchange_load_effect(blocks, 1, 1, 0, CUT_TIGHT, 0.5)));
}

/* Loads of 10 ms whose truth wanders by 2 from second to second: only the epochs know. */
static void test_epochs_widen(void **state UNUSED)
{
	struct samples effect = {0}, at = {0};
	struct exchange_result s;
	struct rng r = {3};

	for (int i = 0; i < 1000; i++) {
		samples_add(&effect, 11 + 2 * (i / 100 % 2 ? 1 : -1) + 0.1 * normal(&r));
		samples_add(&at, i * 0.01);
	}
	s = exchange_summarise(&effect, &at);
	assert_close(s.mean.centre, 11, 0.1);
	assert_true(isfinite(s.epochs.low));
	assert_true(s.epochs.high - s.epochs.low > 4 * (s.mean.high - s.mean.low));
	assert_close(s.reported.high - s.reported.low, s.epochs.high - s.epochs.low, 1e-9);
	assert_close(s.reported.centre, s.mean.centre, 0);
	assert_true(s.anytime.high > s.mean.high);
	assert_true(s.load_low < 9.2 && s.load_high > 12.8);
	samples_release(&effect);
	samples_release(&at);
}

static void test_too_short_for_epochs(void **state UNUSED)
{
	struct samples effect = {0}, at = {0};
	struct exchange_result s;

	for (int i = 0; i < 50; i++) {
		samples_add(&effect, i % 3);
		samples_add(&at, i * 0.01);
	}
	s = exchange_summarise(&effect, &at);
	assert_true(isinf(s.epochs.low));
	assert_close(s.reported.low, s.mean.low, 0);
	samples_release(&effect);
	samples_release(&at);
}

static enum exchange_verdict verdict(double truth, size_t loads, uint64_t seed)
{
	enum exchange_verdict v = EXCHANGE_UNDECIDED;
	struct samples effect = {0};
	struct rng r = {seed};

	for (size_t i = 0; i < loads && v == EXCHANGE_UNDECIDED; i++) {
		samples_add(&effect, truth + 0.7 * normal(&r));
		if (effect.n % 10 == 0)
			v = exchange_decide(&effect, 1, 0.001);
	}
	samples_release(&effect);
	return v;
}

/* Margin 1 ns, alpha 0.1 %, a look each ten loads. */
static void test_decisions(void **state UNUSED)
{
	unsigned int wrong = 0, undecided = 0;

	for (uint64_t seed = 0; seed < 100; seed++) {
		assert_int_equal(verdict(0, 200, seed), EXCHANGE_WITHIN);
		assert_int_equal(verdict(2, 200, seed), EXCHANGE_BEYOND);
		assert_int_equal(verdict(5, 39, seed),
				 EXCHANGE_UNDECIDED); /* too few, however clear */
		wrong += verdict(1, 400, seed) == EXCHANGE_BEYOND;
		undecided += verdict(1, 400, seed) == EXCHANGE_UNDECIDED;
	}
	assert_true(wrong <= 1);
	assert_true(undecided > 90);
}

static void test_histogram(void **state UNUSED)
{
	static uint64_t counts[EXCHANGE_BUCKETS];

	assert_true(isnan(exchange_histogram_quantile(counts, 0.5)));
	counts[10] = 90; /* 40..43 ticks */
	counts[100] = 9;
	counts[EXCHANGE_BUCKETS - 1] = 1;
	assert_close(exchange_histogram_quantile(counts, 0.45), 4 * 10.5, 1e-9);
	assert_close(exchange_histogram_quantile(counts, 0.945), 4 * 100.5, 1e-9);
	assert_true(isnan(exchange_histogram_quantile(counts, 0.999)));
}

static void test_split(void **state UNUSED)
{
	const uint64_t t[] = {5, 105, 205, 7205, 307205};
	struct exchange_split s = {0};

	/* 100, 100, 7000, 300000 */
	exchange_split_add(&s, t, 4, 1000, 250000);
	assert_int_equal(s.calls, 3);
	assert_int_equal(s.woke, 1);
	assert_close(s.fast_ticks, 200, 0);
	assert_close(s.woke_ticks, 7000, 0);
}

/* Program and waking add up to the difference of the means of all calls. */
static void test_whole(void **state UNUSED)
{
	const struct exchange_split arm = {1000, 100, 900 * 600, 100 * 7000};
	const struct exchange_split empty = {1000, 1, 999 * 400, 9000};
	const struct exchange_split none = {10, 10, 0, 70000};
	struct exchange_whole w = exchange_load_whole(&arm, &empty, 0.5);

	assert_close(w.program, 100, 1e-9);
	assert_close(w.waking, 320 - 4.3, 1e-9);
	assert_close(w.total, 0.5 * (1240 - 408.6), 1e-9);
	assert_close(w.share, 0.099, 1e-9);
	assert_true(isnan(exchange_load_whole(&none, &empty, 0.5).total));
}

static void test_modes(void **state UNUSED)
{
	for (uint64_t t = 4; t < 1 << 20; t += 1 + t / 7) {
		unsigned int m = exchange_mode_of(t);

		assert_true(exchange_mode_ticks(m) <= (double)t);
		assert_true((double)t < exchange_mode_ticks(m + 1));
	}
	assert_int_equal(exchange_mode_of(UINT64_MAX), EXCHANGE_MODES - 1);
}

static void test_modes_part(void **state UNUSED)
{
	uint64_t counts[EXCHANGE_MODES] = {0}, at;

	for (uint64_t t = 1000; t < 1400; t += 4)
		counts[exchange_mode_of(t)] += 9;
	assert_int_equal(exchange_modes_part(counts), 0);
	for (uint64_t t = 12000; t < 16000; t += 40)
		counts[exchange_mode_of(t)]++;
	at = exchange_modes_part(counts);
	assert_true(at > 1400 && at < 12000);
	/* Rarer than a call in a thousand, and no farther than a step: one mode. */
	memset(counts, 0, sizeof(counts));
	counts[exchange_mode_of(1000)] = 10000;
	counts[exchange_mode_of(12000)] = 9;
	assert_int_equal(exchange_modes_part(counts), 0);
	counts[exchange_mode_of(12000)] = 0;
	counts[exchange_mode_of(1500)] = 5000;
	assert_int_equal(exchange_modes_part(counts), 0);
}

/* How often the interval holds the mean of loads whose mode, cheap or dear, lasts for @last. */
static double whole_coverage(unsigned int last)
{
	struct rng r = {7};
	unsigned int hits = 0, runs = 500;

	for (unsigned int i = 0; i < runs; i++) {
		struct samples loads = {0};
		struct stats_interval iv;
		double mode = 0;

		for (unsigned int k = 0; k < 200; k++) {
			if (k % last == 0)
				mode = uniform(&r) < 0.3 ? 1000 : 0;
			samples_add(&loads, mode + 20 * normal(&r));
		}
		iv = exchange_whole_interval(&loads, NULL);
		hits += iv.low <= 300 && 300 <= iv.high;
		samples_release(&loads);
	}
	return hits / (double)runs;
}

static void test_whole_coverage(void **state UNUSED)
{
	assert_true(whole_coverage(1) > 0.93);
	assert_true(whole_coverage(5) > 0.88);
}

/* Share of intervals that hold the truth where the machine is another in each turn, and a turn has
 * four to ten loads. */
static double turns_coverage(bool told)
{
	struct rng r = {.state = 11};
	int hits = 0, runs = 2000;

	for (int i = 0; i < runs; i++) {
		struct samples loads = {0}, turn = {0};
		struct stats_interval iv;

		for (int t = 0; t < 10; t++) {
			double off = 100 * normal(&r);

			for (uint64_t n = 4 + rng_below(&r, 7); n; n--) {
				samples_add(&loads, 300 + off + 20 * normal(&r));
				samples_add(&turn, t);
			}
		}
		iv = exchange_whole_interval(&loads, told ? &turn : NULL);
		hits += iv.low <= 300 && 300 <= iv.high;
		samples_release(&loads);
		samples_release(&turn);
	}
	return hits / (double)runs;
}

static void test_turns_coverage(void **state UNUSED)
{
	assert_true(turns_coverage(true) > 0.92);
	assert_true(turns_coverage(true) > turns_coverage(false));
}

/* Too few turns: the stretches are ten, as without. */
static void test_few_turns(void **state UNUSED)
{
	struct samples loads = {0}, turn = {0};
	struct stats_interval with, without;

	for (int i = 0; i < 60; i++) {
		samples_add(&loads, i % 7);
		samples_add(&turn, i / 20);
	}
	with = exchange_whole_interval(&loads, &turn);
	without = exchange_whole_interval(&loads, NULL);
	assert_true(with.low == without.low && with.high == without.high);
	samples_release(&loads);
	samples_release(&turn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),	       cmocka_unit_test(test_block_of_nothing),
		cmocka_unit_test(test_rare_slow_path), cmocka_unit_test(test_load_effect),
		cmocka_unit_test(test_epochs_widen),   cmocka_unit_test(test_too_short_for_epochs),
		cmocka_unit_test(test_decisions),      cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_split),	       cmocka_unit_test(test_whole),
		cmocka_unit_test(test_modes),	       cmocka_unit_test(test_modes_part),
		cmocka_unit_test(test_whole_coverage), cmocka_unit_test(test_turns_coverage),
		cmocka_unit_test(test_few_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
