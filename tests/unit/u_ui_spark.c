/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sparklines, charts and bars. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/ui/ui_spark.h"

static void assert_line(const double *y, size_t n, unsigned int lines, unsigned int line,
			bool ascii, const char *want)
{
	struct strbuf sb = STRBUF_INIT;

	spark_chart(y, n, spark_range_of(y, n), lines, line, ascii, &sb);
	assert_string_equal(sb.s, want);
	strbuf_release(&sb);
}

static void finds_ranges(void **state)
{
	const double y[] = {NAN, 3, -1, NAN, 7};
	struct spark_range r = spark_range_of(y, ARRAY_SIZE(y));

	(void)state;
	assert_true(r.low == -1);
	assert_true(r.high == 7);
	r = spark_range_of(y, 1);
	assert_true(isnan(r.low));
	assert_true(isnan(r.high));
	r = spark_range_of(y, 0);
	assert_true(isnan(r.low));
}

static void draws_one_line(void **state)
{
	const double y[] = {0, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	assert_line(y, 8, 1, 0, false, "▁▂▃▄▅▆▇█");
	assert_line(y, 8, 1, 0, true, "_.:-=+*#");
}

static void shows_unknown_as_blank(void **state)
{
	const double y[] = {NAN, 0, NAN, 100, NAN}, none[] = {NAN, NAN};

	(void)state;
	assert_line(y, 5, 1, 0, false, " ▁ █ ");
	assert_line(none, 2, 1, 0, false, "  ");
	assert_line(none, 0, 1, 0, false, "");
}

/* Zero is a value: it has a mark, which nothing known lacks. */
static void shows_equal_values_half_high(void **state)
{
	const double zero[] = {0, 0, 0}, much[] = {1e18, 1e18};

	(void)state;
	assert_line(zero, 3, 1, 0, false, "▄▄▄");
	assert_line(much, 2, 1, 0, false, "▄▄");
	assert_line(zero, 3, 2, 0, false, "   ");
	assert_line(zero, 3, 2, 1, false, "███");
}

static void draws_several_lines(void **state)
{
	const double y[] = {0, 7, 8, 15};

	(void)state;
	assert_line(y, 4, 2, 0, false, "  ▁█");
	assert_line(y, 4, 2, 1, false, "▁███");
	assert_line(y, 4, 2, 1, true, "_###");
}

static void puts_samples_into_steps_of_time(void **state)
{
	/* Nothing between 9 s and 1 s ago: the value of then holds. */
	const double age[] = {9, 8, 1, 0}, y[] = {1, 2, 3, 4};
	double out[10];

	(void)state;
	spark_steps(age, y, 4, out, 10);
	assert_true(out[0] == 1);
	assert_true(out[1] == 2);
	for (int i = 2; i < 8; i++)
		assert_true(out[i] == 2);
	assert_true(out[9] == 4);
	/* Fewer steps than samples: the latest of each. */
	spark_steps(age, y, 4, out, 2);
	assert_true(out[1] == 4);
	spark_steps(age, y, 4, out, 1);
	assert_true(out[0] == 4);
	/* No sample: nothing is known of any step. */
	spark_steps(age, y, 0, out, 3);
	for (int i = 0; i < 3; i++)
		assert_true(isnan(out[i]));
}

static void assert_bar(double value, double max, unsigned int cells, bool ascii, const char *want)
{
	struct strbuf sb = STRBUF_INIT;

	spark_bar(value, max, cells, ascii, &sb);
	assert_string_equal(sb.s, want);
	strbuf_release(&sb);
}

static void draws_bars(void **state)
{
	(void)state;
	assert_bar(4, 4, 4, false, "████");
	assert_bar(2, 4, 4, false, "██");
	assert_bar(1, 8, 4, false, "▌");
	assert_bar(1, 8, 4, true, "#");
	assert_bar(9, 4, 4, true, "####");
	/* What is there is seen, however small; what is not has no mark. */
	assert_bar(1, 1e12, 4, false, "▏");
	assert_bar(1, 1e12, 4, true, "#");
	assert_bar(0, 4, 4, false, "");
	assert_bar(NAN, 4, 4, false, "");
	assert_bar(0, 0, 4, false, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_ranges),
		cmocka_unit_test(draws_one_line),
		cmocka_unit_test(shows_unknown_as_blank),
		cmocka_unit_test(shows_equal_values_half_high),
		cmocka_unit_test(draws_several_lines),
		cmocka_unit_test(puts_samples_into_steps_of_time),
		cmocka_unit_test(draws_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
