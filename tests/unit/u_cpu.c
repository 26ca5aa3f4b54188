/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A CPU monitor's sums against the threads' clocks: inside the bounds, outside, and what the
 * definition gets wrong. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/verify/accuracy.h"
#include "harness/verify/judge.h"
#include "harness/verify/switches.h"
#include "lib/procfs.h"
#include "tests/unit/table_fixture.h"

#define MS  1000000ULL
#define ALL ((1U << CPU_FIELD_COUNT) - 1)

extern const struct subject_ops subject_cpu;

static struct fix_cpu_row row(uint32_t key, uint64_t user_ns, uint64_t kernel_ns)
{
	struct fix_cpu_row r = {.key = key};

	r.value[CPU_USER_TIME] = user_ns;
	r.value[CPU_KERNEL_TIME] = kernel_ns;
	return r;
}

static struct judge_result judge_with(uint64_t cpu_ns, uint64_t user_ns, uint64_t kernel_ns,
				      uint64_t steal_ns, uint64_t unseen_ns)
{
	struct ledger_lane lane = {.tid = 7, .tgid = 7, .cpu_ns = cpu_ns};
	struct model_lane lanes[] = {{.lane = &lane}};
	struct fix_cpu_row rows[] = {row(7, user_ns, kernel_ns)};
	struct counter_table table = FIX_TABLE_OF(vocabulary_cpu, rows, 1, ALL);
	struct switches_unseen unseen[] = {{.ns = unseen_ns, .runs = 1}};
	struct judge_result r = {0};

	const struct model m = {.def.subject = &subject_cpu, .lanes = lanes, .nlanes = 1};
	const struct judge_input in = {.model = &m,
				       .table = &table,
				       .unseen = unseen_ns ? unseen : NULL,
				       .steal_ns = steal_ns};

	subject_cpu.judge(&in, &r);
	return r;
}

static struct judge_result judge_one(uint64_t cpu_ns, uint64_t user_ns, uint64_t kernel_ns)
{
	return judge_with(cpu_ns, user_ns, kernel_ns, 0, 0);
}

static void bounds(void **state)
{
	(void)state;
	assert_int_equal(judge_one(100 * MS, 100 * MS, 0).verdict, JUDGE_BOUNDED);
	assert_int_equal(judge_one(100 * MS, 112 * MS, 0).verdict, JUDGE_BOUNDED);
	assert_int_equal(judge_one(100 * MS, 114 * MS, 0).verdict, JUDGE_MISMATCH);
	assert_int_equal(judge_one(100 * MS, 88 * MS, 0).verdict, JUDGE_BOUNDED);
	assert_int_equal(judge_one(100 * MS, 86 * MS, 0).verdict, JUDGE_MISMATCH);
	/* What the hypervisor takes passes on the CPU, but not on the thread's clock. */
	assert_int_equal(judge_with(100 * MS, 114 * MS, 0, 10 * MS, 0).verdict, JUDGE_BOUNDED);
	/* A run of which the kernel did not tell may be missing, and makes no other too long. */
	assert_int_equal(judge_with(100 * MS, 62 * MS, 0, 0, 26 * MS).verdict, JUDGE_BOUNDED);
	assert_int_equal(judge_with(100 * MS, 60 * MS, 0, 0, 26 * MS).verdict, JUDGE_MISMATCH);
	assert_int_equal(judge_with(100 * MS, 114 * MS, 0, 0, 26 * MS).verdict, JUDGE_MISMATCH);
	/* What was spent in syscalls is not the thread's user time. */
	assert_int_equal(judge_one(100 * MS, 40 * MS, 60 * MS).verdict, JUDGE_BOUNDED);
	assert_int_equal(judge_one(100 * MS, 0, 2 * MS).verdict, JUDGE_BOUNDED);
}

/* A process that forks and ends: most of what it runs is outside of what its own clock is read for.
 */
