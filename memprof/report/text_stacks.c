/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Views of functions, stacks and the call tree. With two profiles each shows what B has more than
 * A, the largest change first, and only what differs.
 */
#include "lib/base.h"
#include "memprof/report/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format.h"
#include "memprof/report/tree.h"
#include "monitor/view/trend.h"

/* What rows are ordered by: of one profile the figure, of two the change. */
static double weight(const struct report *r, const uint64_t v[2][REPORT_VALUES], size_t value)
{
	double a = (double)v[0][value];

	return r->side[1].p ? (double)v[1][value] - a : a;
}

struct row {
	double by;
	uint32_t place;
};

static int by_weight(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double p = fabs(x->by), q = fabs(y->by);

	if (p != q)
		return p > q ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static struct row *rows_of(size_t n)
{
	struct row *rows = calloc(n ? n : 1, sizeof(*rows));

	if (!rows)
		abort();
	return rows;
}

static size_t limit(const struct report *r, size_t n)
{
	return r->top && r->top < n ? r->top : n;
}

static void add_rest(struct strbuf *out, size_t shown, size_t n, const char *what)
{
	if (shown >= n)
		return;
	strbuf_addstr(out, "  and ");
	format_count(out, n - shown);
	strbuf_addf(out, " more %s (--top 0 shows all)\n", what);
}

static bool nothing(const struct report *r, struct strbuf *out, size_t n)
{
	if (n)
		return false;
	strbuf_addstr(out, r->side[1].p ? "  no difference\n" : "  nothing\n");
	return true;
}

static double whole_of(const struct report *r, size_t value)
{
	return (double)report_value_of(value, &r->side[0].p->total);
}

/* --- functions ----------------------------------------------------------------------------------
 */

static void add_function(const struct report *r, struct strbuf *out, const struct tree *t,
			 const struct tree_function *f)
{
	double whole = whole_of(r, r->value);

	text_amount_cell(out, 12, r->value, weight(r, f->self, r->value));
	text_share_cell(out, 10, weight(r, f->self, r->value), whole);
	text_amount_cell(out, 12, r->value, weight(r, f->all, r->value));
	text_share_cell(out, 10, weight(r, f->all, r->value), whole);
	text_amount_cell(out, 13, VALUE_ALLOCS, weight(r, f->self, VALUE_ALLOCS));
	strbuf_addf(out, "  %s\n", t->names.v[f->name]);
}

void text_top(const struct report *r, struct strbuf *out)
{
	struct tree_function *functions;
	size_t n = 0, shown;
	struct strbuf title = STRBUF_INIT;
	struct row *rows;
	struct tree t;

	tree_of(&t, r);
	functions = tree_functions(&t);
	rows = rows_of(t.names.n);
	for (uint32_t i = 0; i < t.names.n; i++) {
		double self = weight(r, functions[i].self, r->value);
		double all = weight(r, functions[i].all, r->value);

		/* Who only calls comes after all who allocate. */
		if (self != 0 || all != 0)
			rows[n++] = (struct row){self != 0 ? self : all / 1e18, i};
	}
	qsort(rows, n, sizeof(*rows), by_weight);
	shown = limit(r, n);
	strbuf_addf(&title, "functions by %s", report_values[r->value].title);
	text_heading(out, title.s);
	if (!nothing(r, out, n))
		strbuf_addf(out, "%12s%10s%12s%10s%13s  %s\n", "self", "", "with callees", "",
			    "allocations", "function");
	for (size_t i = 0; i < shown; i++)
		add_function(r, out, &t, &functions[rows[i].place]);
	add_rest(out, shown, n, "functions");
	strbuf_release(&title);
	free(functions);
	free(rows);
	tree_release(&t);
}

/* --- stacks -------------------------------------------------------------------------------------
 */

static void add_step(struct strbuf *out, const struct report_step *s)
{
	strbuf_addf(out, "      %s", s->name);
	if (s->symbol) {
		if (s->symbol->file)
			strbuf_addf(out, " (%s:%u)", s->symbol->file, s->symbol->line);
		else if (!strstr(s->name, "+0x"))
			strbuf_addf(out, " (%s)", s->symbol->module);
		if (s->symbol->inlined)
			strbuf_addstr(out, ", inlined");
	}
	strbuf_addch(out, '\n');
}

static void add_values(const struct report *r, struct strbuf *out, const struct profile_values *v,
		       size_t value)
{
	double error = report_error_of(value, v);

	strbuf_addstr(out, "  ");
	text_amount(out, value, (double)report_value_of(value, v));
	if (error > 0)
		strbuf_addf(out, " +-%.0f %%",
			    100 * error / MAX(1.0, (double)report_value_of(value, v)));
	strbuf_addstr(out, " (");
	text_share_cell(out, 0, (double)report_value_of(value, v), whole_of(r, value));
	strbuf_addstr(out, "), ");
	format_count(out, v->allocs);
	strbuf_addstr(out, v->allocs == 1 ? " allocation of " : " allocations of ");
	format_bytes(out, (double)v->bytes);
	if (r->side[0].p->frees_known) {
		strbuf_addstr(out, ", live ");
		format_count(out, v->live_blocks);
		strbuf_addstr(out, " of ");
		format_bytes(out, (double)v->live_bytes);
	}
	strbuf_addch(out, '\n');
}

static void list_stacks(const struct report *r, struct strbuf *out, size_t value)
{
	const struct profile *p = r->side[0].p;
	struct row *rows = rows_of(p->nstacks);
	struct report_path path = {0};
	size_t n = 0, shown;

	for (uint32_t i = 0; i < p->nstacks; i++) {
		double by = (double)report_value_of(value, &p->stacks[i].values);

		if (by > 0)
			rows[n++] = (struct row){by, i};
	}
	qsort(rows, n, sizeof(*rows), by_weight);
	shown = limit(r, n);
	nothing(r, out, n);
	for (size_t i = 0; i < shown; i++) {
		const struct profile_stack *s = &p->stacks[rows[i].place];

		add_values(r, out, &s->values, value);
		report_path_of(&path, &r->side[0], s,
			       p->nprocesses > 1 && !r->split ? SPLIT_PROCESS : r->split);
		for (size_t k = path.n; k-- > 0;)
			add_step(out, &path.at[k]);
	}
	add_rest(out, shown, n, "stacks");
	report_path_release(&path);
	free(rows);
}

static void add_node_stack(struct strbuf *out, const struct tree *t, uint32_t node)
{
	for (; node; node = t->nodes[node].parent)
		strbuf_addf(out, "      %s\n", t->names.v[t->nodes[node].name]);
}

/* By names, since addresses of two runs have nothing in common. */
static void compare_stacks(const struct report *r, struct strbuf *out)
{
	size_t n = 0, shown;
	struct row *rows;
	struct tree t;

	tree_of(&t, r);
	rows = rows_of(t.n);
	for (uint32_t i = 1; i < t.n; i++)
		if (weight(r, t.nodes[i].self, r->value) != 0)
			rows[n++] = (struct row){weight(r, t.nodes[i].self, r->value), i};
	qsort(rows, n, sizeof(*rows), by_weight);
	shown = limit(r, n);
	nothing(r, out, n);
	for (size_t i = 0; i < shown; i++) {
		strbuf_addstr(out, rows[i].by > 0 ? "  +" : "  ");
		text_amount(out, r->value, rows[i].by);
		strbuf_addstr(out, " (");
		text_amount(out, r->value, (double)t.nodes[rows[i].place].self[0][r->value]);
		strbuf_addstr(out, " to ");
		text_amount(out, r->value, (double)t.nodes[rows[i].place].self[1][r->value]);
		strbuf_addstr(out, ")\n");
		add_node_stack(out, &t, rows[i].place);
	}
	add_rest(out, shown, n, "stacks");
	free(rows);
	tree_release(&t);
}

void text_stacks(const struct report *r, struct strbuf *out)
{
	struct strbuf title = STRBUF_INIT;

	strbuf_addf(&title, "stacks by %s, the innermost function first",
		    report_values[r->value].title);
	text_heading(out, title.s);
	strbuf_release(&title);
	if (r->side[1].p)
		compare_stacks(r, out);
	else
		list_stacks(r, out, r->value);
}

static void list_known(const struct report *r, struct strbuf *out, size_t value, const char *why)
{
	if (report_value_known(value, r->side[0].p))
		list_stacks(r, out, value);
	else
		strbuf_addf(out, "  -: %s\n", why);
}

/* --- leaks --------------------------------------------------------------------------------------
 */

/* The words of memmon: does what is live grow? */
static void add_growth(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;
	double *t = calloc(p->npoints + 1, sizeof(*t)), *y = calloc(p->npoints + 1, sizeof(*y));
	struct trend trend;

	if (!t || !y)
		abort();
	for (size_t i = 0; i < p->npoints; i++) {
		t[i] = (double)(p->points[i].time_ns - p->points[0].time_ns) / NSEC_PER_SEC;
		y[i] = (double)p->points[i].live_bytes;
	}
	trend_of(t, y, p->npoints, &trend_default, &trend);
	strbuf_addstr(out, "  live bytes while it ran: ");
	trend_words(&trend, out);
	strbuf_addch(out, '\n');
	free(t);
	free(y);
}

void text_leaks(const struct report *r, struct strbuf *out)
{
	text_heading(out, "leaks: what was live at the end of the profile, by bytes");
	strbuf_addstr(out, "  (what a program keeps on purpose is among it: what grows is worth a "
			   "look first)\n");
	if (r->side[0].p->npoints)
		add_growth(r, out);
	list_known(r, out, VALUE_LIVE, "frees were not watched");
}

void text_peak(const struct report *r, struct strbuf *out)
{
	text_heading(out, "peak: what was live when most was");
	list_known(r, out, VALUE_PEAK, "the peak was not watched");
}

void text_temporary(const struct report *r, struct strbuf *out)
{
	text_heading(out, "temporary: blocks that were freed before their thread allocated "
			  "another");
	list_known(r, out, VALUE_TEMPORARY, "temporary allocations were not watched");
}

/* --- the tree -----------------------------------------------------------------------------------
 */

struct printer {
	const struct report *r;
	const struct tree *t;
	struct strbuf *out;
	double least; /* smaller nodes are not shown */
};

static size_t sorted_children(const struct printer *p, uint32_t node, struct row **rows)
{
	size_t n = 0;

	for (uint32_t c = p->t->nodes[node].child; c; c = p->t->nodes[c].next)
		n++;
	*rows = rows_of(n);
	n = 0;
	for (uint32_t c = p->t->nodes[node].child; c; c = p->t->nodes[c].next)
		(*rows)[n++] = (struct row){weight(p->r, p->t->nodes[c].all, p->r->value), c};
	qsort(*rows, n, sizeof(**rows), by_weight);
	return n;
}

static void print_node(const struct printer *p, uint32_t node, unsigned int depth)
{
	struct row *rows;
	size_t n = sorted_children(p, node, &rows);

	/* An only child is no deeper: most of a stack is a straight line. */
	for (size_t i = 0; i < n; i++) {
		const struct tree_node *c = &p->t->nodes[rows[i].place];

		if (rows[i].by == 0 || fabs(rows[i].by) < p->least)
			continue;
		text_amount_cell(p->out, 12, p->r->value, rows[i].by);
		text_share_cell(p->out, 10, rows[i].by, whole_of(p->r, p->r->value));
		strbuf_addf(p->out, "  %*s%s\n", (int)depth, "", p->t->names.v[c->name]);
		print_node(p, rows[i].place, depth + (n > 1));
	}
	free(rows);
}

/* The place of the last node that is shown when there are @top of them. */
static double least_of(const struct report *r, const struct tree *t)
{
	struct row *rows = rows_of(t->n);
	size_t n = 0;
	double least = 0;

	for (uint32_t i = 1; i < t->n; i++)
		rows[n++] = (struct row){weight(r, t->nodes[i].all, r->value), i};
	qsort(rows, n, sizeof(*rows), by_weight);
	/* A list of twenty stacks is a tree of some hundred nodes. */
	if (r->top && r->top * 10 < n)
		least = fabs(rows[r->top * 10].by);
	free(rows);
	return least;
}

void text_tree(const struct report *r, struct strbuf *out)
{
	struct strbuf title = STRBUF_INIT;
	struct tree t;
	struct printer p = {r, &t, out, 0};
	size_t before;

	tree_of(&t, r);
	p.least = least_of(r, &t);
	strbuf_addf(&title, "call tree by %s", report_values[r->value].title);
	text_heading(out, title.s);
	before = out->len;
	print_node(&p, 0, 0);
	if (out->len == before)
		nothing(r, out, 0);
	if (p.least > 0) {
		strbuf_addstr(out, "  nodes of less than ");
		text_amount(out, r->value, p.least);
		strbuf_addstr(out, " are left out (--top 0 shows all)\n");
	}
	strbuf_release(&title);
	tree_release(&t);
}
