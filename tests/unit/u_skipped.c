/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs that the kernel skipped: what they explain, and what stays a fault of the monitor. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/verify/skipped.h"
#include "harness/subjects/memory.h"

/* 100 mmaps and 80 munmaps were made; 7 munmaps were lost in 9 skipped runs. */
struct loss {
	struct judge_result judged;
	struct identities ids;
	struct accuracy accuracy;
};

static void add(struct loss *l, enum judge_what what, const char *field, uint64_t expected,
		uint64_t captured)
{
	struct judge_mismatch *m = judge_add(&l->judged, what);

	m->field = field;
	m->numeric = what != JUDGE_EVENT;
	m->expected = expected;
	m->captured = captured;
}

static struct loss *of_munmaps(void)
{
	static struct loss l;

	l = (struct loss){.judged = {.verdict = JUDGE_MISMATCH,
				     .events_expected = 180,
				     .events_captured = 173}};
	add(&l, JUDGE_LOSS, "recursion_misses", 0, 9);
	add(&l, JUDGE_COUNTER, "current_usage", 11527, 369878);
	add(&l, JUDGE_COUNTER, "munmap_count", 80, 73);
	add(&l, JUDGE_EVENT, NULL, 0, 0);
	identity_add(&l.ids, "mmap calls = filtered + counted", 100, 100);
	identity_add(&l.ids, "munmap calls = counted", 80, 73);
	identity_add(&l.ids, "munmap bytes = counted", 80000, 73000);
	identity_add(&l.ids, "calls that make an event = consumed + ring full", 180, 173);
	identity_add(&l.ids, "runs skipped by the kernel = none", 9, 0);
	return &l;
}

static bool explained(const struct loss *l, uint64_t n)
{
	return skipped_explain(&l->judged, &l->ids, subject_memory.counts_calls,
			       subject_memory.words, n);
}

static void n43_a_loss_is_a_finding_with_its_size(void **state UNUSED)
{
	struct loss *l = of_munmaps();

	setenv("BEEBENCH_TRACEPOINTS", "preemptible", 1);
	assert_true(explained(l, 9));
	skipped_forgive(&l->judged, &l->ids, &l->accuracy, 9);
	assert_int_equal(l->judged.verdict, JUDGE_SKIPPED);
	assert_string_equal(judge_verdict_names[JUDGE_SKIPPED], "skipped");
	assert_int_equal(l->judged.mismatches, 0);
	assert_int_equal(l->judged.skipped_runs, 9);
	assert_int_equal(l->ids.n, 1); /* those that close */
	assert_int_equal(l->ids.broken, 0);
	assert_int_equal(l->accuracy.n, 1);
	assert_string_equal(l->accuracy.finding[0].metric, "skipped_runs");
	assert_int_equal((int)l->accuracy.finding[0].truth, 180);
	assert_int_equal((int)l->accuracy.finding[0].captured, 173);
	assert_non_null(strstr(l->accuracy.finding[0].why,
			       "the kernel skipped 9 runs of its programs: preempted, Linux 7"));
	unsetenv("BEEBENCH_TRACEPOINTS");
}

static void n43_more_is_missing_than_was_skipped(void **state UNUSED)
{
	assert_true(explained(of_munmaps(), 7));
	assert_false(explained(of_munmaps(), 6));
	assert_false(explained(of_munmaps(), 0));
}

static void n43_what_was_counted_too_often_is_a_fault(void **state UNUSED)
{
	struct loss *l = of_munmaps();

	add(l, JUDGE_COUNTER, "mmap_count", 23, 24);
	assert_false(explained(l, 9));
	l = of_munmaps();
	identity_add(&l->ids, "mmap bytes = counted", 1000, 1001);
	assert_false(explained(l, 9));
	l = of_munmaps();
	l->judged.events_captured = 181;
	assert_false(explained(l, 9));
}

static void n43_other_faults_stay(void **state UNUSED)
{
	struct loss *l = of_munmaps();

	add(l, JUDGE_EVENT, "comm", 0, 0);
	assert_false(explained(l, 9));
	l = of_munmaps();
	add(l, JUDGE_LOSS, "bad_records", 0, 1);
	assert_false(explained(l, 9));
}

static void n43_elsewhere_another_program_was_active(void **state UNUSED)
{
	char words[160];

	setenv("BEEBENCH_TRACEPOINTS", "steady", 1);
	skipped_words(words, sizeof(words), 3, "it");
	assert_string_equal(words,
			    "the kernel skipped 3 runs of it: another BPF program was active "
			    "on that CPU");
	unsetenv("BEEBENCH_TRACEPOINTS");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(n43_a_loss_is_a_finding_with_its_size),
		cmocka_unit_test(n43_more_is_missing_than_was_skipped),
		cmocka_unit_test(n43_what_was_counted_too_often_is_a_fault),
		cmocka_unit_test(n43_other_faults_stay),
		cmocka_unit_test(n43_elsewhere_another_program_was_active),
	};

	return cmocka_run_group_tests_name("u_skipped", tests, NULL, NULL);
}
