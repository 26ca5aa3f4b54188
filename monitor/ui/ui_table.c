/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The process table, flat or as a tree. A frame makes the view stale; drawing builds it anew, reads
 * the rows that can be seen (source_refine()), and builds it once more where that may have changed
 * the order. Columns are dropped from the right until they fit. Keys move the cursor, choose order,
 * filter and tree.
 */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/view/column.h"

/* --- the view --- */

static bool row_is(const struct proc_row *r, uint32_t pid, uint64_t start_ns)
{
	return r->pid == pid && r->start_ns == start_ns;
}

/* Exact may be what was read, while the peak was not: it costs a file more. */
bool row_wants_refining(const struct proc_row *r)
{
	return !(r->flags & (ROW_ENDED | ROW_KERNEL | ROW_HIDDEN)) &&
	       (!(r->flags & ROW_EXACT) || isnan(r->v[FIELD_PEAK]));
}

static const struct proc_row *line_row(struct ui *u, size_t line)
{
	return &u->frame->rows[u->table.view.lines[line].row];
}

/* After the order has changed: the cursor goes with its process when it follows. */
static void place_cursor(struct ui *u)
{
	struct table *t = &u->table;

	for (size_t i = 0; t->follow && i < t->view.n; i++) {
		if (!row_is(line_row(u, i), t->pid, t->start_ns))
			continue;
		t->cursor = i;
		return;
	}
	if (t->follow && !frame_find(u->frame, t->pid)) {
		char text[64];

		snprintf(text, sizeof(text), "process %u has ended; no longer following", t->pid);
		ui_tell(u, text);
		t->follow = false;
	}
	t->cursor = t->view.n ? MIN(t->cursor, t->view.n - 1) : 0;
}

static void scroll_to_cursor(struct table *t)
{
	size_t lines = (size_t)MAX(t->lines, 1);

	if (t->cursor < t->top)
		t->top = t->cursor;
	if (t->cursor >= t->top + lines)
		t->top = t->cursor - lines + 1;
	t->top = MIN(t->top, t->view.n > lines ? t->view.n - lines : 0);
}

static void build(struct ui *u)
{
	struct table *t = &u->table;

	t->opts.query = t->query;
	if (view_build(&t->view, u->frame, &t->opts)) {
		t->view.n = 0;
		ui_tell(u, "no memory for the table");
	}
	if (!t->costly && query_gave_up(t->query)) {
		t->costly = true;
		ui_tell(u, "the expression of the filter takes too long and matches nothing");
	}
	t->stale = false;
	place_cursor(u);
	scroll_to_cursor(t);
}

const struct proc_row *table_row(struct ui *u)
{
	struct table *t = &u->table;

	if (u->frame && t->stale)
		build(u); /* keys come faster than the screen is drawn */
	return u->frame && t->cursor < t->view.n ? line_row(u, t->cursor) : NULL;
}

/* Reads what the visible rows really have; true when something was read. */
static bool refine_visible(struct ui *u)
{
	struct table *t = &u->table;
	size_t n = 0, lines = (size_t)MAX(t->lines, 0);

	if (t->visible_cap < lines) {
		uint32_t *more = realloc(t->visible, lines * sizeof(*more));

		if (!more)
			return false;
		t->visible = more;
		t->visible_cap = lines;
	}
	for (size_t i = t->top; i < t->view.n && i < t->top + lines; i++) {
		const struct proc_row *r = line_row(u, i);

		if (row_wants_refining(r))
			t->visible[n++] = t->view.lines[i].row;
	}
	/* A screen that stands still shows that moment, not this one. */
	if (!n || u->kept)
		return false;
	source_refine(u->o.source, u->frame, t->visible, n);
	return true;
}

/* The order was made of approximations: once a frame it is made again of what was read. */
static void build_and_refine(struct ui *u)
{
	struct table *t = &u->table;

	if (t->stale)
		build(u);
	else
		scroll_to_cursor(t);
	if (refine_visible(u) && (t->fresh || t->opts.tree)) {
		build(u);
		refine_visible(u);
	}
	t->fresh = false;
}