static void told_by_the_scheduler(void **state)
{
	struct ledger_lane lane = {.tid = 7, .tgid = 7, .cpu_ns = MS};
	struct model_lane lanes[] = {{.lane = &lane}};
	struct fix_cpu_row rows[] = {row(7, 5 * MS, 0)};
	struct counter_table table = FIX_TABLE_OF(vocabulary_cpu, rows, 1, ALL);
	struct switches_unseen told[] = {{.told_ns = 5 * MS}};
	const struct model m = {.def.subject = &subject_cpu, .lanes = lanes, .nlanes = 1};
	struct judge_input in = {.model = &m, .table = &table};
	struct judge_result r = {0};

	(void)state;
	subject_cpu.judge(&in, &r);
	assert_int_equal(r.verdict, JUDGE_MISMATCH);
	in.unseen = told;
	subject_cpu.judge(&in, &r);
	assert_int_equal(r.verdict, JUDGE_BOUNDED);
	rows[0] = row(7, 10 * MS, 0);
	subject_cpu.judge(&in, &r);
	assert_int_equal(r.verdict, JUDGE_MISMATCH);
	assert_string_equal(r.kept[0].text,
			    "user_time of thread 7 is 10000000 ns, more than the 5000000 ns that "
			    "the scheduler says (and the slack of 3500000 ns)");
	/* Less is held to its own clock: what ran before it was read may be missing. */
	lane.cpu_ns = told[0].told_ns = 100 * MS;
	told[0].told_ns += 20 * MS;
	rows[0] = row(7, 88 * MS, 0);
	subject_cpu.judge(&in, &r);
	assert_int_equal(r.verdict, JUDGE_BOUNDED);
	rows[0] = row(7, 86 * MS, 0);
	subject_cpu.judge(&in, &r);
	assert_int_equal(r.verdict, JUDGE_MISMATCH);
}

static void sentence(void **state)
{
	struct judge_result r = judge_one(100 * MS, 200 * MS, 0);

	(void)state;
	assert_int_equal(r.mismatches, 1);
	assert_string_equal(
		r.kept[0].text,
		"user_time of thread 7 is 200000000 ns, more than the 100000000 ns that its own "
		"clock says (and the slack of 13000000 ns)");
}

static void no_lanes(void **state)
{
	struct counter_table table = {.words = &vocabulary_cpu};
	const struct model m = {.def.subject = &subject_cpu};
	const struct judge_input in = {.model = &m, .table = &table};
	struct judge_result r = {0};

	(void)state;
	subject_cpu.judge(&in, &r);
	assert_int_equal(r.verdict, JUDGE_NONE);
}

static const struct accuracy_finding *find(const struct accuracy *a, const char *metric)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->finding[i].metric, metric))
			return &a->finding[i];
	return NULL;
}

static void findings(void **state)
{
	struct ledger_lane main_lane = {.tid = 7, .tgid = 7, .cpu_ns = 10 * MS},
			   other = {.tid = 8, .tgid = 7, .cpu_ns = 5 * MS};
	struct model_lane lanes[] = {{.lane = &main_lane}, {.lane = &other}};
	struct fix_cpu_row rows[] = {row(7, 1 * MS, 50 * MS), row(8, 5 * MS, 0)};
	struct counter_table table = FIX_TABLE_OF(vocabulary_cpu, rows, 2, ALL);
	struct switches_unseen unseen[] = {{.ns = 5 * MS, .runs = 1}, {.ns = 2 * MS, .runs = 2}};
	struct proc_cpu ticks = {0};
	const struct model m = {.def.subject = &subject_cpu, .lanes = lanes, .nlanes = 2};
	struct assessment in = {.model = &m, .table = &table, .ticks = &ticks, .by_ledger = true};
	struct accuracy a = {0};

	(void)state;
	assert_int_equal(subject_cpu.assess(&in, &a), 0);
	assert_true(find(&a, "cpu_time")->truth == 15 * MS);
	assert_true(find(&a, "cpu_time")->captured == 56 * MS);
	assert_non_null(strstr(find(&a, "cpu_time")->why, "counts its sleep"));
	assert_true(find(&a, "threads_with_kernel_time")->truth == 1);
	assert_true(find(&a, "threads_with_kernel_time")->captured == 0);
	assert_null(find(&a, "untold_runs"));
	/* Too short for ticks. */
	assert_null(find(&a, "proc_stat"));
	main_lane.cpu_ns = 100 * MS;
	memset(&a, 0, sizeof(a));
	in.unseen = unseen;
	assert_int_equal(subject_cpu.assess(&in, &a), 0);
	assert_non_null(find(&a, "proc_stat"));
	assert_true(find(&a, "untold_runs")->truth == 3);
	assert_non_null(strstr(find(&a, "untold_runs")->why, "(7000000 ns of CPU time)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),   cmocka_unit_test(told_by_the_scheduler),
		cmocka_unit_test(sentence), cmocka_unit_test(no_lanes),
		cmocka_unit_test(findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
