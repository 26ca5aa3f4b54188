/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The few things that every file has. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int asked;

static int next(int v)
{
	asked++;
	return v;
}

/* A poll within MIN() polled twice, and its second result stood for the first. */
static void each_argument_is_evaluated_once(void **state UNUSED)
{
	int i = 3;

	assert_int_equal(MIN(next(-5), 0), -5);
	assert_int_equal(asked, 1);
	assert_int_equal(MAX(next(1), next(2)), 2);
	assert_int_equal(asked, 3);
	assert_int_equal(MIN(i++, 10), 3);
	assert_int_equal(i, 4);
	assert_int_equal(MAX(MIN(next(7), 5), next(4)), 5);
	assert_int_equal(asked, 5);
}

static void mixed_types_compare_as_in_c(void **state UNUSED)
{
	assert_true(MAX(1.5, 1) == 1.5);
	assert_true(MIN(UINT64_MAX, 7U) == 7);
	assert_int_equal(sizeof(MAX((uint8_t)1, (uint64_t)2)), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_argument_is_evaluated_once),
		cmocka_unit_test(mixed_types_compare_as_in_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
