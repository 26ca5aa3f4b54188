/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gate's judgement: what passes, what is a regression, and what must never be called a pass. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/compare/judge.h"
#include "harness/gate/gate.h"
#include "harness/record.h"

static const struct gate_pair pair = {"old", "new"};

static struct json_object *parse(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	assert_non_null(o);
	return o;
}

/* The record of a lane's subject (NULL: of the lane itself). */
static struct json_object *find(struct json_object *out, const char *lane, const char *subject)
{
	struct json_object *o;

	record_foreach_type (out, o, "gate") {
		const char *its = record_str(o, "subject", NULL);

		if (!strcmp(record_str(o, "lane", ""), lane) &&
		    (subject ? its && !strcmp(its, subject) : !its))
			return o;
	}
	fail_msg("no record of %s %s", lane, subject ? subject : "itself");
	return NULL;
}

static void is(struct json_object *o, const char *verdict, const char *status, const char *reason)
{
	assert_string_equal(record_str(o, "verdict", ""), verdict);
	assert_string_equal(record_str(o, "status", ""), status);
	assert_string_equal(record_str(o, "reason", ""), reason);
}

static void limits_of_the_static_lane(void **state UNUSED)
{
	struct json_object *out = json_object_new_array(), *o,
			   *a = parse("{\"instructions\":100,\"jited_bytes\":10000,"
				      "\"verifier_insns\":50,\"verifier_states\":3,"
				      "\"stack_bytes\":64,\"map_bytes\":4096}"),
			   *b = parse("{\"instructions\":116,\"jited_bytes\":10501,"
				      "\"verifier_insns\":40,\"verifier_states\":9,"
				      "\"map_bytes\":4096}");
	struct gate_policy p;

	policy_defaults(&p);
	judge_static(&p, &pair, a, b, out);
	o = find(out, "static", "instructions"); /* 16 or 5 % */
	is(o, "pass", "ok", "16 more than 100, 16 more allowed");
	assert_int_equal(record_u64(o, "limit", 0), 16);
	assert_int_equal(record_u64(o, "value", 0), 16);
	assert_int_equal(record_u64(o, "low", 0), 16);
	assert_int_equal(record_u64(o, "high", 0), 16);
	assert_int_equal(record_u64(o, "base", 0), 100);
	assert_string_equal(record_str(o, "a", ""), "old");
	assert_string_equal(record_str(o, "unit", ""), "instructions");
	is(find(out, "static", "jited_bytes"), "regression", "fail",
	   "501 more than 10000, 500 more allowed");
	is(find(out, "static", "verifier_insns"), "pass", "ok", "10 less than 50");
	is(find(out, "static", "verifier_states"), "skip", "skip",
	   "6 more than 3; the policy has no limit for it");
	is(find(out, "static", "stack_bytes"), "skip", "skip", "there is no such figure of new");
	is(find(out, "static", "map_bytes"), "pass", "ok", "4096 in both");
	judge_lane(&p, &pair, GATE_STATIC, NULL, out);
	is(find(out, "static", NULL), "regression", "fail",
	   "jited_bytes: 501 more than 10000, 500 more allowed; 2 of 6 not judged");
	json_object_put(a);
	json_object_put(b);
	json_object_put(out);
}

#define EXACT(index, path, figure)                                                                 \
	"{\"type\":\"exact\",\"kernel\":\"6.12.1\",\"index\":" #index ",\"path\":\"" path          \
	"\",\"status\":\"ok\",\"stable\":true,\"instructions\":" #figure "}"
#define UNSTABLE(index, path)                                                                      \
	"{\"type\":\"exact\",\"kernel\":\"6.12.1\",\"index\":" #index ",\"path\":\"" path          \
	"\",\"status\":\"ok\",\"stable\":false,\"instructions\":null,\"reason\":\"no stable "      \
	"figure\"}"
#define WHOLE(index, status)                                                                       \
	"{\"type\":\"exact\",\"kernel\":\"6.12.1\",\"index\":" #index                              \
	",\"path\":null,\"status\":\"" status "\",\"reason\":\"the verifier says no\"}"

