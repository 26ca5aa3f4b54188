/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exact lane's judgement: which figure stands, what it is compared with, how it is shown. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/exact/exact.h"
#include "harness/record.h"
#include "lib/log.h"

static void a_figure_must_stand_out(void **state UNUSED)
{
	static const struct {
		uint64_t calls, taken, next, half0, half1;
		bool stable;
	} cases[] = {
		{400, 400, 0, 100, 100, true}, /* no other value */
		{400, 378, 11, 100, 100, true},
		{400, 252, 45, 100, 100, true},
		{400, 200, 200, 100, 100, false}, /* two ways in turn */
		{400, 192, 140, 100, 100, false}, /* lead 52, four standard errors 73 */
		{400, 192, 117, 100, 100, true},  /* lead 75, four standard errors 70.3 */
		{400, 192, 122, 100, 100, false}, /* lead 70, four standard errors 70.9 */
		{1600, 748, 446, 100, 100, true},
		{400, 133, 20, 100, 100, false}, /* less than a third */
		{400, 134, 20, 100, 100, true},
		{400, 300, 50, 100, 101, false}, /* the second half has another mode */
		{400, 300, 50, 101, 100, false},
		{2, 1, 1, 100, 100, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct exact_figure f = {.instructions = 100,
					 .taken = cases[i].taken,
					 .next = 120,
					 .next_taken = cases[i].next,
					 .calls = cases[i].calls};

		assert_int_equal(exact_stable(&f, (uint64_t[]){cases[i].half0, cases[i].half1}),
				 cases[i].stable);
	}
}

static struct json_object *parse(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	assert_non_null(o);
	return o;
}

static void nonsense_is_no_figure(void **state UNUSED)
{
	static const char *const bad[] = {
		"{}",
		"{\"calls\":4,\"halves\":[1,1],\"values\":[]}",
		"{\"calls\":4,\"halves\":[1,1],\"values\":[[1,3]]}", /* one call is missing */
		"{\"calls\":4,\"halves\":[1],\"values\":[[1,4]]}",
		"{\"calls\":4,\"halves\":[1,1],\"values\":[1,4]}",
		"{\"calls\":4,\"halves\":[1,1],\"values\":\"x\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct json_object *o = parse(bad[i]);
		struct exact_figure f;

		assert_int_equal(exact_figure_read(o, &f), -EINVAL);
		json_object_put(o);
	}
}

#define COUNTS(arm, object, path, same_as, mode)                                                   \
	"{\"arm\":\"" arm "\",\"object\":" #object ",\"path\":\"" path "\",\"same_as\":\"" same_as \
	"\",\"calls\":400,\"halves\":[" #mode "," #mode "],\"values\":[[" #mode                    \
	",390],[9999,10]]}"

/* Two objects on the same hooks; the second one's mmap has no stable figure. */
/* clang-format off */
static const char guest_text[] = "["
	COUNTS("none", -1, "mmap", "mmap", 1000) ","
	COUNTS("none", -1, "brk", "brk", 100) ","
	COUNTS("nop", 0, "mmap", "mmap", 1400) ","
	COUNTS("nop", 0, "brk", "brk", 500) ","
	COUNTS("object", 0, "mmap", "mmap", 1600) ","
	COUNTS("object", 0, "mmap-wake", "mmap", 2000) ","
	"{\"arm\":\"nop\",\"object\":1,\"same\":0},"
	"{\"arm\":\"object\",\"object\":1,\"path\":\"mmap\",\"same_as\":\"mmap\","
	"\"calls\":400,\"halves\":[1700,1800],\"values\":[[1700,205],[1800,195]]},"
	COUNTS("object", 1, "brk", "brk", 480) ","
	COUNTS("none-again", -1, "mmap", "mmap", 1000) ","
	COUNTS("none-again", -1, "brk", "brk", 101) "]";
/* clang-format on */

static const char *const names[] = {"alpha", "beta"};
static const struct exact_subject subject = {"6.12.0-test", names, 2, NULL};

static struct json_object *judged(const char *text, int want)
{
	struct json_object *guest = parse(text), *out = json_object_new_array();

	assert_int_equal(exact_judge(guest, &subject, out), want);
	json_object_put(guest);
	return out;
}

static struct json_object *record(struct json_object *all, const char *monitor, const char *path)
{
	struct json_object *o;

	record_foreach_type (all, o, "exact")
		if (!strcmp(record_str(o, "monitor", ""), monitor) &&
		    !strcmp(record_str(o, "path", ""), path))
			return o;
	fail_msg("no record of %s %s", monitor, path);
	return NULL;
}

static void figures_are_compared_with_the_same_path(void **state UNUSED)
{
	struct json_object *all = judged(guest_text, 0), *o;

	o = record(all, "alpha", "mmap");
	assert_string_equal(record_str(o, "kernel", ""), "6.12.0-test");
	assert_string_equal(record_str(o, "status", ""), "ok");
	assert_int_equal(record_u64(o, "index", 7), 0);
	assert_int_equal(record_u64(record(all, "beta", "mmap"), "index", 7), 1);
	assert_null(record_get(record(all, "none", "mmap"), "index"));
	assert_int_equal(record_u64(o, "instructions", 0), 1600);
	assert_int_equal(record_u64(o, "taken", 0), 390);
	assert_int_equal(record_u64(o, "added", 0), 600);
	assert_int_equal(record_u64(o, "own", 0), 200);
	assert_int_equal(record_u64(o, "others", 7), 7); /* a list, not a number */
	assert_int_equal(record_count(o, "others"), 1);
	/* Waking is compared with a plain mmap. */
	o = record(all, "alpha", "mmap-wake");
	assert_int_equal(record_u64(o, "none", 0), 1000);
	assert_int_equal(record_u64(o, "own", 0), 600);
	/* Nothing attached is a record of its own, compared with nothing. */
	o = record(all, "none", "mmap");
	assert_int_equal(record_u64(o, "instructions", 0), 1000);
	assert_null(record_get(o, "added"));
	json_object_put(all);
}

static void no_stable_figure_is_none(void **state UNUSED)
{
	struct json_object *all = judged(guest_text, 0), *o = record(all, "beta", "mmap");

	assert_false(record_true(o, "stable"));
	assert_null(record_get(o, "instructions"));
	assert_null(record_get(o, "added"));
	assert_null(record_get(o, "own"));
	assert_int_equal(record_u64(o, "most_seen", 0), 1700);
	assert_int_equal(record_u64(o, "nop", 0), 1400); /* of the object it shares hooks with */
	assert_non_null(strstr(record_str(o, "reason", ""), "no stable figure"));
	json_object_put(all);
}

static void a_guest_that_drifts_is_void(void **state UNUSED)
{
	struct json_object *all = judged(guest_text, 0), *o = record(all, "beta", "brk");

	assert_string_equal(record_str(o, "status", ""), "void");
	/* A monitor may be cheaper than what it is compared with: a signed difference. */
	assert_int_equal(json_object_get_int64(record_get(o, "own")), -20);
	assert_string_equal(record_str(record(all, "alpha", "mmap"), "status", ""), "ok");
	json_object_put(all);
}

static void errors_become_failures_and_skips(void **state UNUSED)
{
	struct json_object *all =
		judged("[{\"arm\":\"object\",\"object\":0,\"error\":\"cannot load\"},"
		       "{\"arm\":\"object\",\"object\":1,\"path\":\"mmap-first\",\"skip\":true,"
		       "\"error\":\"too few keys\"}]",
		       0);
	struct json_object *o = record(all, "alpha", "");

	assert_string_equal(record_str(o, "status", ""), "fail");
	assert_string_equal(record_str(o, "reason", ""), "cannot load");
	o = record(all, "beta", "mmap-first");
	assert_string_equal(record_str(o, "status", ""), "skip");
	json_object_put(all);
}

static char said[512];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void an_unknown_object_is_refused(void **state UNUSED)
{
	log_capture(keep, NULL);
	json_object_put(judged("[" COUNTS("object", 2, "mmap", "mmap", 1000) "]", -EINVAL));
	json_object_put(judged("[" COUNTS("object", -1, "mmap", "mmap", 1000) "]", -EINVAL));
	log_capture(NULL, NULL);
	assert_non_null(strstr(said, "makes no sense"));
}

static void the_table_says_what_does_not_stand(void **state UNUSED)
{
	struct json_object *all = judged(guest_text, 0);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	exact_print(all, out);
	fclose(out);
	assert_non_null(strstr(text, "alpha on Linux 6.12.0-test"));
	assert_non_null(strstr(text, "1600       +600       +200  390 of 400"));
	assert_non_null(strstr(text, "no stable figure: 1700"));
	assert_non_null(strstr(text, "VOID"));
	free(text);
	json_object_put(all);
}

#define BOOKS(object, programs)                                                                    \
	"[{\"arm\":\"static\",\"object\":" #object ",\"map_bytes\":4096,\"programs\":[" programs   \
	"]}]"
#define PROGRAM(xlated, jited, log)                                                                \
	"{\"xlated_bytes\":" #xlated ",\"jited_bytes\":" #jited ",\"log\":\"" log "\"}"
#define LOG(insns, states, stack)                                                                  \
	"processed " #insns " insns (limit 1000000) max_states_per_insn 0 total_states " #states   \
	" peak_states 1 mark_read 1\\nverification time 7 usec\\nstack depth " stack "\\n"

static struct json_object *loaded(const char *text, int want)
{
	struct json_object *guest = parse(text), *out = json_object_new_array();

	assert_int_equal(exact_static(guest, &subject, out), want);
	json_object_put(guest);
	return out;
}

static void what_loading_says_is_added_up(void **state UNUSED)
{
	struct json_object *all = loaded(
				   BOOKS(1, PROGRAM(800, 500, LOG(103, 8, "64+0")) "," PROGRAM(
						    160, 90, LOG(20, 2, "16"))),
				   0),
			   *o = json_object_array_get_idx(all, 0);

	assert_int_equal(json_object_array_length(all), 1);
	assert_true(record_is(o, "static"));
	assert_string_equal(record_str(o, "kernel", ""), "6.12.0-test");
	assert_string_equal(record_str(o, "monitor", ""), "beta");
	assert_int_equal(record_u64(o, "index", 7), 1);
	assert_int_equal(record_u64(o, "programs", 0), 2);
	assert_int_equal(record_u64(o, "instructions", 0), 120);
	assert_int_equal(record_u64(o, "jited_bytes", 0), 590);
	assert_int_equal(record_u64(o, "verifier_insns", 0), 123);
	assert_int_equal(record_u64(o, "verifier_states", 0), 10);
	assert_int_equal(record_u64(o, "stack_bytes", 0), 64);
	assert_int_equal(record_u64(o, "map_bytes", 0), 4096);
	json_object_put(all);
}

static void a_verifier_that_is_silent_gives_no_figures(void **state UNUSED)
{
	struct json_object *all = loaded(BOOKS(0, PROGRAM(800, 500, "")), 0),
			   *o = json_object_array_get_idx(all, 0);

	assert_int_equal(record_u64(o, "instructions", 0), 100);
	assert_null(record_get(o, "verifier_insns"));
	assert_null(record_get(o, "stack_bytes"));
	json_object_put(all);
}

static void books_of_an_unknown_object_are_refused(void **state UNUSED)
{
	said[0] = '\0';
	log_capture(keep, NULL);
	json_object_put(loaded(BOOKS(2, PROGRAM(8, 5, "")), -EINVAL));
	json_object_put(loaded(BOOKS(0, ""), -EINVAL));
	log_capture(NULL, NULL);
	assert_non_null(strstr(said, "makes no sense"));
}

static const char other_boot[] = "[" COUNTS("none", -1, "mmap", "mmap", 1000) "," COUNTS(
	"object", 0, "mmap", "mmap", 1601) "," COUNTS("none-again", -1, "mmap", "mmap", 1000) "]";

static void boots_are_held_against_each_other(void **state UNUSED)
{
	struct json_object *boots[] = {judged(guest_text, 0), judged(guest_text, 0),
				       judged(other_boot, 0)},
			   *o;
	char *text = NULL;
	size_t len;
	FILE *out;

	exact_boots(boots, 2);
	o = record(boots[0], "alpha", "mmap");
	assert_int_equal(record_u64(o, "boots", 0), 2);
	assert_int_equal(record_u64(o, "differing", 7), 0);
	assert_int_equal(record_u64(o, "instructions", 0), 1600);
	exact_boots(boots, 3);
	assert_int_equal(record_u64(o, "boots", 0), 3);
	assert_int_equal(record_u64(o, "differing", 7), 1);
	assert_string_equal(record_str(o, "status", ""), "void");
	assert_null(record_get(o, "instructions"));
	assert_null(record_get(o, "added"));
	assert_string_equal(json_object_to_json_string_ext(record_get(o, "found"), 0),
			    "[1600,1600,1601]");
	/* What is missing in a boot differs; what stands in all does not. */
	assert_int_equal(record_u64(record(boots[0], "alpha", "mmap-wake"), "differing", 7), 1);
	assert_int_equal(record_u64(record(boots[0], "none", "mmap"), "differing", 7), 0);
	out = open_memstream(&text, &len);
	assert_non_null(out);
	exact_print(boots[0], out);
	fclose(out);
	assert_non_null(strstr(text, "3 boots of each kernel: 6 records, 5 of them differ."));
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(boots); i++)
		json_object_put(boots[i]);
}