/* --- cells --- */

enum { TREE_CELLS_MAX = 17, BRANCH_CELLS = 2 };

static bool column_is_number(const struct column *c)
{
	return c->kind == COLUMN_NUMBER || c->kind == COLUMN_PID || c->kind == COLUMN_PPID;
}

static bool offered(const struct ui *u, const struct column *c)
{
	if (c->kind == COLUMN_VERDICT)
		return u->frame->fields & 1u << FIELD_RSS;
	return c->kind != COLUMN_NUMBER || u->frame->fields & 1u << field_made_of(c->field);
}

static bool by_default(const struct ui *u, const struct column *c)
{
	return u->o.tool == TOOL_MEMMON ? c->memmon : c->cpumon;
}

size_t table_columns(const struct ui *u, const struct column **out, size_t max)
{
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (const struct column *c = columns; c->key && n < max; c++)
			if (by_default(u, c) == !pass && (by_default(u, c) || offered(u, c)))
				out[n++] = c;
	return n;
}

/* What the deepest line needs before its name. */
static int tree_cells(const struct table *t)
{
	int deepest = 0;

	if (!t->opts.tree)
		return 0;
	for (size_t i = 0; i < t->view.n; i++)
		deepest = MAX(deepest, t->view.lines[i].depth);
	return MIN(BRANCH_CELLS * deepest + 1, TREE_CELLS_MAX);
}

static void table_layout(struct ui *u)
{
	struct layout *l = &u->table.layout;
	const struct column *sort = u->table.opts.sort;
	const struct column *all[ARRAY_SIZE(l->columns)];
	size_t n = table_columns(u, all, ARRAY_SIZE(all));
	bool sort_placed = false, full = false;
	int x = 0;

	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct column *c = all[i];
		int width = c->width + (c->kind == COLUMN_NAME ? tree_cells(&u->table) : 0);
		int reserve = sort_placed || c == sort ? 0 : sort->width + 1;

		if (c != sort && (full || x + width + reserve > u->width)) {
			/* Nothing that is there by default is left out for something after it. */
			full |= by_default(u, c);
			continue;
		}
		l->columns[l->n] = c;
		l->x[l->n] = x;
		l->width[l->n++] = width;
		x += width + 1;
		sort_placed |= c == sort;
	}
}

static bool fits(const struct strbuf *text, size_t from, int width)
{
	return ui_cells(text->s + from) <= width;
}

static void cell_text(const struct ui *u, const struct column *c, const struct proc_row *row,
		      int width, struct strbuf *out)
{
	size_t from = out->len;

	column_format(c, row, u->human, out);
	if (!column_is_number(c) || fits(out, from, width))
		return;
	out->len = from;
	out->s[from] = '\0';
	column_format(c, row, true, out);
	if (fits(out, from, width))
		return;
	out->len = from;
	out->s[from] = '\0';
	strbuf_addch(out, '#');
}

static void add_branch(const struct ui *u, const struct view_line *l, struct strbuf *out)
{
	const char *open = u->o.ascii ? "| " : "│ ", *last = u->o.ascii ? "`-" : "└─";
	const char *more = u->o.ascii ? "|-" : "├─";
	int room = (TREE_CELLS_MAX - 1) / BRANCH_CELLS;
	int skip = MAX(0, l->depth - room); /* the outermost go when it is too deep */

	for (int d = 1 + skip; d < l->depth; d++)
		strbuf_addstr(out, d < 64 && l->open >> d & 1 ? open : "  ");
	if (l->depth)
		strbuf_addstr(out, l->last ? last : more);
}

static bool has_children(const struct table *t, size_t line)
{
	const struct view_line *l = &t->view.lines[line];

	return l->folded || (line + 1 < t->view.n && l[1].depth > l->depth);
}

static void cell_name(struct ui *u, size_t line, int width, struct strbuf *out)
{
	const struct table *t = &u->table;
	const struct view_line *l = &t->view.lines[line];
	const struct proc_row *row = &u->frame->rows[l->row];

	if (t->opts.tree)
		add_branch(u, l, out);
	if (l->folded)
		strbuf_addch(out, '+');
	column_text(row->name, width - ui_cells(out->s), out);
}

