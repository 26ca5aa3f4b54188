/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows are shown, in which order. */
/* links: lib/strbuf.c lib/log.c lib/suggest.c lib/stats.c monitor/frame.c monitor/view/column.c */
/* links: monitor/view/text.c monitor/view/trend.c monitor/view/query[a-z_]*.c monitor/view/query.c */
/* links: monitor/view/view[a-z_]*.c monitor/view/view.c */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "monitor/view/view.h"
#include "tests/unit/view_fixture.h"

static struct query *query_of(const char *text)
{
	struct query_error e;
	struct query *q;

	if (query_parse(&q, text, &e))
		fail_msg("%s: %s", text, e.text);
	return q;
}

/* The pids of the view's lines, separated by blanks. */
static const char *pids(const struct view *v, const struct frame *f)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", i ? " " : "",
				      f->rows[v->lines[i].row].pid);
	return text;
}

static void flat(void **state UNUSED)
{
	struct proc_row rows[] = {
		row_of(1, 0, "init", 100),    row_of(2, 0, "kthreadd", NAN),
		row_of(10, 1, "nginx", 500),  row_of(11, 10, "nginx", 300),
		row_of(12, 10, "nginx", 500), row_of(20, 1, "bash", NAN),
	};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct view_options o = {.sort = column_find("rss", false), .descending = true};
	struct query *q = query_of("nginx");
	struct view v = {0};

	rows[1].flags = ROW_KERNEL;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(pids(&v, &f), "10 12 11 1 20");
	assert_int_equal(v.matched, 5);
	o.kernel_threads = true;
	o.descending = false;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(pids(&v, &f), "1 11 10 12 2 20");
	o.top = 3;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(pids(&v, &f), "1 11 10");
	assert_int_equal(v.matched, 6);
	o.sort = column_find("name", false);
	o.top = 0;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(pids(&v, &f), "20 1 2 10 11 12");
	o.descending = true;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(pids(&v, &f), "10 11 12 2 1 20");
	o.query = q;
	o.top = 2;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(pids(&v, &f), "10 11");
	assert_int_equal(v.matched, 3);
	f.n = 0;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_int_equal(v.n, 0);
	query_free(q);
	view_release(&v);
}

static const struct view_options *naive_options;
static const struct frame *naive_frame;

static int naive_compare(const void *a, const void *b)
{
	const struct proc_row *x = &naive_frame->rows[*(const uint32_t *)a],
			      *y = &naive_frame->rows[*(const uint32_t *)b];
	int d = column_compare(naive_options->sort, x, y, naive_options->descending);

	return d ? d : x->pid < y->pid ? -1 : 1;
}

static void random_row(struct rng *rng, struct proc_row *row, uint32_t pid)
{
	static const char *const names[] = {"a", "b", "postgres: one", "postgres: two", "postgres"};

	*row = row_of(pid, (uint32_t)rng_below(rng, pid), names[rng_below(rng, 5)], NAN);
	row->uid = (uint32_t)rng_below(rng, 3);
	row->state = "RSDZ?"[rng_below(rng, 5)];
	row->verdict = (uint8_t)rng_below(rng, VERDICT_COUNT);
	row->flags = rng_below(rng, 10) ? 0 : ROW_KERNEL;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (rng_below(rng, 8))
			row->v[i] = (double)rng_below(rng, 9) - 4;
}

/* The same as sorting everything and cutting it off, for every column, on random frames. */
static void equals_the_naive_way(void **state UNUSED)
{
	struct query *queries[] = {NULL, query_of("rss > 0"), query_of("postgres and not rss = ?")};
	struct rng rng = {.state = 3};
	struct view v = {0};

	for (int round = 0; round < 1500; round++) {
		struct proc_row rows[120];
		uint32_t want[120], n = 0;
		struct frame f = {.rows = rows, .n = rng_below(&rng, ARRAY_SIZE(rows))};
		struct view_options o = {
			.sort = &columns[rng_below(&rng, ncolumns)],
			.descending = rng_below(&rng, 2),
			.top = rng_below(&rng, 3) ? rng_below(&rng, 130) : 0,
			.query = queries[rng_below(&rng, ARRAY_SIZE(queries))],
			.kernel_threads = rng_below(&rng, 2),
		};

		for (uint32_t i = 0; i < f.n; i++) {
			random_row(&rng, &rows[i], 3 * i + 1);
			if (query_match(o.query, &rows[i]) &&
			    (o.kernel_threads || !(rows[i].flags & ROW_KERNEL)))
				want[n++] = i;
		}
		naive_options = &o;
		naive_frame = &f;
		qsort(want, n, sizeof(want[0]), naive_compare);
		assert_int_equal(view_build(&v, &f, &o), 0);
		assert_int_equal(v.matched, n);
		assert_int_equal(v.n, o.top ? MIN(n, o.top) : n);
		for (size_t i = 0; i < v.n; i++)
			if (v.lines[i].row != want[i])
				fail_msg("round %d, by %s: line %zu is row %u, not %u", round,
					 o.sort->key, i, v.lines[i].row, want[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		query_free(queries[i]);
	view_release(&v);
}

/* After the first frame of a size none is allocated any more. */
static void memory_is_kept(void **state UNUSED)
{
	static struct proc_row rows[2000];
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct view_options o = {.sort = column_find("rss", false), .descending = true};
	struct view v = {0};
	void *work, *lines;

	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++)
		rows[i] = row_of(i + 1, 1, "x", i % 7);
	assert_int_equal(view_build(&v, &f, &o), 0);
	work = v.work;
	lines = v.lines;
	for (int i = 0; i < 5; i++) {
		f.n -= 10;
		assert_int_equal(view_build(&v, &f, &o), 0);
		assert_ptr_equal(v.work, work);
		assert_ptr_equal(v.lines, lines);
		assert_null(v.sums);
	}
	view_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat),
		cmocka_unit_test(equals_the_naive_way),
		cmocka_unit_test(memory_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
