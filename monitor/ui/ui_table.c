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

/* Of groups so many members are read for the screen; in larger ones the rest is approximate. */
enum { MEMBERS = 512 };

/* --- the view --- */

static bool row_is(const struct proc_row *r, uint32_t pid, uint64_t start_ns)
{
	return r->pid == pid && r->start_ns == start_ns;
}

/* Exact may be what was read, while the peak was not: it costs a file more. */
bool row_wants_refining(const struct proc_row *r)
{
	return !(r->flags & (ROW_ENDED | ROW_KERNEL | ROW_HIDDEN)) &&
	       (!(r->flags & ROW_EXACT) || isnan(row_value(r, FIELD_PEAK)));
}

static const struct proc_row *line_row(const struct ui *u, size_t line)
{
	const struct view *v = &u->table.view;

	return &view_frame(v, u->frame)->rows[v->lines[line].row];
}

static bool line_is_there(const struct ui *u)
{
	const struct table *t = &u->table;
	const struct frame *f = view_frame(&t->view, u->frame);

	for (size_t i = 0; i < f->n; i++)
		if (f->rows[i].pid == t->pid &&
		    (!t->view.grouped || f->rows[i].start_ns == t->start_ns))
			return true;
	return false;
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
	if (t->follow && !line_is_there(u)) {
		char text[64] = "that group has gone; no longer following";

		if (t->pid != ROW_UNKNOWN)
			snprintf(text, sizeof(text), "process %u has ended; no longer following",
				 t->pid);
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

static bool scratch(struct table *t, size_t rows)
{
	uint32_t *more;

	if (rows <= t->visible_cap)
		return true;
	more = realloc(t->visible, rows * sizeof(*more));
	if (!more)
		return false;
	t->visible = more;
	t->visible_cap = rows;
	return true;
}

/* Of those that are summed up; who does not match need not wait its turn. */
static void read_summed(struct ui *u, unsigned int reads)
{
	struct table *t = &u->table;
	size_t n = 0;

	if (!reads || !scratch(t, u->frame->n))
		return;
	for (size_t i = 0; i < u->frame->n; i++)
		if (view_matches(&t->opts, &u->frame->rows[i]))
			t->visible[n++] = (uint32_t)i;
	source_read(u->o.source, u->frame, t->visible, n, reads | READ_IN_TURN);
}

static void build(struct ui *u)
{
	struct table *t = &u->table;
	unsigned int reads;

	t->opts.query = t->query;
	reads = query_reads(t->query) | column_reads(t->opts.sort) | group_reads(t->opts.group);
	if (reads && !u->kept)
		source_read(u->o.source, u->frame, NULL, 0, reads | READ_IN_TURN);
	if (!u->kept && !(reads & READ_SUMS))
		read_summed(u, table_sum_reads(u) & ~reads);
	else if (!u->kept)
		source_read(u->o.source, u->frame, NULL, 0, table_sum_reads(u) | READ_IN_TURN);
	if ((reads & READ_SUMS && view_sum(&t->sums, u->frame, &t->opts)) ||
	    view_build(&t->view, u->frame, &t->opts)) {
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

static bool is_visible(const struct table *t, uint32_t group)
{
	for (size_t i = t->top; i < t->view.n && i < t->top + (size_t)MAX(t->lines, 0); i++)
		if (t->view.lines[i].row == group)
			return true;
	return false;
}

/* Members of the groups on the screen, as many as there is room for. */
static size_t choose_members(struct ui *u, size_t room)
{
	struct table *t = &u->table;
	size_t n = 0;

	for (size_t i = 0; i < u->frame->n && n < room; i++)
		if (t->view.groups.of_row[i] != UINT32_MAX &&
		    row_wants_refining(&u->frame->rows[i]) &&
		    is_visible(t, t->view.groups.of_row[i]))
			t->visible[n++] = (uint32_t)i;
	return n;
}

/* Reads what the visible rows really have; true when something was read. */
static bool refine_visible(struct ui *u)
{
	struct table *t = &u->table;
	size_t n = 0, lines = (size_t)MAX(t->lines, 0), room = t->view.grouped ? MEMBERS : lines;

	if (!scratch(t, room))
		return false;
	if (t->view.grouped)
		n = choose_members(u, room);
	for (size_t i = t->top; !t->view.grouped && i < t->view.n && i < t->top + lines; i++)
		if (row_wants_refining(line_row(u, i)))
			t->visible[n++] = t->view.lines[i].row;
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
	if (refine_visible(u) && (t->fresh || view_lines(&t->opts) != LINES_PROCESSES)) {
		build(u);
		refine_visible(u);
	}
	t->fresh = false;
}

/* --- cells --- */

static bool fits(const struct strbuf *text, size_t from, int width)
{
	return ui_cells(text->s + from) <= width;
}

static void cell_text(const struct ui *u, const struct column *c, const struct proc_row *row,
		      int width, struct strbuf *out)
{
	size_t from = out->len;

	column_format(c, row, u->human, out);
	if (!table_is_number(c) || fits(out, from, width))
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

static void cell_name(struct ui *u, size_t line, int width, struct strbuf *out)
{
	const struct table *t = &u->table;
	const struct view_line *l = &t->view.lines[line];

	if (t->view.sums)
		add_branch(u, l, out);
	if (l->folded)
		strbuf_addch(out, '+');
	column_text(row_name(line_row(u, line)), width - ui_cells(out->s), out);
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

		if (sorted && blank > 0 && !table_is_number(c))
			strbuf_addf(&text, "%s%s", c->title, mark);
		else if (sorted && blank > 0)
			strbuf_addf(&text, "%*s%s%s", blank - 1, "", mark, c->title);
		else if (table_is_number(c))
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
	struct proc_row row;
	enum style base = STYLE_NORMAL;
	struct strbuf cell = STRBUF_INIT;

	view_row(&t->view, u->frame, line, &row);
	if (line == t->cursor)
		base = STYLE_CURSOR;
	else if (l->context || row.flags & ROW_ENDED)
		base = STYLE_DIM;
	else if (row.verdict == VERDICT_GROWING)
		base = STYLE_GROWS;
	ui_fill(u, y, 0, u->width, base, "");
	for (size_t i = 0; i < t->layout.n; i++) {
		const struct column *c = t->layout.columns[i];
		int width = t->layout.width[i];
		enum style s = base;

		strbuf_reset(&cell);
		if (c->kind == COLUMN_NAME)
			cell_name(u, line, width, &cell);
		else
			cell_text(u, c, &row, width, &cell);
		/* What nobody can know yet is no verdict. */
		if (c->kind == COLUMN_VERDICT && row.verdict == VERDICT_TOO_EARLY) {
			strbuf_reset(&cell);
			strbuf_addch(&cell, '-');
			s = base == STYLE_CURSOR ? base : STYLE_DIM;
		}
		ui_print(u, y, t->layout.x[i] + (table_is_number(c) ? width - ui_cells(cell.s) : 0),
			 width, s, cell.s);
		/* Without colours the mark says it. */
		if (c->kind == COLUMN_NAME && row.verdict == VERDICT_GROWING &&
		    !(row.flags & ROW_ENDED))
			ui_print(u, y, t->layout.x[i] + width - 1, 1, base, u->o.ascii ? "^" : "▲");
	}
	strbuf_release(&cell);
}

static void read_visible(struct ui *u)
{
	struct table *t = &u->table;
	unsigned int reads = 0;

	for (size_t i = 0; i < t->layout.n; i++)
		reads |= column_reads(t->layout.columns[i]);
	for (size_t i = t->top; reads && !u->kept && !t->view.grouped && i < t->view.n; i++) {
		if (i >= t->top + (size_t)MAX(t->lines, 0))
			break;
		source_read(u->o.source, u->frame, &t->view.lines[i].row, 1, reads);
	}
}

static void draw(struct ui *u)
{
	struct table *t = &u->table;
	const char *title = t->shows == TOOL_MEMMON ? "Memory Monitor" : "CPU Monitor";
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
	read_visible(u);
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

	if (t->opts.group)
		strbuf_addf(left, "Enter: its processes  b: by %s  Tab: %s",
			    t->opts.group == GROUP_BY_NAME   ? "user"
			    : t->opts.group == GROUP_BY_USER ? "cgroup"
							     : "nothing",
			    t->shows == TOOL_MEMMON ? "CPU" : "memory");
	else
		strbuf_addf(left, "Enter: detail  %s%s  Tab: %s",
			    u->o.tool == TOOL_MEMMON ? "e: events  " : "",
			    t->opts.tree ? "Space: fold  t: flat" : "p: pause  F: follow  b: group",
			    t->shows == TOOL_MEMMON ? "CPU" : "memory");
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
	u->table.opts.group = GROUP_BY_NOTHING;
	restale(u);
}

/* By name, user, control group, nothing. */
static void next_group(struct ui *u, int arg UNUSED)
{
	struct table *t = &u->table;

	t->opts.tree = t->follow = false;
	t->opts.group = (t->opts.group + 1) % GROUP_BYS;
	if (t->opts.group == GROUP_BY_CGROUP && source_recorded(u->o.source)) {
		t->opts.group = GROUP_BY_NOTHING;
		ui_tell(u, "a recording has no control groups");
	}
	restale(u);
}

/* The other tool's columns, and back. */
static void other_columns(struct ui *u, int arg UNUSED)
{
	struct table *t = &u->table;
	uint32_t none = 0;

	if (!u->frame)
		return;
	if (t->shows == TOOL_MEMMON && !(u->frame->fields & FIELD_BIT(FIELD_USER_MS))) {
		if (source_recorded(u->o.source) || u->kept) {
			ui_tell(u,
				u->kept ? "times on a CPU are not in this frame; go on with p first"
					: "this recording has no times on a CPU");
			return;
		}
		source_read(u->o.source, u->frame, &none, 0, READ_TIMES);
		u->wish = UI_SAMPLE;
	}
	table_other(u);
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

static void table_take_filter(struct ui *u, const char *text);

/* As a query has it: a backslash takes the meaning of the quotation mark alone. */
static void add_quoted(struct strbuf *out, const char *name)
{
	char mark = strchr(name, '"') ? '\'' : '"';

	strbuf_addch(out, mark);
	for (; *name; name++) {
		if (*name == mark)
			strbuf_addch(out, '\\');
		strbuf_addch(out, *name);
	}
	strbuf_addch(out, mark);
}

/* The processes of the group at the cursor, until Esc. */
static void open_group(struct ui *u)
{
	struct table *t = &u->table;
	const char *name = row_name(table_row(u));
	enum group_by by = t->opts.group;
	struct strbuf filter = STRBUF_INIT;
	char *before = t->filter ? strdup(t->filter) : NULL;

	if (before)
		strbuf_addf(&filter, "(%s) and ", before);
	strbuf_addf(&filter, "%s = ", group_by_names[by]);
	if (by == GROUP_BY_CGROUP && !strcmp(name, "-"))
		strbuf_addch(&filter, '?');
	else
		add_quoted(&filter, name);
	t->opts.group = GROUP_BY_NOTHING;
	t->follow = false;
	table_take_filter(u, filter.s);
	t->opened = by;
	t->before = before;
	strbuf_release(&filter);
}

/* Esc: back to the groups, else no filter. */
static void leave_group(struct ui *u, int arg)
{
	struct table *t = &u->table;
	enum group_by by = t->opened;
	char *before = t->before;

	if (!by) {
		table_unfilter(u, arg);
		return;
	}
	t->before = NULL;
	table_take_filter(u, before ? before : "");
	free(before);
	t->opts.group = by;
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
	if (table_row(u) && u->table.opts.group)
		open_group(u);
	else if (table_row(u))
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

/* --- search: the cursor goes to the next row whose name has the text, while it is typed --- */

static bool name_has(const struct proc_row *row, const char *text)
{
	return strcasestr(row_name(row), text) != NULL;
}

/* From the line @from on, round the end. */
static bool find_name(struct ui *u, const char *text, size_t from)
{
	struct table *t = &u->table;

	for (size_t i = 0; i < t->view.n; i++) {
		size_t line = (from + i) % t->view.n;

		if (!name_has(line_row(u, line), text))
			continue;
		t->cursor = line;
		table_move(u, KEY_ACT_NONE);
		return true;
	}
	return false;
}

/* Beyond the lines that the table has room for: it gets as many as lead to that name. */
static bool find_more(struct ui *u, const char *text)
{
	struct table *t = &u->table;
	size_t top = t->opts.top;
	bool found;

	if (t->view.n >= t->view.matched)
		return false;
	t->opts.top = 0;
	build(u);
	found = find_name(u, text, 0);
	t->opts.top = found ? MAX(top, t->cursor + 1) : top;
	build(u);
	return found;
}

static bool check_search(struct ui *u, const char *text, struct query_error *e)
{
	struct table *t = &u->table;

	if (!text[0] || !table_row(u) || find_name(u, text, t->search_from) || find_more(u, text))
		return true;
	*e = (struct query_error){.at = 0, .length = strlen(text)};
	snprintf(e->text, sizeof(e->text), "no name has this");
	return false;
}

static void take_search(struct ui *u UNUSED, const char *text UNUSED)
{
}

static void search(struct ui *u, int arg UNUSED)
{
	/* Again: the next one. */
	u->table.search_from = u->table.cursor + (u->table.searched ? 1 : 0);
	u->table.searched = true;
	prompt_open(u, "search", "part of a name; Enter stays there, again: the next", "",
		    check_search, take_search);
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
	free(t->before);
	t->before = NULL;
	t->opened = GROUP_BY_NOTHING;
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
	{KEY_ACT_BACK, leave_group, 0},	      {KEY_ACT_OPEN, open_detail, 0},
	{KEY_ACT_SORT_LEFT, sort_beside, -1}, {KEY_ACT_SORT_RIGHT, sort_beside, 1},
	{KEY_ACT_INVERT, invert, 0},	      {KEY_ACT_TREE, toggle_tree, 0},
	{KEY_ACT_KERNEL, toggle_kernel, 0},   {KEY_ACT_SPACE, fold, 0},
	{KEY_ACT_FOLLOW, follow, 0},	      {KEY_ACT_TOP, ask_top, 0},
	{KEY_ACT_SEARCH, search, 0},	      {KEY_ACT_GROUP, next_group, 0},
	{KEY_ACT_OTHER, other_columns, 0},    {KEY_ACT_NONE, NULL, 0},
};

/* --- life --- */

static void frame(struct ui *u)
{
	u->table.stale = true;
	u->table.fresh = true;
}

static size_t take_chosen(const struct column *chosen[64], const struct column *const *from)
{
	size_t n = 0;

	for (; from && from[n] && n < 64; n++)
		chosen[n] = from[n];
	return n;
}

void table_init(struct ui *u)
{
	struct table *t = &u->table;

	t->opts = (struct view_options){.sort = u->o.sort,
					.descending = u->o.descending,
					.top = u->o.top,
					.tree = u->o.tree,
					.group = u->o.group,
					.kernel_threads = u->o.kernel_threads};
	if (!t->opts.sort) {
		t->opts.sort = column_find(u->o.tool == TOOL_MEMMON ? "rss" : "tot");
		t->opts.descending = true;
	}
	t->shows = u->o.tool;
	t->other.sort = u->o.other_sort;
	t->other.descending = u->o.other_descending;
	if (!t->other.sort) {
		t->other.sort = column_find(u->o.tool == TOOL_MEMMON ? "tot" : "rss");
		t->other.descending = true;
	}
	t->stale = true;
	t->nchosen = take_chosen(t->chosen, u->o.columns);
	t->other.nchosen = take_chosen(t->other.chosen, u->o.other_columns);
	if (u->o.filter)
		table_take_filter(u, u->o.filter);
}

void table_release(struct table *t)
{
	view_release(&t->view);
	view_sums_release(&t->sums);
	query_free(t->query);
	free(t->filter);
	free(t->before);
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