static void cell_sums(struct ui *u, size_t line, struct proc_row *row)
{
	const struct table *t = &u->table;
	const struct view_line *l = t->view.lines;

	if (!has_children(t, line))
		return;
	memcpy(row->v, t->view.sums[line], sizeof(row->v));
	/* A sum is exact when all of it is; what is folded was not read. */
	if (l[line].folded)
		row->flags &= (uint8_t)~ROW_EXACT;
	for (size_t i = line + 1; i < t->view.n && l[i].depth > l[line].depth; i++) {
		uint8_t flags = u->frame->rows[l[i].row].flags;

		if (l[i].folded || !(flags & (ROW_EXACT | ROW_HIDDEN | ROW_KERNEL)))
			row->flags &= (uint8_t)~ROW_EXACT;
		row->flags |= flags & ROW_SKIPPED;
	}
}

/* --- drawing --- */

static void draw_titles(struct ui *u)
{
	struct table *t = &u->table;

	ui_fill(u, t->title_line, 0, u->width, STYLE_HEADER, "");
	for (size_t i = 0; i < t->layout.n; i++) {
		const struct column *c = t->layout.columns[i];
		bool sorted = c == t->opts.sort;
		struct strbuf text = STRBUF_INIT;
		const char *mark =
			t->opts.descending ? (u->o.ascii ? "v" : "▼") : (u->o.ascii ? "^" : "▲");
		int blank = t->layout.width[i] - (int)strlen(c->title);

		if (sorted && blank > 0 && !column_is_number(c))
			strbuf_addf(&text, "%s%s", c->title, mark);
		else if (sorted && blank > 0)
			strbuf_addf(&text, "%*s%s%s", blank - 1, "", mark, c->title);
		else if (column_is_number(c))
			strbuf_addf(&text, "%*s%s", MAX(blank, 0), "", c->title);
		else
			strbuf_addstr(&text, c->title);
		ui_fill(u, t->title_line, t->layout.x[i], t->layout.width[i],
			sorted ? STYLE_SORTED : STYLE_HEADER, text.s);
		strbuf_release(&text);
	}
}

static void draw_row(struct ui *u, size_t line, int y)
{
	struct table *t = &u->table;
	const struct view_line *l = &t->view.lines[line];
	struct proc_row row = u->frame->rows[l->row];
	enum style base = STYLE_NORMAL;
	struct strbuf cell = STRBUF_INIT;

	if (line == t->cursor)
		base = STYLE_CURSOR;
	else if (l->context || row.flags & ROW_ENDED)
		base = STYLE_DIM;
	ui_fill(u, y, 0, u->width, base, "");
	if (t->opts.tree && t->view.sums)
		cell_sums(u, line, &row);
	for (size_t i = 0; i < t->layout.n; i++) {
		const struct column *c = t->layout.columns[i];
		int width = t->layout.width[i];
		enum style s = base;

		strbuf_reset(&cell);
		if (c->kind == COLUMN_NAME)
			cell_name(u, line, width, &cell);
		else
			cell_text(u, c, &row, width, &cell);
		if (base == STYLE_NORMAL && c->kind == COLUMN_VERDICT &&
		    row.verdict == VERDICT_GROWING)
			s = STYLE_NOTICE;
		ui_print(u, y,
			 t->layout.x[i] + (column_is_number(c) ? width - ui_cells(cell.s) : 0),
			 width, s, cell.s);
	}
	strbuf_release(&cell);
}