static struct json_object *judged(const struct gate_policy *p, const char *text)
{
	struct json_object *records = parse(text), *out = json_object_new_array();

	judge_exact(p, &pair, records, out);
	judge_lane(p, &pair, GATE_EXACT, NULL, out);
	json_object_put(records);
	return out;
}

#define ENTERED(index, path, figure, own)                                                          \
	"{\"type\":\"exact\",\"kernel\":\"6.12.1\",\"index\":" #index ",\"path\":\"" path          \
	"\",\"status\":\"ok\",\"stable\":true,\"instructions\":" #figure ",\"own\":" #own "}"

/* Number 19: equal figures of paths that enter no program are no pass. */
static void what_no_program_enters_is_not_judged(void **state UNUSED)
{
	struct json_object *out;
	struct gate_policy p;

	policy_defaults(&p);
	out = judged(&p, "[" ENTERED(0, "mmap", 100, 0) "," ENTERED(0, "brk", 70, 0) "," ENTERED(
				 1, "mmap", 100, 0) "," ENTERED(1, "brk", 70, 0) "]");
	is(find(out, "exact", "mmap"), "skip", "skip", "this path enters no program of either");
	is(find(out, "exact", NULL), "inconclusive", "ok",
	   "nothing to compare: mmap: this path enters no program of either");
	json_object_put(out);
	out = judged(&p, "[" ENTERED(0, "mmap", 100, 30) "," ENTERED(0, "brk", 70, 0) "," ENTERED(
				 1, "mmap", 100, 30) "," ENTERED(1, "brk", 71, 0) "]");
	is(find(out, "exact", "mmap"), "pass", "ok", "100 in both");
	is(find(out, "exact", "brk"), "regression", "fail", "1 more than 70, 0 more allowed");
	json_object_put(out);
}

static void one_instruction_is_a_regression(void **state UNUSED)
{
	struct json_object *out;
	struct gate_policy p;

	policy_defaults(&p);
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(0, "brk", 70) "," EXACT(
				 1, "mmap", 101) "," EXACT(1, "brk", 60) "]");
	is(find(out, "exact", "mmap"), "regression", "fail", "1 more than 100, 0 more allowed");
	is(find(out, "exact", "brk"), "pass", "ok", "10 less than 70");
	assert_string_equal(record_str(find(out, "exact", "brk"), "kernel", ""), "6.12.1");
	is(find(out, "exact", NULL), "regression", "fail", "mmap: 1 more than 100, 0 more allowed");
	json_object_put(out);
	p.instructions.percent = 1;
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(1, "mmap", 101) "]");
	is(find(out, "exact", NULL), "pass", "ok", "1 judged, none beyond its limit");
	json_object_put(out);
}

static void no_stable_figure_never_passes(void **state UNUSED)
{
	struct json_object *out;
	struct gate_policy p;

	policy_defaults(&p);
	out = judged(&p, "[" UNSTABLE(0, "mmap") "," EXACT(0, "brk", 70) "," EXACT(
				 1, "mmap", 100) "," UNSTABLE(1, "brk") "]");
	is(find(out, "exact", "mmap"), "skip", "skip", "old: no stable figure");
	is(find(out, "exact", "brk"), "skip", "skip", "new: no stable figure");
	is(find(out, "exact", NULL), "inconclusive", "ok",
	   "nothing could be judged: mmap: old: no stable figure");
	json_object_put(out);
	/* Whoever takes what is not decided for a pass does not get one for nothing at all. */
	p.inconclusive = GATE_PASS;
	out = judged(&p, "[" UNSTABLE(0, "mmap") "," EXACT(1, "mmap", 100) "]");
	assert_int_equal(gate_verdict_in(find(out, "exact", NULL)), GATE_INCONCLUSIVE);
	json_object_put(out);
	out = judged(&p, "[]");
	assert_int_equal(gate_verdict_in(find(out, "exact", NULL)), GATE_INCONCLUSIVE);
	json_object_put(out);
	/* Some judged, some not. */
	out = judged(&p, "[" UNSTABLE(0, "mmap") "," EXACT(0, "brk", 70) "," EXACT(
				 1, "mmap", 100) "," EXACT(1, "brk", 70) "]");
	is(find(out, "exact", NULL), "pass", "ok",
	   "1 judged, none beyond its limit; 1 of 2 not judged");
	json_object_put(out);
}

