/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows are shown, in which order. */
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
	struct view_options o = {.sort = column_find("rss"), .descending = true};
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
	o.sort = column_find("name");
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

/* "1(2(3 4)5)" with 'x' after a folded one, '-' before one that is there for its children only. */
static const char *shape(const struct view *v, const struct frame *f)
{
	static char text[4096];
	size_t n = 0, depth = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->n; i++) {
		const struct view_line *l = &v->lines[i];
		const char *between = i ? " " : "";

		for (; depth > l->depth; depth--) {
			text[n++] = ')';
			between = "";
		}
		if (depth < l->depth) {
			depth++;
			between = "(";
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%u%s", between,
				      l->context ? "-" : "", f->rows[l->row].pid,
				      l->folded ? "x" : "");
	}
	while (depth--)
		text[n++] = ')';
	text[n] = '\0';
	return text;
}

static void tree(void **state UNUSED)
{
	struct proc_row rows[] = {
		row_of(1, 0, "init", 100),    row_of(2, 0, "kthreadd", NAN),
		row_of(3, 2, "kworker", NAN), row_of(10, 1, "nginx", 50),
		row_of(11, 10, "nginx", 300), row_of(12, 10, "nginx", 500),
		row_of(20, 1, "bash", 700),   row_of(21, 20, "vi", NAN),
		row_of(30, 29, "orphan", 1),
	};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct view_options o = {.sort = column_find("rss"), .descending = true, .tree = true};
	struct query *q = query_of("nginx and rss < 400 or vi");
	struct view v = {0};

	rows[1].flags = rows[2].flags = ROW_KERNEL;
	rows[3].v[FIELD_AGE] = 10;
	rows[4].v[FIELD_AGE] = 30;
	rows[4].v[FIELD_TREND_WINDOW] = 60;
	rows[5].v[FIELD_TREND_WINDOW] = 20;
	assert_int_equal(view_build(&v, &f, &o), 0);
	/* nginx is 850 with its children, bash 700. */
	assert_string_equal(shape(&v, &f), "1(10(12 11)20(21))30");
	assert_int_equal(v.matched, 7);
	assert_true(v.sums[0][FIELD_RSS] == 1650 && v.sums[1][FIELD_RSS] == 850);
	assert_true(v.sums[4][FIELD_RSS] == 700 && isnan(v.sums[5][FIELD_RSS]));
	assert_true(v.sums[1][FIELD_AGE] == 30 && v.sums[1][FIELD_TREND_WINDOW] == 20);
	assert_true(v.lines[0].open == 0 && !v.lines[0].last && v.lines[6].last);
	assert_true(v.lines[2].open == 3 && !v.lines[2].last); /* more below 1 and below 10 */
	assert_true(v.lines[5].open == 1 && v.lines[5].last);

	o.kernel_threads = true;
	o.descending = false;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(shape(&v, &f), "30 1(20(21)10(11 12))2(3)");

	/* Folded away, its children still count. */
	view_fold(&v, 10, true);
	view_fold(&v, 3, true); /* has no children: nothing to fold */
	view_fold(&v, 12, true);
	view_fold(&v, 12, false);
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(shape(&v, &f), "30 1(20(21)10x)2(3)");
	assert_true(v.sums[1][FIELD_RSS] == 1650 && v.sums[4][FIELD_RSS] == 850);
	view_fold(&v, 1, true);
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(shape(&v, &f), "30 1x 2(3)");
	assert_true(v.sums[1][FIELD_RSS] == 1650);
	view_fold(&v, 1, false);
	view_fold(&v, 10, false);

	/* What matches, and the way to it; sums are of what matches. */
	o.query = q;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(shape(&v, &f), "-1(10(11)-20(21))");
	assert_int_equal(v.matched, 3);
	assert_true(v.sums[0][FIELD_RSS] == 350 && isnan(v.sums[3][FIELD_RSS]));

	/* Cut off: what has no line counts where an ancestor has one. */
	o.top = 2;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(shape(&v, &f), "-1(10)");
	assert_true(v.sums[0][FIELD_RSS] == 350 && v.sums[1][FIELD_RSS] == 350);

	o.tree = false;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_null(v.sums);
	query_free(q);
	view_release(&v);
}

static void cycles_and_orphans(void **state UNUSED)
{
	struct proc_row rows[] = {
		row_of(5, 5, "its own", 1), row_of(7, 9, "a", 1),   row_of(8, 7, "b", 1),
		row_of(9, 8, "c", 1),	    row_of(10, 9, "on", 1), row_of(11, 4000, "orphan", 1),
	};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct view_options o = {.sort = column_find("pid"), .tree = true};
	struct view v = {0};

	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_string_equal(shape(&v, &f), "5 7(8(9(10)))11");
	f.n = 0;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_int_equal(v.n, 0);
	view_release(&v);
}

