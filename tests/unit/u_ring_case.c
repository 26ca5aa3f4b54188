/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan of ring cases, where their threads run, and the records made of their rounds. */
#include "lib/base.h"
#include "harness/ring/ring_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/ring/ring_record.h"

static const uint32_t all_groups = (1U << RING_GROUPS) - 1;

static bool has(const struct ring_case *cases, size_t n, const char *want)
{
	struct strbuf sb = STRBUF_INIT;
	bool found = false;

	for (size_t i = 0; i < n && !found; i++) {
		strbuf_reset(&sb);
		ring_case_format(&cases[i], &sb);
		found = !strcmp(sb.s, want);
	}
	strbuf_release(&sb);
	return found;
}

static void test_plan_covers_what_was_promised(void **state UNUSED)
{
	static const char *const wanted[] = {
		"bulk b2b, 8 B, wake none, own",
		"bulk pinned, 8 B, wake none, own",
		"bulk pinned, 8 B, wake each, epoll",
		"bulk pinned, 8 B, wake each, patient",
		"bulk pinned, 8 B, wake none, timed",
		"bulk pinned, 8 B, wake none, busy",
		"bulk pinned, 8 B, wake pending, epoll",
		"bulk pinned, 56 B, wake none, own",
		"bulk pinned, 64 B, wake none, own",
		"bulk pinned, 256 B, wake none, own",
		"bulk pinned, 56 B, 2 producers, wake none, timed",
		"bulk pinned, 56 B, 2 producers, ring per CPU, wake none, timed",
		"syscall pinned, 56 B, wake each, epoll",
		"syscall same-cpu, 56 B, wake each, epoll",
	};
	struct ring_case *cases;
	size_t n = ring_plan(&cases, all_groups, false, 0);

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!has(cases, n, wanted[i]))
			fail_msg("not in the plan: %s", wanted[i]);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(ring_case_equal(&cases[i], &cases[j]));
	free(cases);
}

static void test_quick_plan_is_a_part_of_the_whole(void **state UNUSED)
{
	struct ring_case *all, *quick;
	size_t n = ring_plan(&all, all_groups, false, 0),
	       q = ring_plan(&quick, all_groups, true, 0);

	assert_true(q > 0 && q < n);
	for (size_t i = 0; i < q; i++) {
		struct strbuf sb = STRBUF_INIT;

		ring_case_format(&quick[i], &sb);
		assert_true(has(all, n, sb.s));
		strbuf_release(&sb);
	}
	free(all);
	free(quick);
}

static void test_one_size_for_all(void **state UNUSED)
{
	struct ring_case *cases;
	size_t n = ring_plan(&cases, 1U << RING_GROUP_SIZES, false, 40);

	assert_int_equal(n, 2); /* b2b and pinned: the sizes were the only difference */
	assert_int_equal(cases[0].record_bytes, 40);
	free(cases);
	assert_int_equal(ring_plan(&cases, 1U << RING_GROUP_CURVE, false, 0), 0);
	free(cases);
}

static void test_base_of_a_wakeup(void **state UNUSED)
{
	struct ring_case *cases;
	size_t n = ring_plan(&cases, all_groups, false, 0), priced = 0;

	for (size_t i = 0; i < n; i++) {
		int base = ring_plan_base(cases, n, i);

		if (cases[i].wakeup == RINGLOAD_WAKE_NONE) {
			assert_int_equal(base, -1);
			continue;
		}
		priced += base >= 0;
		if (base < 0)
			continue;
		assert_int_equal(cases[base].wakeup, RINGLOAD_WAKE_NONE);
		assert_int_equal(cases[base].mode, cases[i].mode);
		assert_int_equal(cases[base].placement, cases[i].placement);
		assert_true(cases[base].consumer == cases[i].consumer ||
			    cases[base].consumer == RING_TIMED ||
			    cases[base].placement == RING_B2B);
	}
	assert_true(priced >= 8);
	free(cases);
}

