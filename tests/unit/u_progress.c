/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Progress on a clock of its own: what is shown, how often, and the time left. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/progress.h"
#include "lib/log.h"

static uint64_t now;
static char *text;
static size_t size;
static FILE *out;

static uint64_t clock_of_test(void)
{
	return now;
}

static int set_up(void **state UNUSED)
{
	now = 1000 * NSEC_PER_SEC;
	out = open_memstream(&text, &size);
	return out ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
	fclose(out);
	free(text);
	return 0;
}

static void pass(double seconds)
{
	now += (uint64_t)(seconds * NSEC_PER_SEC);
}

/* A double in steps of a thousandth, so that it can be compared. */
static long milli(double seconds)
{
	return (long)(seconds * 1000 + 0.5);
}

static void test_time_left(void **state UNUSED)
{
	struct progress *p = progress_new_on(PROGRESS_LINES, out, clock_of_test);

	progress_plan(p, "verify", 4, 2.0);
	progress_plan(p, "ringbuf", 2, 5.0);
	assert_int_equal(milli(progress_seconds_left(p)), 18000);
	progress_step(p, "one");
	assert_int_equal(milli(progress_seconds_left(p)), 18000);
	pass(1);
	assert_int_equal(milli(progress_seconds_left(p)), 17000);
	/* A step that takes longer than planned never makes the time left negative or grow. */
	pass(100);
	assert_int_equal(milli(progress_seconds_left(p)), 16000);
	progress_free(p);
}

/* Steps twice as long as planned pull the estimate towards themselves. */
static void test_learns(void **state UNUSED)
{
	struct progress *p = progress_new_on(PROGRESS_LINES, out, clock_of_test);

	progress_plan(p, "verify", 4, 2.0);
	progress_step(p, "one");
	pass(4);
	progress_step(p, "two");
	/* (2 planned + 4 seen) / 2 = 3 s a step, three of them. */
	assert_int_equal(milli(progress_seconds_left(p)), 9000);
	progress_free(p);
}

static void test_lines(void **state UNUSED)
{
	struct progress *p = progress_new_on(PROGRESS_LINES, out, clock_of_test);

	progress_plan(p, "verify", 20, 2.0);
	for (int i = 0; i < 6; i++) {
		progress_step(p, "memmon x %d", i);
		pass(2);
	}
	fflush(out);
	assert_string_equal(text, "verify 1/20: memmon x 0 (40 s left)\n"
				  "verify 4/20: memmon x 3 (34 s left)\n");
	progress_free(p);
}

/* A phase that ended early does not eat the steps of the next. */
static void test_begin(void **state UNUSED)
{
	struct progress *p = progress_new_on(PROGRESS_LINES, out, clock_of_test);

	progress_plan(p, "verify", 20, 2.0);
	progress_plan(p, "ringbuf", 3, 50.0);
	progress_begin(p, "verify");
	progress_step(p, "a");
	progress_begin(p, "ringbuf");
	progress_step(p, "b");
	assert_int_equal(milli(progress_seconds_left(p)), 150000);
	fflush(out);
	assert_string_equal(text, "verify 1/20: a (3 min 10 s left)\n"
				  "ringbuf 1/3: b (2 min 30 s left)\n");
	progress_free(p);
}

/* Without progress_begin() a phase follows when the one before is used up. */
static void test_follow(void **state UNUSED)
{
	struct progress *p = progress_new_on(PROGRESS_LINES, out, clock_of_test);

	progress_plan(p, "verify", 1, 1);
	progress_plan(p, "ringbuf", 1, 1);
	progress_step(p, "a");
	progress_step(p, "b");
	progress_step(p, "c");
	fflush(out);
	assert_string_equal(text, "verify 1/1: a (2 s left)\nringbuf 1/1: b (1 s left)\n");
	progress_free(p);
}

/* A second plan of a phase that has not begun replaces the first; of one that has, it adds one. */
static void test_plan_again(void **state UNUSED)
{
	struct progress *p = progress_new_on(PROGRESS_LINES, out, clock_of_test);

	progress_plan(p, "verify", 10, 1);
	progress_plan(p, "ringbuf", 10, 1);
	progress_plan(p, "verify", 4, 1);
	assert_int_equal(milli(progress_seconds_left(p)), 14000);
	progress_step(p, "a");
	progress_plan(p, "verify", 3, 1);
	assert_int_equal(milli(progress_seconds_left(p)), 17000);
	progress_free(p);
}

static void test_bar(void **state UNUSED)
{
	struct progress *p;

	setenv("NO_COLOR", "1", 1);
	p = progress_new_on(PROGRESS_BAR, out, clock_of_test);
	progress_plan(p, "verify", 4, 3.0);
	progress_step(p, "memmon x mmap");
	pass(3);
	progress_step(p, "memmon x brk");
	progress_clear(p);
	progress_clear(p);
	progress_free(p);
	fflush(out);
	assert_string_equal(
		text, "\r\033[K[------------------------]  12 s left  verify 1/4: memmon x mmap"
		      "\r\033[K[======------------------]  9 s left  verify 2/4: memmon x brk"
		      "\r\033[K");
	unsetenv("NO_COLOR");
}

static void test_long_text_is_cut(void **state UNUSED)
{
	struct progress *p;

	setenv("NO_COLOR", "1", 1);
	p = progress_new_on(PROGRESS_BAR, out, clock_of_test);
	progress_plan(p, "verify", 1, 3.0);
	progress_step(p, "%0200d", 7);
	fflush(out);
	/* "\r\033[K" and the 79 columns that never wrap. */
	assert_int_equal(strlen(text), 4 + 79);
	progress_free(p);
	unsetenv("NO_COLOR");
}

static void test_colour_and_none(void **state UNUSED)
{
	struct progress *p;

	unsetenv("NO_COLOR");
	p = progress_new_on(PROGRESS_BAR, out, clock_of_test);
	progress_step(p, "unplanned");
	fflush(out);
	assert_non_null(strstr(text, "\033[32m"));
	progress_free(p);
	rewind(out);
	p = progress_new_on(PROGRESS_NONE, out, clock_of_test);
	progress_plan(p, "verify", 1, 1);
	progress_step(p, "silent");
	progress_free(p);
	fflush(out);
	assert_int_equal(size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_time_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_learns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_follow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_text_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_colour_and_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
