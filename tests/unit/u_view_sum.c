/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many processes as one: groups by name, user and control group, and what sum() in a query is of.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "monitor/view/sum.h"
#include "monitor/view/trend.h"
#include "monitor/view/view.h"
#include "tests/unit/view_fixture.h"

static struct proc_row process(uint32_t pid, const char *name, uint32_t uid, double rss, double pss)
{
	struct proc_row row = row_of(pid, 1, name, rss);

	row.uid = uid;
	row.flags = ROW_EXACT | ROW_SHARED_NOW;
	row.v[FIELD_VIRT] = 10 * rss;
	row.v[FIELD_PSS] = pss;
	row.v[FIELD_PROCESSES] = 1;
	return row;
}

static const struct proc_row *group(const struct grouping *g, const char *name)
{
	for (size_t i = 0; i < g->frame.n; i++)
		if (!strcmp(g->frame.rows[i].group, name))
			return &g->frame.rows[i];
	fail_msg("no group %s", name);
	return NULL;
}

/* 100 kB that three children share are in each one's RSS, and once in the sum of PSS. */
static void test_n34_shared_pages_count_once(void **state UNUSED)
{
	struct proc_row rows[] = {
		process(10, "worker", 0, 110, 10 + 100.0 / 4),
		process(11, "worker", 0, 120, 20 + 100.0 / 4),
		process(12, "worker", 7, 130, 30 + 100.0 / 4),
		process(13, "master", 7, 140, 40 + 100.0 / 4),
	};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct grouping g = {.cap = 0};

	assert_int_equal(grouping_make(&g, &f, GROUP_BY_NAME, NULL, NULL), 0);
	assert_int_equal(g.frame.n, 2);
	assert_true(group(&g, "worker")->v[FIELD_RSS] == 360);
	assert_true(group(&g, "worker")->v[FIELD_PSS] == 135);
	assert_true(group(&g, "worker")->v[FIELD_PROCESSES] == 3);
	assert_true(group(&g, "master")->v[FIELD_PSS] == 65);
	assert_ptr_equal(&g.group[g.of_row[3]], group(&g, "master"));
	assert_int_equal(group(&g, "worker")->pid, ROW_UNKNOWN);
	assert_true(row_is_exact(group(&g, "worker")));
	grouping_release(&g);
}

/* Without the part of one that lives a sum is not known; who has none is not missed. */
static void test_n34_a_part_that_lacks(void **state UNUSED)
{
	struct proc_row rows[] = {
		process(10, "a", 0, 100, 50),  process(11, "a", 0, 100, NAN),
		process(12, "b", 0, 100, 50),  process(13, "b", 0, NAN, NAN),
		process(14, "b", 0, 100, NAN), process(15, "b", 0, NAN, NAN),
		process(16, "c", 0, 100, 50),  process(17, "d", 0, 100, 50),
		process(18, "d", 0, 100, NAN),
	};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct grouping g = {.cap = 0};

	rows[1].flags = ROW_EXACT; /* may not be read */
	rows[3].flags = ROW_EXACT | ROW_ENDED;
	rows[5].flags = ROW_EXACT;
	rows[5].state = 'Z';
	rows[6].flags = ROW_EXACT; /* of an earlier frame */
	rows[8].flags = ROW_EXACT; /* its main thread alone has ended */
	rows[8].state = 'Z';
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_NAME, NULL, NULL), 0);
	assert_true(isnan(group(&g, "a")->v[FIELD_PSS]));
	assert_true(group(&g, "a")->v[FIELD_RSS] == 200);
	assert_true(group(&g, "b")->v[FIELD_PSS] == 50);
	assert_true(group(&g, "b")->flags & ROW_SHARED_NOW);
	assert_true(group(&g, "c")->v[FIELD_PSS] == 50);
	assert_false(group(&g, "c")->flags & ROW_SHARED_NOW);
	assert_true(isnan(group(&g, "d")->v[FIELD_PSS]));
	grouping_release(&g);
}