static void deep(void **state UNUSED)
{
	enum { DEEP = 70000 };
	struct proc_row *rows = calloc(DEEP, sizeof(*rows));
	struct frame f = {.rows = rows, .n = DEEP};
	struct view_options o = {.sort = column_find("rss"), .tree = true, .top = 100};
	struct view v = {0};

	assert_non_null(rows);
	for (uint32_t i = 0; i < DEEP; i++)
		rows[i] = row_of(i + 1, i, "x", 1);
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_int_equal(v.n, 100);
	assert_true(v.sums[0][FIELD_RSS] == DEEP && v.sums[99][FIELD_RSS] == DEEP - 99);
	assert_int_equal(v.lines[99].depth, 99);
	assert_true(v.lines[99].open == 0);
	/* Also the other way round, where a parent has the higher pid. */
	for (uint32_t i = 0; i < DEEP; i++)
		rows[i].ppid = i + 2;
	o.top = 0;
	assert_int_equal(view_build(&v, &f, &o), 0);
	assert_int_equal(v.n, DEEP);
	assert_int_equal(v.lines[0].row, DEEP - 1);
	assert_int_equal(v.lines[DEEP - 1].depth, UINT16_MAX);
	assert_true(v.sums[0][FIELD_RSS] == DEEP && v.sums[DEEP - 1][FIELD_RSS] == 1);
	free(rows);
	view_release(&v);
}

/* --- the tree, done slowly --- */

struct slow {
	const struct frame *f;
	const struct view_options *o;
	const struct view *v; /* what is folded */
	uint32_t parent[128];
	bool match[128];
	struct view_line lines[128];
	double sums[128][FIELD_COUNT];
	size_t n;
};

static bool folded(const struct view *v, uint32_t pid)
{
	for (size_t i = 0; i < v->nfolded; i++)
		if (v->folded[i] == pid)
			return true;
	return false;
}

static uint32_t slow_parent(const struct frame *f, uint32_t i)
{
	const struct proc_row *p = frame_find(f, f->rows[i].ppid);

	return !p || p == &f->rows[i] ? UINT32_MAX : (uint32_t)(p - f->rows);
}

/* The lowest row of a cycle is a root. */
static void slow_parents(struct slow *s)
{
	for (uint32_t i = 0; i < s->f->n; i++) {
		uint32_t at = slow_parent(s->f, i), lowest = i;

		s->parent[i] = at;
		for (size_t steps = 0; steps < s->f->n && at != UINT32_MAX && at != i; steps++) {
			lowest = MIN(lowest, at);
			at = slow_parent(s->f, at);
		}
		if (at == i && lowest == i)
			s->parent[i] = UINT32_MAX;
	}
}

static bool slow_below(const struct slow *s, uint32_t i, uint32_t top)
{
	for (; i != UINT32_MAX; i = s->parent[i])
		if (i == top)
			return true;
	return false;
}

static void slow_sum(const struct slow *s, uint32_t top, double sums[FIELD_COUNT])
{
	for (size_t k = 0; k < FIELD_COUNT; k++) {
		bool whole = k == FIELD_PSS || k == FIELD_USS || k == FIELD_LAZY, lacks = false;

		sums[k] = NAN;
		for (uint32_t i = 0; i < s->f->n; i++) {
			const struct proc_row *row = &s->f->rows[i];
			double v = row->v[k];

			if (!s->match[i] || !slow_below(s, i, top))
				continue;
			lacks |= isnan(v) && row_has_memory(row) &&
				 (k == FIELD_FAULTS || (whole && !(row->flags & ROW_SHARED_NOW)));
			if (isnan(v))
				continue;
			if (isnan(sums[k]))
				sums[k] = v;
			else if (k == FIELD_AGE || k == FIELD_TOUCHED)
				sums[k] = MAX(sums[k], v);
			else if (k == FIELD_TREND_WINDOW || k == FIELD_LIMIT || k == FIELD_ROOM ||
				 (k >= FIELD_LEFT && k <= FIELD_LEFT_HIGH))
				sums[k] = MIN(sums[k], v);
			else
				sums[k] += v;
		}
		if (lacks)
			sums[k] = NAN;
	}
}

static const struct slow *slow_now;

