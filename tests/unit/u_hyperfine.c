/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hyperfine's JSON, of both schemas; how commands are quoted for it; what its own test would say.
 */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/calibrate/cal_hyperfine.h"
#include "harness/timing/hyperfine.h"
#include "lib/log.h"

/* As hyperfine 1.15.0 printed it, but for rounder figures. */
static const char old[] =
	"{\"results\": [{\"command\": \"sleep 0.1\", \"mean\": 0.2, \"stddev\": 0.1, \"median\": "
	"0.2, "
	"\"user\": 0.01, \"system\": 0.02, \"min\": 0.1, \"max\": 0.3, \"times\": [0.1, 0.3], "
	"\"exit_codes\": [0, 0], \"parameters\": {\"x\": \"0.1\", \"y\": \"a\"}}]}";
/* Likewise 2.0.0. */
static const char new[] =
	"{\"schema_version\": 2, \"metadata\": {\"hyperfine_version\": \"2.0.0\"}, "
	"\"primary_metric\": "
	"\"time_wall_clock\", \"results\": [{\"command\": \"sleep 0.1\", \"measurements\": "
	"[{\"time_wall_clock\": {\"value\": 0.1, \"unit\": \"second\"}, \"time_user\": {\"value\": "
	"0.01, "
	"\"unit\": \"second\"}, \"time_system\": {\"value\": 0.01, \"unit\": \"second\"}, "
	"\"memory_peak_resident\": {\"value\": 3727360.0, \"unit\": \"byte\"}, \"exit_code\": 0}, "
	"{\"time_wall_clock\": {\"value\": 0.3, \"unit\": \"second\"}, \"time_user\": {\"value\": "
	"0.01, "
	"\"unit\": \"second\"}, \"time_system\": {\"value\": 0.03, \"unit\": \"second\"}, "
	"\"exit_code\": "
	"0}], \"summary\": {\"time_wall_clock\": {\"unit\": \"second\", \"count\": 2, \"mean\": "
	"0.2}}, "
	"\"parameters\": {\"x\": {\"value\": \"0.1\"}, \"y\": {\"value\": \"a\"}}}]}";

static void test_schemas(void **state UNUSED)
{
	const char *const texts[] = {old, new};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct hyperfine_results r;

		assert_int_equal(hyperfine_parse(texts[i], &r, NULL), 0);
		assert_int_equal(r.n, 1);
		assert_string_equal(r.v[0].command, "sleep 0.1");
		assert_string_equal(r.v[0].parameters, "x=0.1 y=a");
		assert_int_equal(r.v[0].n, 2);
		assert_true(r.v[0].wall_s[0] == 0.1 && r.v[0].wall_s[1] == 0.3);
		assert_true(fabs(r.v[0].cpu_s - 0.03) < 1e-12);
		hyperfine_results_release(&r);
	}
}

static void refused(const char *text, const char *reason)
{
	struct strbuf why = STRBUF_INIT;
	struct hyperfine_results r;

	assert_int_equal(hyperfine_parse(text, &r, &why), -EINVAL);
	assert_non_null(strstr(why.s, reason));
	hyperfine_results_release(&r);
	strbuf_release(&why);
}

static void test_refused(void **state UNUSED)
{
	refused("", "hyperfine exported no JSON");
	refused("{\"results\": [", "hyperfine exported no JSON");
	refused("{}", "hyperfine's JSON has no results");
	refused("[]", "hyperfine's JSON has no results");
	refused("{\"results\": {}}", "hyperfine's JSON has no results");
	refused("{\"results\": []}", "hyperfine's JSON has no results");
	refused("{\"results\": [{\"command\": \"c\", \"times\": []}]}",
		"hyperfine's JSON has no run of 'c'");
	refused("{\"results\": [7]}", "hyperfine's JSON has no run of '?'");
	refused("{\"results\": [{\"command\": \"c\", \"times\": [null]}]}",
		"hyperfine's JSON has a run of 'c' without its time");
	refused("{\"results\": [{\"command\": \"c\", \"measurements\": [{\"exit_code\": 0}]}]}",
		"hyperfine's JSON has a run of 'c' without its time");
	refused("{\"results\": [{\"command\": \"c\", \"times\": [-1]}]}",
		"hyperfine's JSON has a run of 'c' without its time");
}

static void test_quote(void **state UNUSED)
{
	const char *const argv[] = {"sh", "-c", "echo 'a b' | wc > x && y", "", NULL};
	struct strbuf sb = STRBUF_INIT;

	hyperfine_quote(argv, &sb);
	assert_string_equal(sb.s, "'sh' '-c' 'echo '\\''a b'\\'' | wc > x && y' ''");
	strbuf_release(&sb);
}

static void test_parameters(void **state UNUSED)
{
	static const char *const good[] = {"x=1,2", "size=4K", "a==", NULL};
	static const char *const bad[] = {"x", "=1", "x=", ""};

	log_init("u_hyperfine", LOG_QUIET);
	assert_int_equal(hyperfine_check(&(struct hyperfine_pass){.parameters = good}), 0);
	assert_int_equal(hyperfine_check(&(struct hyperfine_pass){0}), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *const one[] = {bad[i], NULL};

		assert_int_equal(hyperfine_check(&(struct hyperfine_pass){.parameters = one}),
				 -EINVAL);
	}
}

/* By hand: means 2 and 5, variances 1 and 1, three of each: t 3.67, 4 degrees, 2.78. */
static void test_welch(void **state UNUSED)
{
	const double a[] = {1, 2, 3}, b[] = {4, 5, 6}, c[] = {2, 3, 4}, d[] = {7, 7}, e[] = {8, 8};

	assert_true(cal_welch(a, 3, b, 3));
	assert_false(cal_welch(a, 3, c, 3));
	assert_false(cal_welch(a, 3, a, 3));
	assert_false(cal_welch(a, 1, b, 3));
	assert_true(cal_welch(d, 2, e, 2));
	assert_false(cal_welch(d, 2, d, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemas), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_quote),	cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_welch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