/* Faults of a process with several threads, which nobody has read. */
static void test_n12_faults_that_lack(void **state UNUSED)
{
	struct proc_row rows[] = {process(10, "a", 0, 1, 1), process(11, "a", 0, 1, 1),
				  process(12, "b", 0, 1, 1), process(13, "b", 0, NAN, NAN)};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct grouping g = {.cap = 0};

	rows[0].v[FIELD_FAULTS] = rows[2].v[FIELD_FAULTS] = 7;
	rows[3].state = 'Z';
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_NAME, NULL, NULL), 0);
	assert_true(isnan(group(&g, "a")->v[FIELD_FAULTS]));
	assert_true(group(&g, "b")->v[FIELD_FAULTS] == 7);
	grouping_release(&g);
}

/* Calls of a 32-bit program, which nobody has counted: the sum has at least what it says. */
static void test_n34_calls_that_lack(void **state UNUSED)
{
	struct proc_row rows[] = {process(10, "a", 0, 1, 1), process(11, "a", 0, 1, 1),
				  process(12, "b", 0, 1, 1)};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct grouping g = {.cap = 0};
	struct strbuf cell = STRBUF_INIT;

	rows[0].v[FIELD_MMAP] = rows[2].v[FIELD_MMAP] = 7;
	for (size_t i = 0; i < f.n; i++)
		rows[i].v[FIELD_UNCOUNTED] = row_is_uncounted(&rows[i]);
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_NAME, NULL, NULL), 0);
	assert_true(group(&g, "a")->v[FIELD_UNCOUNTED] == 1);
	assert_true(group(&g, "a")->v[FIELD_MMAP] == 7);
	assert_false(row_is_exact(group(&g, "a")));
	column_format(column_find("mmap"), group(&g, "a"), false, &cell);
	assert_string_equal(cell.s, "~7");
	strbuf_reset(&cell);
	assert_true(group(&g, "b")->v[FIELD_UNCOUNTED] == 0);
	assert_true(row_is_exact(group(&g, "b")));
	column_format(column_find("mmap"), group(&g, "b"), false, &cell);
	assert_string_equal(cell.s, "7");
	strbuf_release(&cell);
	grouping_release(&g);
}

static void test_n34_what_does_not_add_up(void **state UNUSED)
{
	struct proc_row rows[] = {process(10, "a", 0, 1, 1), process(11, "a", 0, 1, 1)};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct grouping g = {.cap = 0};

	rows[0].v[FIELD_AGE] = 5;
	rows[1].v[FIELD_AGE] = 9;
	rows[0].v[FIELD_ROOM] = 700;
	rows[1].v[FIELD_ROOM] = 300;
	rows[0].v[FIELD_MMAP] = 4;
	rows[0].verdict = VERDICT_GROWING;
	rows[1].verdict = VERDICT_STEADY;
	rows[1].flags |= ROW_SKIPPED;
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_NAME, NULL, NULL), 0);
	assert_true(group(&g, "a")->v[FIELD_AGE] == 9);
	assert_true(group(&g, "a")->v[FIELD_ROOM] == 300);
	assert_true(group(&g, "a")->v[FIELD_MMAP] == 4);
	assert_true(isnan(group(&g, "a")->v[FIELD_BRK]));
	assert_int_equal(group(&g, "a")->verdict, VERDICT_GROWING);
	assert_false(row_is_exact(group(&g, "a")));
	grouping_release(&g);
}

static bool is_odd(void *arg UNUSED, const struct proc_row *row)
{
	return row->pid & 1;
}

/* By user and control group; members alone; the order is the same in the next frame. */
static void test_n34_by_user_and_cgroup(void **state UNUSED)
{
	struct proc_row rows[] = {
		process(10, "a", 4000000001U, 1, 1),
		process(11, "b", 4000000001U, 2, 2),
		process(12, "c", 4000000002U, 4, 4),
		process(13, "d", ROW_UNKNOWN, 8, 8),
	};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	const char *texts[TEXT_COUNT] = {[TEXT_CGROUP] = "/a.service"};
	struct grouping g = {.cap = 0};
	char first[64];

	assert_int_equal(grouping_make(&g, &f, GROUP_BY_USER, NULL, NULL), 0);
	assert_int_equal(g.frame.n, 3);
	assert_true(group(&g, "4000000001")->v[FIELD_RSS] == 3);
	assert_int_equal(group(&g, "4000000001")->uid, 4000000001U);
	assert_string_equal(group(&g, "4000000001")->name, "");
	assert_true(group(&g, "-")->v[FIELD_RSS] == 8);
	snprintf(first, sizeof(first), "%s", g.frame.rows[0].group);
	rows[0] = process(9, "z", 4000000002U, 1, 1);
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_USER, NULL, NULL), 0);
	assert_string_equal(g.frame.rows[0].group, first);
	rows[0].text = rows[1].text = texts;
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_CGROUP, is_odd, NULL), 0);
	assert_int_equal(g.frame.n, 2);
	assert_true(group(&g, "/a.service")->v[FIELD_RSS] == 3);
	assert_true(group(&g, "-")->v[FIELD_RSS] == 8);
	assert_int_equal(g.of_row[2], UINT32_MAX);
	f.n = 0;
	assert_int_equal(grouping_make(&g, &f, GROUP_BY_NAME, NULL, NULL), 0);
	assert_int_equal(g.frame.n, 0);
	grouping_release(&g);
}