static void what_the_guest_refuses(void **state UNUSED)
{
	struct json_object *out;
	struct gate_policy p;

	policy_defaults(&p);
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," WHOLE(1, "fail") "]");
	is(find(out, "exact", "load"), "regression", "fail",
	   "new cannot be loaded where old can: the verifier says no");
	json_object_put(out);
	out = judged(&p, "[" WHOLE(0, "fail") "," EXACT(1, "mmap", 100) "]");
	is(find(out, "exact", "load"), "environment", "void",
	   "old cannot be loaded, so there is nothing to compare with: the verifier says no");
	json_object_put(out);
	out = judged(&p, "[" WHOLE(0, "fail") "," WHOLE(1, "fail") "]");
	assert_int_equal(gate_verdict_in(find(out, "exact", NULL)), GATE_ENVIRONMENT);
	json_object_put(out);
	out = judged(&p, "[" EXACT(0, "mmap",
				   100) ",{\"type\":\"exact\",\"index\":1,\"path\":"
					"\"mmap\",\"status\":\"void\",\"reason\":\"it drifted\","
					"\"instructions\":100}]");
	is(find(out, "exact", "mmap"), "environment", "void", "it drifted");
	json_object_put(out);
}

static void only_the_paths_of_the_policy(void **state UNUSED)
{
	static const char *const paths[] = {"brk", "brkk", NULL};
	struct json_object *out;
	struct gate_policy p;

	policy_defaults(&p);
	policy_set_list(&p.paths, paths);
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(0, "brk", 70) "," EXACT(
				 1, "mmap", 101) "," EXACT(1, "brk", 70) "]");
	assert_int_equal(record_length(out), 3);
	is(find(out, "exact", "brk"), "pass", "ok", "70 in both");
	is(find(out, "exact", "brkk"), "environment", "void",
	   "the policy names this path and the guest has none of that name; docs/exact.md lists "
	   "them");
	json_object_put(out);
}

#define SHARP(event, status, verdict, centre, low, high)                                           \
	"{\"type\":\"sharp\",\"event\":\"" event "\",\"status\":\"" status                         \
	"\",\"verdict\":\"" verdict "\",\"seconds\":30.0,\"margin_ns\":1.0,\"a_ns\":{\"centre\":"  \
	"20.0},\"diff_ns\":{\"centre\":" #centre ",\"anytime\":{\"low\":" #low ",\"high\":" #high  \
	"}}}"

static void the_time_lane_takes_over_what_was_decided(void **state UNUSED)
{
	struct json_object *records =
				   parse("[" SHARP("mmap", "ok", "beyond", 2.5, 1.5, 3.5) "," SHARP(
					   "munmap", "ok", "within", 0.1, -0.2,
					   0.4) "," SHARP("brk", "ok", "beyond", -3.0, -4.0,
							  -2.0) "," SHARP("other", "ok",
									  "undecided", 0.9, 0.1,
									  1.7) "]"),
			   *out = json_object_new_array(), *o;
	struct gate_policy p;

	policy_defaults(&p);
	judge_time(&p, &pair, records, out);
	o = find(out, "time", "mmap");
	is(o, "regression", "fail", "2.50 ns more than 20.00, known to be beyond the 1.00 allowed");
	assert_true(record_num(o, "low") == 1.5);
	assert_true(record_num(o, "limit") == 1.0);
	is(find(out, "time", "munmap"), "pass", "ok", "known to be within the margin");
	is(find(out, "time", "brk"), "pass", "ok", "known to be cheaper");
	is(find(out, "time", "other"), "inconclusive", "ok", "not decided within 30 s");
	p.inconclusive = GATE_PASS;
	json_object_put(out);
	out = json_object_new_array();
	judge_time(&p, &pair, records, out);
	is(find(out, "time", "other"), "pass", "ok",
	   "not decided within 30 s; the policy takes that for a pass");
	json_object_put(out);
	json_object_put(records);
	records = parse("[" SHARP("mmap", "void", "beyond", 2.5, 1.5, 3.5) "]");
	out = json_object_new_array();
	judge_time(&p, &pair, records, out);
	assert_int_equal(gate_verdict_in(find(out, "time", "mmap")), GATE_ENVIRONMENT);
	json_object_put(out);
	json_object_put(records);
}

