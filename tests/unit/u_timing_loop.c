/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The watched process: every trigger does what its row says, and nothing outlives the loop. */
#include "lib/base.h"
#include "harness/timing/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/timing/cycles.h"
#include "lib/log.h"

static char said[512];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void test_names(void **state UNUSED)
{
	for (int i = 0; i < timed_event_count(); i++)
		assert_int_equal(timed_event_find(timed_event(i)->name), i);
	assert_int_equal(timed_event_find("reboot"), -1);
	assert_string_equal(timed_event_suggest("opnat"), "openat");
}

/* Those written out come first; a call of the table has a bare name, and -ok where it has two. */
static void test_calls_of_the_table(void **state UNUSED)
{
	int fails = timed_event_find("openat"), works = timed_event_find("openat-ok"),
	    stat = timed_event_find("stat"), asks = timed_event_find("getpid");

	assert_int_equal(timed_event_find("kfree"), TIMED_OWN - 1);
	assert_true(timed_event_is_single(timed_event_find("malloc")));
	assert_false(timed_event_is_single(timed_event_find("kmalloc+kfree")));
	assert_int_equal(timed_event_find("mmap-ok"), -1);
	assert_int_equal(timed_event_find("getpid-ok"), -1);
	assert_int_equal(timed_event(fails)->does, TIMED_FAILS);
	assert_int_equal(timed_event(works)->does, TIMED_WORKS);
	assert_int_equal(timed_event(asks)->does, TIMED_WORKS);
	assert_true(timed_event_is_single(fails) && timed_event_is_single(asks));
	assert_false(timed_event_is_single(works));
	assert_string_equal(timed_event(fails)->trigger,
			    "openat, a name that is not there -> ENOENT");
	assert_string_equal(timed_event(works)->unit, "ns/round");
	assert_true(timed_event_makes(works, "close") && timed_event_makes(works, "openat"));
	assert_true(timed_event_is_about(works, "openat"));
	assert_false(timed_event_is_about(works, "close"));
	assert_false(timed_event_is_about(timed_event_find("mmap"), "mmap"));
	/* Tracepoints have names of their own. */
	assert_true(stat < 0 || timed_event_is_about(stat, "newstat"));
}

static void test_every_trigger(void **state UNUSED)
{
	struct loop *l = NULL;
	struct loop_block b;

	assert_int_equal(loop_start(&l, -1, false), 0);
	assert_false(loop_realtime(l));
	assert_true(loop_ns_per_tick(l) > 0.01 && loop_ns_per_tick(l) <= 1.0001);
	for (int e = 0; e < timed_event_count(); e++) {
		/* Of the table a few: some take milliseconds (the close of an inotify). */
		uint32_t warm = e < TIMED_OWN ? 71 : 1, subs = e < TIMED_OWN ? 10 : 2;

		assert_int_equal(loop_begin(l, e, (warm - 1) * LOOP_CALLS + 1, subs), 0);
		assert_int_equal(loop_wait(l, 10000, &b), 1);
		assert_true(loop_done(l));
		assert_int_equal(b.n, subs);
		assert_int_equal(b.calls, (warm + subs) * LOOP_CALLS);
		if (b.wrong)
			fail_msg("%s: %u of its calls were wrong", timed_event(e)->name,
				 (unsigned int)b.wrong);
		for (uint32_t i = 0; i < b.n; i++)
			assert_int_not_equal(b.ticks[i], 0);
	}
	loop_stop(l);
}

static void test_too_many_sub_blocks(void **state UNUSED)
{
	struct loop *l = NULL;
	struct loop_block b;

	assert_int_equal(loop_start(&l, -1, false), 0);
	assert_int_equal(loop_begin(l, timed_event_find("other"), 0, UINT32_MAX), 0);
	assert_int_equal(loop_wait(l, 60000, &b), 1);
	assert_int_equal(b.n, LOOP_SUBS_MAX);
	loop_stop(l);
}

static void test_not_yet(void **state UNUSED)
{
	struct loop *l = NULL;
	struct loop_block b;

	assert_int_equal(loop_start(&l, -1, false), 0);
	assert_int_equal(loop_wait(l, 0, &b), 0);
	loop_stop(l);
}

static void test_the_child_dies(void **state UNUSED)
{
	struct loop *l = NULL;
	struct loop_block b;

	assert_int_equal(loop_start(&l, -1, false), 0);
	kill(loop_pid(l), SIGKILL);
	log_capture(keep, NULL);
	assert_int_equal(loop_wait(l, 10000, &b), -ECHILD);
	log_capture(NULL, NULL);
	assert_non_null(strstr(said, "signal 9"));
	loop_stop(l);
}

static void test_nothing_outlives_it(void **state UNUSED)
{
	struct loop *l = NULL;
	pid_t pid;

	assert_int_equal(loop_start(&l, -1, false), 0);
	pid = loop_pid(l);
	assert_int_equal(kill(pid, 0), 0);
	loop_stop(l);
	assert_int_equal(kill(pid, 0), -1);
	loop_stop(NULL);
}

static void test_ticks_grow(void **state UNUSED)
{
	uint64_t a = cycles_now(), b;

	do
		b = cycles_now();
	while (b == a);
	assert_true(b > a);
	assert_true(cycles_ns_per_tick(3) > 0);
}

/* A program of its own: what starts it stands between, and has ended when it has. */
static void test_a_program(void **state UNUSED)
{
	static const char *const by_shell[] = {"sh", "-c", "\"$0\"; exit 5", NULL};
	static const char *const nothing[] = {"sh", "-c", "exit 5", NULL};
	struct loop *l = NULL;
	struct loop_block b;
	pid_t pid;

	assert_int_equal(loop_start_program(&l, NULL, NULL, -1, false), 0);
	assert_int_equal(loop_begin(l, timed_event_find("malloc+free"), 0, 3), 0);
	assert_int_equal(loop_wait(l, 10000, &b), 1);
	assert_int_equal(b.calls, 3 * LOOP_CALLS);
	assert_int_equal(b.wrong, 0);
	loop_stop(l);

	assert_int_equal(loop_start_program(&l, by_shell, NULL, -1, false), 0);
	pid = loop_pid(l);
	assert_true(pid > 0 && getpgid(pid) != pid);
	assert_int_equal(loop_begin(l, timed_event_find("kmalloc+kfree"), 0, 3), 0);
	assert_int_equal(loop_wait(l, 10000, &b), 1);
	assert_int_equal(b.wrong, 0);
	loop_stop(l);
	assert_int_equal(kill(pid, 0), -1);

	log_capture(keep, NULL);
	assert_int_equal(loop_start_program(&l, nothing, NULL, -1, false), -ECHILD);
	log_capture(NULL, NULL);
	assert_string_equal(said, "sh, by which the process is started whose calls are timed, has "
				  "ended early: exit code 5");
	assert_null(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_calls_of_the_table),
		cmocka_unit_test(test_every_trigger),
		cmocka_unit_test(test_too_many_sub_blocks),
		cmocka_unit_test(test_not_yet),
		cmocka_unit_test(test_the_child_dies),
		cmocka_unit_test(test_nothing_outlives_it),
		cmocka_unit_test(test_a_program),
		cmocka_unit_test(test_ticks_grow),
	};
	int served;

	return loop_serve(&served) ? served : cmocka_run_group_tests(tests, NULL, NULL);
}