static void draw(struct ui *u)
{
	struct table *t = &u->table;
	const char *title = u->o.tool == TOOL_MEMMON ? "Memory Monitor" : "CPU Monitor";
	char text[160];

	snprintf(text, sizeof(text),
		 "%s - q: quit  %s: scroll  h: help  s: sort  /: filter  t: tree", title,
		 u->o.ascii ? "up/down" : "↑/↓");
	t->title_line = header_draw(u, text, true);
	t->first_line = t->title_line + 1;
	t->lines = u->height - 1 - t->first_line;
	if (!u->frame)
		return;
	build_and_refine(u);
	table_layout(u);
	draw_titles(u);
	for (int i = 0; i < t->lines && t->top + (size_t)i < t->view.n; i++)
		draw_row(u, t->top + (size_t)i, t->first_line + i);
	if (!t->view.n)
		ui_print(u, t->first_line, 0, u->width, STYLE_NOTICE,
			 t->query ? "no process matches the filter; \\ forgets it"
				  : "no process to show");
}

static void status(struct ui *u, struct strbuf *left, struct strbuf *right)
{
	const struct table *t = &u->table;

	strbuf_addf(left, "Enter: detail  %s%s", u->o.tool == TOOL_MEMMON ? "e: events  " : "",
		    t->opts.tree ? "Space: fold  t: flat" : "p: pause  F: follow  u: units");
	if (!u->frame)
		return;
	strbuf_addf(right, "%zu/%zu", t->view.n ? t->cursor + 1 : 0, t->view.n);
	if (t->view.matched > t->view.n && !t->opts.tree)
		strbuf_addf(right, " of %zu (n: more)", t->view.matched);
}

/* --- keys and the mouse --- */

/* Who follows goes on to the process at the cursor. */
static void follow_cursor(struct ui *u)
{
	struct table *t = &u->table;

	if (t->follow && table_row(u)) {
		t->pid = table_row(u)->pid;
		t->start_ns = table_row(u)->start_ns;
	}
}

static void table_move(struct ui *u, enum key_action action)
{
	struct table *t = &u->table;

	if (!table_row(u))
		return;
	t->cursor = list_move(t->cursor, t->view.n, (size_t)MAX(t->lines, 1), action);
	follow_cursor(u);
	u->dirty = true;
}

static void restale(struct ui *u)
{
	u->table.stale = true;
	u->dirty = true;
}

void table_sort(struct ui *u, const struct column *c)
{
	struct table *t = &u->table;

	if (c == t->opts.sort)
		t->opts.descending = !t->opts.descending;
	else
		t->opts.descending = c->kind == COLUMN_NUMBER || c->kind == COLUMN_VERDICT;
	t->opts.sort = c;
	restale(u);
}

static void sort_beside(struct ui *u, int step)
{
	const struct column *all[ARRAY_SIZE(u->table.layout.columns)];
	size_t n = table_columns(u, all, ARRAY_SIZE(all)), at = 0;

	while (at < n && all[at] != u->table.opts.sort)
		at++;
	if (n)
		table_sort(u, all[(step < 0 ? at + n - 1 : at + 1) % n]);
}

static void invert(struct ui *u, int arg UNUSED)
{
	table_sort(u, u->table.opts.sort);
}

static void toggle_tree(struct ui *u, int arg UNUSED)
{
	u->table.opts.tree = !u->table.opts.tree;
	restale(u);
}

static void toggle_kernel(struct ui *u, int arg UNUSED)
{
	u->table.opts.kernel_threads = !u->table.opts.kernel_threads;
	ui_tell(u, u->table.opts.kernel_threads ? "kernel threads are shown"
						: "kernel threads are not shown");
	restale(u);
}

static void fold(struct ui *u, int arg)
{
	struct table *t = &u->table;

	if (!t->opts.tree) {
		ui_pause(u, arg);
		return;
	}
	if (!table_row(u))
		return;
	view_fold(&t->view, table_row(u)->pid, !t->view.lines[t->cursor].folded);
	restale(u);
}

static void follow(struct ui *u, int arg UNUSED)
{
	struct table *t = &u->table;

	t->follow = !t->follow && table_row(u);
	follow_cursor(u);
	u->dirty = true;
}

static void open_detail(struct ui *u, int arg UNUSED)
{
	if (table_row(u))
		ui_push(u, &detail_screen);
}

static bool check_top(struct ui *u UNUSED, const char *text, struct query_error *e)
{
	if (strspn(text, "0123456789") == strlen(text) && strlen(text) < 8)
		return true;
	*e = (struct query_error){.at = 0, .length = strlen(text)};
	snprintf(e->text, sizeof(e->text), "a number below 10000000; 0 or nothing: all");
	return false;
}