static void what_is_unfit_is_said_once(void **state UNUSED)
{
	struct json_object *records = parse("[{\"type\":\"sharp\",\"event\":\"mmap\",\"status\":"
					    "\"void\",\"reason\":\"others are there\"},"
					    "{\"type\":\"sharp\",\"event\":\"brk\",\"status\":"
					    "\"void\",\"reason\":\"others are there\"}]"),
			   *out = json_object_new_array();
	struct gate_policy p;

	policy_defaults(&p);
	judge_time(&p, &pair, records, out);
	judge_lane(&p, &pair, GATE_TIME, NULL, out);
	assert_int_equal(record_length(out), 1);
	is(find(out, "time", NULL), "environment", "void", "not timed: others are there");
	json_object_put(out);
	json_object_put(records);
}

static void the_worst_lane_is_the_verdict(void **state UNUSED)
{
	struct json_object *out;
	struct gate_policy p;

	policy_defaults(&p);
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(1, "mmap", 100) "]");
	judge_cannot(&p, &pair, GATE_TIME, "no root", out);
	judge_all(&pair, out);
	is(find(out, "time", NULL), "skip", "skip", "not run: no root");
	is(find(out, "all", NULL), "pass", "ok", "exact: pass, time: skip");
	assert_int_equal(gate_verdict_of(out), GATE_PASS);
	json_object_put(out);

	p.on[GATE_TIME] = GATE_ON;
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(1, "mmap", 100) "]");
	judge_cannot(&p, &pair, GATE_TIME, "no root", out);
	judge_lane(&p, &pair, GATE_TIME, NULL, out); /* it has one already */
	judge_all(&pair, out);
	assert_int_equal(record_length(out), 4);
	is(find(out, "time", NULL), "environment", "void", "not run: no root");
	assert_int_equal(gate_verdict_of(out), GATE_ENVIRONMENT);
	json_object_put(out);

	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(1, "mmap", 101) "]");
	judge_cannot(&p, &pair, GATE_TIME, "no root", out);
	judge_all(&pair, out);
	assert_int_equal(gate_verdict_of(out), GATE_REGRESSION);
	json_object_put(out);

	/* Nothing that could be run is no pass either. */
	p.on[GATE_TIME] = GATE_AUTO;
	out = json_object_new_array();
	judge_cannot(&p, &pair, GATE_TIME, "no root", out);
	judge_all(&pair, out);
	is(find(out, "all", NULL), "environment", "void", "no lane could be run here");
	json_object_put(out);
}

static void the_table_names_what_did_not_pass(void **state UNUSED)
{
	struct json_object *out;
	struct gate_policy p;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	policy_defaults(&p);
	out = judged(&p, "[" EXACT(0, "mmap", 100) "," EXACT(1, "mmap", 101) "]");
	judge_all(&pair, out);
	gate_print(out, f);
	fclose(f);
	assert_string_equal(
		text, "A old, B new\n"
		      "lane         subject                   A                B less A     limit  "
		      "verdict\n"
		      "exact 6.12   mmap                    100                      +1         0  "
		      "regression: 1 more than 100, 0 more allowed\n"
		      "exact: regression (mmap: 1 more than 100, 0 more allowed)\n"
		      "in all: regression (exact: regression)\n");
	free(text);
	json_object_put(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_the_static_lane),
		cmocka_unit_test(what_no_program_enters_is_not_judged),
		cmocka_unit_test(one_instruction_is_a_regression),
		cmocka_unit_test(no_stable_figure_never_passes),
		cmocka_unit_test(what_the_guest_refuses),
		cmocka_unit_test(only_the_paths_of_the_policy),
		cmocka_unit_test(the_time_lane_takes_over_what_was_decided),
		cmocka_unit_test(what_is_unfit_is_said_once),
		cmocka_unit_test(the_worst_lane_is_the_verdict),
		cmocka_unit_test(the_table_names_what_did_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