static int slow_compare(const void *a, const void *b)
{
	struct proc_row x = slow_now->f->rows[*(const uint32_t *)a],
			y = slow_now->f->rows[*(const uint32_t *)b];
	double x_sum[FIELD_COUNT], y_sum[FIELD_COUNT];
	int d;

	if (slow_now->o->sort->kind == COLUMN_NUMBER) {
		slow_sum(slow_now, *(const uint32_t *)a, x_sum);
		slow_sum(slow_now, *(const uint32_t *)b, y_sum);
		x.v = x_sum;
		y.v = y_sum;
	}
	d = column_compare(slow_now->o->sort, &x, &y, slow_now->o->descending);
	return d ? d : x.pid < y.pid ? -1 : 1;
}

static void slow_children(struct slow *s, uint32_t parent, uint16_t depth, uint64_t open)
{
	uint32_t kids[128];
	size_t n = 0;

	for (uint32_t i = 0; i < s->f->n; i++) {
		bool keep = false;

		for (uint32_t k = 0; k < s->f->n; k++)
			keep |= s->match[k] && slow_below(s, k, i);
		if (s->parent[i] == parent && keep)
			kids[n++] = i;
	}
	slow_now = s;
	qsort(kids, n, sizeof(kids[0]), slow_compare);
	for (size_t i = 0; i < n; i++) {
		struct view_line *l = &s->lines[s->n];
		size_t below;

		*l = (struct view_line){.row = kids[i],
					.depth = depth,
					.last = i + 1 == n,
					.context = !s->match[kids[i]],
					.open = open};
		slow_sum(s, kids[i], s->sums[s->n++]);
		below = s->n;
		slow_children(s, kids[i], (uint16_t)(depth + 1),
			      open | (uint64_t)(i + 1 < n) << depth);
		if (s->n > below && folded(s->v, s->f->rows[kids[i]].pid)) {
			s->n = below;
			l->folded = true;
		}
	}
}

static void compare_with_slow(const struct view *v, const struct slow *s, int round)
{
	assert_int_equal(v->n, s->o->top ? MIN(s->n, s->o->top) : s->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct view_line *a = &v->lines[i], *b = &s->lines[i];

		if (a->row != b->row || a->depth != b->depth || a->last != b->last ||
		    a->context != b->context || a->folded != b->folded || a->open != b->open)
			fail_msg("round %d, by %s: line %zu: row %u depth %u, not row %u depth %u",
				 round, s->o->sort->key, i, a->row, a->depth, b->row, b->depth);
		for (size_t k = 0; k < FIELD_COUNT; k++)
			if (v->sums[i][k] != s->sums[i][k] &&
			    !(isnan(v->sums[i][k]) && isnan(s->sums[i][k])))
				fail_msg("round %d: line %zu: %s is %g, not %g", round, i,
					 field_names[k], v->sums[i][k], s->sums[i][k]);
	}
}

/* Any parents at all, with cycles; any filter; anything folded; cut anywhere. */
static void tree_equals_the_slow_way(void **state UNUSED)
{
	struct query *queries[] = {NULL, query_of("rss > 0"), query_of("postgres and not rss = ?")};
	struct rng rng = {.state = 5};
	struct view v = {0};
	static struct slow s;

	for (int round = 0; round < 400; round++) {
		struct proc_row rows[25];
		struct frame f = {.rows = rows, .n = rng_below(&rng, ARRAY_SIZE(rows))};
		struct view_options o = {
			.sort = &columns[rng_below(&rng, ncolumns)],
			.descending = rng_below(&rng, 2),
			.top = rng_below(&rng, 3) ? 0 : rng_below(&rng, 30),
			.query = queries[rng_below(&rng, ARRAY_SIZE(queries))],
			.kernel_threads = rng_below(&rng, 2),
			.tree = true,
		};
		bool wild = rng_below(&rng, 2);

		s = (struct slow){.f = &f, .o = &o, .v = &v};
		for (uint32_t i = 0; i < f.n; i++) {
			random_row(&rng, &rows[i], 3 * i + 1);
			rows[i].ppid = 3 * (uint32_t)rng_below(&rng, wild ? f.n : i + 1) + 1;
			s.match[i] = query_match(o.query, &rows[i]) &&
				     (o.kernel_threads || !(rows[i].flags & ROW_KERNEL));
		}
		for (int i = 0; f.n && i < 3; i++)
			view_fold(&v, 3 * (uint32_t)rng_below(&rng, f.n) + 1, rng_below(&rng, 2));
		slow_parents(&s);
		slow_children(&s, UINT32_MAX, 0, 0);
		assert_int_equal(view_build(&v, &f, &o), 0);
		compare_with_slow(&v, &s, round);
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
	struct view_options o = {.sort = column_find("rss"), .descending = true};
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
		cmocka_unit_test(tree),
		cmocka_unit_test(cycles_and_orphans),
		cmocka_unit_test(deep),
		cmocka_unit_test(tree_equals_the_slow_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