static size_t matches(const char *text, struct frame *f)
{
	struct query_error e;
	struct query *q;
	size_t n = 0;

	if (query_parse(&q, text, &e))
		fail_msg("%s: %s", text, e.text);
	for (size_t i = 0; i < f->n; i++)
		n += query_match(q, &f->rows[i]);
	query_free(q);
	return n;
}

static void test_n34_sum_in_queries(void **state UNUSED)
{
	struct proc_row rows[] = {process(10, "a", 0, 600, 1), process(11, "a", 0, 600, 1),
				  process(12, "b", 0, 900, 1)};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct view_options o = {.group = GROUP_BY_NAME};
	struct view_sums s = {.v = NULL};
	struct query_error e;
	struct query *q;

	assert_int_equal(matches("sum(rss) > 1000KB", &f), 0);
	assert_int_equal(view_sum(&s, &f, &o), 0);
	assert_int_equal(matches("sum(rss) > 1000KB", &f), 2);
	assert_int_equal(matches("sum(rss) > 1000KB and rss < 1000KB", &f), 2);
	assert_int_equal(matches("not sum(rss) > 1000KB", &f), 1);
	rows[1].ppid = 10;
	rows[2].ppid = 11;
	o = (struct view_options){.tree = true};
	assert_int_equal(view_sum(&s, &f, &o), 0);
	assert_true(rows[0].sum[FIELD_RSS] == 2100 && rows[1].sum[FIELD_RSS] == 1500);
	assert_int_equal(matches("sum(processes) >= 2", &f), 2);
	o.tree = false;
	assert_int_equal(view_sum(&s, &f, &o), 0);
	assert_int_equal(matches("sum(processes) >= 2", &f), 0);
	assert_int_equal(query_parse(&q, "sum(name) = a", &e), -EINVAL);
	assert_string_equal(e.text, "'name' cannot be summed up");
	view_sums_release(&s);
}

/* Lines of a view are groups of what matches, in the order of a column, cut at the top. */
static void test_n34_a_view_of_groups(void **state UNUSED)
{
	struct proc_row rows[] = {process(10, "a", 0, 1, 1), process(11, "b", 0, 5, 1),
				  process(12, "a", 0, 3, 1), process(13, "c", 0, 3, 1),
				  process(14, "kthreadd", 0, NAN, NAN)};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct view_options o = {
		.sort = column_find("rss"), .descending = true, .group = GROUP_BY_NAME, .top = 2};
	struct view v = {.n = 0};
	struct proc_row row;

	rows[4].flags = ROW_KERNEL;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_true(v.grouped);
	assert_int_equal(v.n, 2);
	assert_int_equal(v.matched, 3);
	assert_int_equal(v.processes, 4);
	view_row(&v, &f, 0, &row);
	assert_string_equal(row_name(&row), "b");
	view_row(&v, &f, 1, &row);
	assert_string_equal(row_name(&row), "a");
	assert_true(row.v[FIELD_RSS] == 4);
	o.group = GROUP_BY_NOTHING;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_false(v.grouped);
	assert_int_equal(v.matched, 4);
	view_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_n34_shared_pages_count_once),
		cmocka_unit_test(test_n34_a_part_that_lacks),
		cmocka_unit_test(test_n12_faults_that_lack),
		cmocka_unit_test(test_n34_calls_that_lack),
		cmocka_unit_test(test_n34_what_does_not_add_up),
		cmocka_unit_test(test_n34_by_user_and_cgroup),
		cmocka_unit_test(test_n34_sum_in_queries),
		cmocka_unit_test(test_n34_a_view_of_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
