/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments of a recording as users write them. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "monitor/view/moment.h"

static const uint64_t noon_ns = 1795953600ULL * NSEC_PER_SEC; /* 2026-11-29 12:00:00 UTC */

static uint64_t read(const char *text, uint64_t day_ns)
{
	struct moment m;

	return moment_parse(text, day_ns, &m) ? UINT64_MAX : moment_ns(&m, noon_ns) / NSEC_PER_SEC;
}

static void test_moments(void **state UNUSED)
{
	const uint64_t noon = noon_ns / NSEC_PER_SEC;
	struct moment m;

	assert_int_equal(read("+0", 0), noon);
	assert_int_equal(read("+90.5", 0), noon + 90);
	assert_int_equal(read("2026-11-29T12:00:07", 0), noon + 7);
	assert_int_equal(read("2026-11-29 12:00:07Z", 0), noon + 7);
	assert_int_equal(read("12:00:07", noon_ns + 3600 * NSEC_PER_SEC), noon + 7);
	assert_int_equal(read("13:30", noon_ns), noon + 5400);
	assert_int_equal(read("+90s", 0), noon + 90);
	/* As the tools write it. */
	assert_int_equal(moment_parse("2026-11-29T12:00:07.250Z", 0, &m), 0);
	assert_int_equal(moment_ns(&m, 0), noon_ns + 7250 * NSEC_PER_MSEC);
}

static void test_no_moments(void **state UNUSED)
{
	static const char *const texts[] = {"",
					    "+",
					    "+-1",
					    "+x",
					    "+nan",
					    "12:00",
					    "12:00:07",
					    "now",
					    "1 2",
					    "2026-11-29T12:00:07Y",
					    "2026-11-29T12:00:07.Z"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_true(read(texts[i], 0) == UINT64_MAX);
	assert_true(read("25:00", noon_ns) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_no_moments),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