/* Two values in turn: no figure, which contradicts none. */
static const char shaky_boot[] =
	"[" COUNTS("none", -1, "mmap", "mmap",
		   1000) ","
			 "{\"arm\":\"object\",\"object\":0,\"path\":\"mmap\",\"same_as\":\"mmap\","
			 "\"calls\":400,"
			 "\"halves\":[1600,1600],\"values\":[[1600,200],[1611,200]]}"
			 "," COUNTS("none-again", -1, "mmap", "mmap", 1000) "]";

static void a_boot_without_a_figure_contradicts_none(void **state UNUSED)
{
	struct json_object *boots[] = {judged(guest_text, 0), judged(shaky_boot, 0),
				       judged(guest_text, 0)},
			   *o = record(boots[0], "alpha", "mmap");

	exact_boots(boots, 3);
	assert_int_equal(record_u64(o, "differing", 7), 0);
	assert_string_equal(record_str(o, "status", ""), "ok");
	assert_string_equal(record_str(o, "reason", ""), "no stable figure in 1 of 3 boots");
	assert_null(record_get(o, "instructions"));
	assert_null(record_get(o, "added"));
	assert_null(record_get(o, "own"));
	assert_false(json_object_get_boolean(record_get(o, "stable")));
	assert_int_equal(record_u64(o, "none", 0), 1000);
	for (size_t i = 0; i < ARRAY_SIZE(boots); i++)
		json_object_put(boots[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_without_a_figure_contradicts_none),
		cmocka_unit_test(a_figure_must_stand_out),
		cmocka_unit_test(nonsense_is_no_figure),
		cmocka_unit_test(figures_are_compared_with_the_same_path),
		cmocka_unit_test(no_stable_figure_is_none),
		cmocka_unit_test(a_guest_that_drifts_is_void),
		cmocka_unit_test(errors_become_failures_and_skips),
		cmocka_unit_test(an_unknown_object_is_refused),
		cmocka_unit_test(the_table_says_what_does_not_stand),
		cmocka_unit_test(what_loading_says_is_added_up),
		cmocka_unit_test(a_verifier_that_is_silent_gives_no_figures),
		cmocka_unit_test(books_of_an_unknown_object_are_refused),
		cmocka_unit_test(boots_are_held_against_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
