/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The generator: known values, bounds, shuffles, and sizes drawn from it. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "workloads/sizes.h"

/* The first values of splitmix64 seeded with 1234567, as its authors' reference program prints
 * them (prng.di.unimi.it/splitmix64.c). */
static void known_values(void **state)
{
	static const uint64_t expected[] = {
		6457827717110365317ULL, 3203168211198807973ULL,	 9817491932198370423ULL,
		4593380528125082431ULL, 16408922859458223821ULL,
	};
	struct rng r = {.state = 1234567};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(rng_next(&r) == expected[i]);
}

static void stays_below(void **state)
{
	struct rng r = {.state = 0};
	unsigned int seen[7] = {0};

	(void)state;
	for (int i = 0; i < 7000; i++)
		seen[rng_below(&r, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 850, 1150); /* standard deviation 29 */
	for (int i = 0; i < 100; i++)
		assert_int_equal(rng_below(&r, 1), 0);
}

static void shuffles(void **state)
{
	struct rng r = {.state = 3};
	unsigned int idx[5], first[5] = {0};

	(void)state;
	for (int n = 0; n < 5000; n++) {
		unsigned int sum = 0;

		for (unsigned int i = 0; i < 5; i++)
			idx[i] = i;
		rng_shuffle(&r, idx, 5);
		for (unsigned int i = 0; i < 5; i++)
			sum |= 1u << idx[i];
		assert_int_equal(sum, 31);
		first[idx[0]]++;
	}
	for (int i = 0; i < 5; i++)
		assert_in_range(first[i], 850, 1150);
	rng_shuffle(&r, idx, 0);
}

static void sizes_stay_in_range(void **state)
{
	static const uint64_t ranges[][2] = {
		{1, 1},	     {1, 2},	   {1, 1 << 20}, {512, 512},
		{512, 1024}, {1000, 1500}, {4095, 4097}, {3, 1ULL << 40},
	};
	struct rng r = {.state = 5};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		bool least = false, most = false;

		for (int n = 0; n < 2000; n++) {
			uint64_t v = wl_log_uniform(&r, ranges[i][0], ranges[i][1]);

			assert_true(v >= ranges[i][0] && v <= ranges[i][1]);
			least |= v == ranges[i][0];
			most |= v == ranges[i][1];
		}
		if (ranges[i][1] - ranges[i][0] < 3)
			assert_true(least && most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(stays_below),
		cmocka_unit_test(shuffles),
		cmocka_unit_test(sizes_stay_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
