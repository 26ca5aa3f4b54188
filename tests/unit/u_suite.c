/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench.json: what it says, what it may not say, and what becomes of a suite. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/measure.h"
#include "harness/suite/suite.h"
#include "lib/log.h"

#define HEAD  "{\"schema\": 1, "
#define SUITE "\"suites\": {\"a\": {\"monitors\": [\"x.bpf.o\"]}}}"

static void test_defaults(void **state UNUSED)
{
	struct suite_file f;

	assert_int_equal(suite_file_parse(&f, "beebench.json", HEAD SUITE), 0);
	assert_string_equal(f.root, "");
	assert_null(f.build);
	assert_false(f.has_policy);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.suites[0].name, "a");
	assert_true(suite_is_chosen(&f.suites[0], NULL, "verify"));
	assert_false(suite_is_chosen(&f.suites[0], NULL, "overhead"));
	assert_null(suite_gate(&f));
	suite_file_release(&f);
}

static void test_all_of_it(void **state UNUSED)
{
	static const char text[] =
		HEAD "\"build\": \"make\", \"results\": \"r\", \"history\": \"h.db\", \"policy\": "
		     "{\"exact\": {\"on\": false}}, \"suites\": {\"one\": {\"monitors\": "
		     "[\"o/x.bpf.o\", \"memmon\", \"/abs/y.o\"], \"workloads\": "
		     "[\"mmap:count=3\"], \"measures\": [\"overhead\", \"gate\"], \"build\": "
		     "\"ninja\", \"events\": [\"brk\"], \"kernels\": [\"6.1\"], \"seconds\": 2.5, "
		     "\"quick\": true, \"options\": {\"overhead\": \"slowdown=no\"}}, \"two\": "
		     "{\"monitors\": [\"memmon\", \"z.ex\"]}}}";
	const struct run run = {.seed = 3};
	struct names list = {0};
	struct suite_file f;
	struct suite_run made;

	assert_int_equal(suite_file_parse(&f, "../beebench.json", text), 0);
	assert_string_equal(f.root, "../");
	assert_string_equal(f.results, "r");
	assert_string_equal(f.history, "h.db");
	assert_true(f.has_policy);
	assert_int_equal(f.policy.on[GATE_EXACT], GATE_OFF);
	assert_string_equal(suite_gate(&f), "gate");
	assert_int_equal(suite_run_make(&made, &f, &f.suites[0], &run), 0);
	assert_string_equal(made.run.monitors[0], "../o/x.bpf.o");
	assert_string_equal(made.run.monitors[1], "memmon");
	assert_string_equal(made.run.monitors[2], "/abs/y.o");
	assert_null(made.run.monitors[3]);
	assert_string_equal(made.run.events[0], "brk");
	assert_null(made.run.events[1]);
	assert_string_equal(made.run.kernels[0], "6.1");
	assert_int_equal(made.run.nworkloads, 1);
	assert_true(made.run.seconds == 2.5);
	assert_true(made.run.quick);
	suite_run_release(&made);
	assert_string_equal(suite_options_of(&f.suites[0], measure_find("overhead")),
			    "slowdown=no");
	assert_null(suite_options_of(&f.suites[0], measure_find("verify")));
	suite_file_monitors(&f, NULL, NULL, &list);
	assert_int_equal(list.n, 4);
	names_release(&list);
	suite_file_monitors(&f, NULL, "gate", &list);
	assert_int_equal(list.n, 3);
	names_release(&list);
	suite_file_commands(&f, NULL, NULL, &list);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0], "ninja");
	assert_string_equal(list.v[1], "make");
	names_release(&list);
	suite_file_release(&f);
}

/* What the user says goes first. */
static void test_user_first(void **state UNUSED)
{
	static const char *const events[] = {"mmap", NULL};
	const struct run run = {.seed = 1, .events = events, .seconds = 7};
	struct suite_file f;
	struct suite_run made;

	assert_int_equal(suite_file_parse(&f, "beebench.json",
					  HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], "
					       "\"events\": [\"brk\"], \"seconds\": 2}}}"),
			 0);
	assert_int_equal(suite_run_make(&made, &f, &f.suites[0], &run), 0);
	assert_string_equal(made.run.events[0], "mmap");
	assert_true(made.run.seconds == 7);
	suite_run_release(&made);
	suite_file_release(&f);
}

static void test_refused(void **state UNUSED)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"3",
		HEAD "}",
		"{\"schema\": \"1\", " SUITE,
		"{\"schema\": 2, " SUITE,
		HEAD "\"suites\": {}}",
		HEAD "\"suites\": []}",
		HEAD "\"suites\": {\"a\": []}}",
		HEAD "\"suites\": {\"a\": {}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": \"m\"}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [3]}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"\"]}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], \"measures\": [\"compare\"]}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], \"events\": [\"x\"]}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], \"seconds\": 0}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], \"seconds\": \"1\"}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], \"quick\": 1}}}",
		HEAD "\"suites\": {\"a\": {\"monitors\": [\"m\"], \"options\": {\"x\": \"\"}}}}",
		HEAD
		"\"suites\": {\"a\": {\"monitors\": [\"m\"], \"options\": {\"gate\": \"a\"}}}}",
		HEAD "\"build\": \"\", " SUITE,
		HEAD "\"policy\": 3, " SUITE,
		HEAD "\"policy\": {\"time\": {\"alpha\": 2}}, " SUITE,
		HEAD "\"policy\": \"no/such/file.json\", " SUITE,
		HEAD SUITE " more",
	};

	log_init("u_suite", LOG_QUIET);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct suite_file f;

		if (!suite_file_parse(&f, "beebench.json", bad[i]))
			fail_msg("taken: %s", bad[i]);
		suite_file_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_of_it),
		cmocka_unit_test(test_user_first),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