static void take_top(struct ui *u, const char *text)
{
	u->table.opts.top = strtoul(text, NULL, 10);
	restale(u);
}

static void ask_top(struct ui *u, int arg UNUSED)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", u->table.opts.top);
	prompt_open(u, "show at most", "0: all processes", text, check_top, take_top);
}

static bool check_filter(struct ui *u UNUSED, const char *text, struct query_error *e)
{
	struct query *q = NULL;
	int err = query_parse(&q, text, e);

	query_free(q);
	return !err;
}

static void table_take_filter(struct ui *u, const char *text)
{
	struct table *t = &u->table;
	struct query_error e;
	struct query *q = NULL;
	char *copy = text[strspn(text, " \t")] ? strdup(text) : NULL;

	if (copy && query_parse(&q, copy, &e)) {
		free(copy);
		return;
	}
	query_free(t->query);
	free(t->filter);
	t->query = q;
	t->costly = false;
	t->filter = copy;
	restale(u);
	events_refilter(u);
}

void table_filter(struct ui *u, int arg UNUSED)
{
	prompt_open(u, "filter", "rss > 1GiB and (name ~ ^postgres or user = www)",
		    u->table.filter ? u->table.filter : "", check_filter, table_take_filter);
}

void table_unfilter(struct ui *u, int arg UNUSED)
{
	if (u->table.filter)
		table_take_filter(u, "");
}

static void table_mouse(struct ui *u, const MEVENT *e)
{
	struct table *t = &u->table;

	if (e->y == t->title_line) {
		for (size_t i = 0; i < t->layout.n; i++)
			if (e->x >= t->layout.x[i] && e->x < t->layout.x[i] + t->layout.width[i])
				table_sort(u, t->layout.columns[i]);
	} else if (e->y >= t->first_line && e->y < t->first_line + t->lines) {
		size_t line = t->top + (size_t)(e->y - t->first_line);

		if (line >= t->view.n)
			return;
		if (line == t->cursor) {
			open_detail(u, 0);
			return;
		}
		t->cursor = line;
		table_move(u, KEY_ACT_NONE);
	}
}

static const struct binding bindings[] = {
	{KEY_ACT_BACK, table_unfilter, 0},
	{KEY_ACT_OPEN, open_detail, 0},
	{KEY_ACT_SORT_LEFT, sort_beside, -1},
	{KEY_ACT_SORT_RIGHT, sort_beside, 1},
	{KEY_ACT_INVERT, invert, 0},
	{KEY_ACT_TREE, toggle_tree, 0},
	{KEY_ACT_KERNEL, toggle_kernel, 0},
	{KEY_ACT_SPACE, fold, 0},
	{KEY_ACT_FOLLOW, follow, 0},
	{KEY_ACT_TOP, ask_top, 0},
	{KEY_ACT_NONE, NULL, 0},
};

/* --- life --- */

static void frame(struct ui *u)
{
	u->table.stale = true;
	u->table.fresh = true;
}

void table_init(struct ui *u)
{
	struct table *t = &u->table;

	t->opts = (struct view_options){.sort = u->o.sort,
					.descending = u->o.descending,
					.top = u->o.top,
					.tree = u->o.tree,
					.kernel_threads = u->o.kernel_threads};
	if (!t->opts.sort) {
		t->opts.sort = column_find(u->o.tool == TOOL_MEMMON ? "rss" : "tot", false);
		t->opts.descending = true;
	}
	t->stale = true;
	if (u->o.filter)
		table_take_filter(u, u->o.filter);
}

void table_release(struct table *t)
{
	view_release(&t->view);
	query_free(t->query);
	free(t->filter);
	free(t->visible);
}

const struct screen table_screen = {
	.name = "processes",
	.bit = KEY_IN_TABLE,
	.frame = frame,
	.draw = draw,
	.go = table_move,
	.status = status,
	.mouse = table_mouse,
	.bindings = bindings,
};