static void test_cpus(void **state UNUSED)
{
	static const int four[] = {2, 3, 6, 7};
	struct ring_case c = {.placement = RING_PINNED, .producers = 1};
	struct ring_cpus cpus;

	assert_int_equal(ring_cpus_assign(&c, four, 1, &cpus), -ENOTSUP);
	assert_int_equal(ring_cpus_assign(&c, four, 2, &cpus), 0);
	assert_int_equal(cpus.producer[0], 2);
	assert_int_equal(cpus.consumer, 3);
	assert_false(cpus.crowded);
	c.producers = 2;
	assert_int_equal(ring_cpus_assign(&c, four, 2, &cpus), 0);
	assert_int_equal(cpus.producer[1], 3);
	assert_int_equal(cpus.consumer, 3);
	assert_true(cpus.crowded);
	assert_int_equal(ring_cpus_assign(&c, four, 4, &cpus), 0);
	assert_int_equal(cpus.consumer, 6);
	assert_false(cpus.crowded);
	c.placement = RING_SAME_CPU;
	c.producers = 1;
	assert_int_equal(ring_cpus_assign(&c, four, 1, &cpus), 0);
	assert_int_equal(cpus.consumer, cpus.producer[0]);
	assert_false(cpus.crowded);
}

/* A round of 1000 records in 1 ms; producing took @ns for each. */
static struct ring_round round_of(uint64_t ns, uint64_t dropped, bool accounted)
{
	return (struct ring_round){.produced = 1000,
				   .consumed = 1000 - dropped,
				   .dropped = dropped,
				   .elapsed_ns = 1000000,
				   .produce_ns = 1000000,
				   .producing_ns = 1000 * ns,
				   .accounted = accounted};
}

static double number(struct json_object *o, const char *key, const char *sub)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(o, key, &v));
	if (sub)
		assert_true(json_object_object_get_ex(v, sub, &v));
	return json_object_get_double(v);
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : NULL;
}

static void test_record_of_a_case(void **state UNUSED)
{
	struct ring_rig rig = {.sizes = {.ring_bytes = 4096, .batch = 500, .pending_bytes = 64}};
	struct ring_tally *t = calloc(1, sizeof(*t)), *base = calloc(1, sizeof(*base));
	struct json_object *o;

	rig.c = (struct ring_case){.mode = RING_BULK,
				   .placement = RING_PINNED,
				   .record_bytes = 8,
				   .producers = 1,
				   .wakeup = RINGLOAD_WAKE_PENDING,
				   .consumer = RING_EPOLL};
	for (uint32_t round = 0; round < 5; round++) {
		struct ring_round a = round_of(100 + 10 * round, 10, true);
		struct ring_round b = round_of(70 + 10 * round, 0, true);

		if (round != 2) /* pairs are of the same round */
			ring_tally_add(t, &a, round, "");
		ring_tally_add(base, &b, round, "");
	}
	o = ring_case_record(&rig, &rig.c, t, base);
	assert_string_equal(text(o, "type"), "ringbuf");
	assert_string_equal(text(o, "status"), "ok");
	assert_string_equal(text(o, "wakeup"), "pending");
	assert_null(text(o, "reason"));
	assert_true(number(o, "rate_per_s", "centre") == 990e3);
	assert_true(number(o, "wakeup_cost_ns", "centre") == 30);
	assert_true(number(o, "wakeup_cost_ns", "low") == 30);
	assert_true(number(o, "produced", NULL) == 4000);
	assert_true(number(o, "dropped", NULL) == 40);
	assert_true(number(o, "pending_bytes", NULL) == 64);
	json_object_put(o);
	free(t);
	free(base);
}

static void test_lossy_rounds_have_no_price(void **state UNUSED)
{
	struct ring_rig rig = {.c = {.producers = 1}};
	struct ring_tally *t = calloc(1, sizeof(*t)), *base = calloc(1, sizeof(*base));
	struct json_object *o;

	for (uint32_t round = 0; round < 5; round++) {
		struct ring_round a = round_of(round == 1 ? 20 : 100, round == 1 ? 500 : 0, true);
		struct ring_round b = round_of(round == 3 ? 900 : 70, round == 3 ? 11 : 10, true);

		ring_tally_add(t, &a, round, "");
		ring_tally_add(base, &b, round, "");
	}
	o = ring_case_record(&rig, &rig.c, t, base);
	assert_true(number(o, "wakeup_cost_ns", "centre") == 30);
	json_object_put(o);
	rig.cpus.crowded = true;
	o = ring_case_record(&rig, &rig.c, t, base);
	assert_null(text(o, "wakeup_cost_ns"));
	json_object_put(o);
	free(t);
	free(base);
}

static void test_one_bad_round_fails_the_case(void **state UNUSED)
{
	struct ring_rig rig = {.c = {.producers = 1}};
	struct ring_tally *t = calloc(1, sizeof(*t));
	struct json_object *o;

	for (uint32_t round = 0; round < 4; round++) {
		struct ring_round r = round_of(10, 0, round != 1 && round != 3);

		ring_tally_add(t, &r, round, round == 1 ? "the first" : "another");
	}
	o = ring_case_record(&rig, &rig.c, t, NULL);
	assert_string_equal(text(o, "status"), "fail");
	assert_string_equal(text(o, "accounted"), "false");
	assert_string_equal(text(o, "reason"), "the first");
	json_object_put(o);
	o = ring_curve_record(&rig, t, 2000000);
	assert_string_equal(text(o, "type"), "losscurve");
	assert_string_equal(text(o, "status"), "fail");
	assert_true(number(o, "offered_per_s", NULL) == 1e6);
	json_object_put(o);
	ring_tally_release(t);
	free(t);
}

static void test_disturbed_rounds_are_left_out_while_enough_are_calm(void **state UNUSED)
{
	struct ring_rig rig = {.c = {.producers = 1}};
	struct ring_tally *t = calloc(1, sizeof(*t));
	struct json_object *o;

	for (uint32_t round = 0; round < 6; round++) {
		struct ring_round r = round_of(10, round < 3 ? 900 : 0, round != 0);

		r.disturbed = round < 3;
		ring_tally_add(t, &r, round, "it was disturbed, but that is no excuse");
	}
	o = ring_case_record(&rig, &rig.c, t, NULL);
	assert_true(number(o, "dropped", NULL) == 2700); /* three calm ones are too few */
	assert_true(number(o, "rounds", NULL) == 6);
	json_object_put(o);
	o = ring_curve_record(&rig, t, 1);
	assert_true(number(o, "dropped", NULL) == 0); /* but enough for a point */
	assert_true(number(o, "left_out", "dropped") == 2700);
	assert_string_equal(text(o, "status"), "fail");
	json_object_put(o);
	ring_tally_add(t,
		       &(struct ring_round){.produced = 1000,
					    .consumed = 1000,
					    .elapsed_ns = 1000000,
					    .accounted = true},
		       6, "");
	o = ring_case_record(&rig, &rig.c, t, NULL);
	assert_true(number(o, "rate_per_s", "centre") == 1e6);
	assert_true(number(o, "rounds", NULL) == 4);
	assert_true(number(o, "disturbed_rounds", NULL) == 3);
	assert_true(number(o, "left_out", "dropped") == 2700);
	assert_string_equal(text(o, "status"), "fail");
	json_object_put(o);
	ring_tally_release(t);
	free(t);
}

static void test_what_cannot_run_says_so(void **state UNUSED)
{
	struct ring_rig rig = {0};
	struct ring_tally *t = calloc(1, sizeof(*t));
	struct ring_case c = {.placement = RING_PINNED, .record_bytes = 8, .producers = 1};
	struct json_object *o;

	t->skip = "too few CPUs";
	o = ring_case_record(&rig, &c, t, NULL);
	assert_string_equal(text(o, "status"), "skip");
	assert_string_equal(text(o, "reason"), "too few CPUs");
	assert_string_equal(text(o, "placement"), "pinned");
	assert_null(text(o, "rate_per_s"));
	json_object_put(o);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_covers_what_was_promised),
		cmocka_unit_test(test_quick_plan_is_a_part_of_the_whole),
		cmocka_unit_test(test_one_size_for_all),
		cmocka_unit_test(test_base_of_a_wakeup),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_record_of_a_case),
		cmocka_unit_test(test_lossy_rounds_have_no_price),
		cmocka_unit_test(test_one_bad_round_fails_the_case),
		cmocka_unit_test(test_disturbed_rounds_are_left_out_while_enough_are_calm),
		cmocka_unit_test(test_what_cannot_run_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
