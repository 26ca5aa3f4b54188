/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The screen of one process: who it is, what it holds, how that grows, what it asks the kernel for.
 * It keeps what is known of the process, also when that has ended; the page is text, made anew when
 * a figure or the width has changed.
 */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/lesser.h"
#include "monitor/ui/ui_spark.h"
#include "monitor/view/column.h"

/* --- the page --- */

enum { LABEL_CELLS = 10, CHART_CELLS_MAX = 160, BAR_CELLS_MAX = 60, BUCKETS_SHOWN = 12 };

static void label(struct page *p, const char *text)
{
	style_begin(&p->text, STYLE_LABEL);
	strbuf_addf(&p->text, "%-*s", LABEL_CELLS, text);
	style_end(&p->text);
}

/* Bytes from outside, made harmless, up to the right edge. */
static void text_line(struct ui *u, const char *name, const char *text)
{
	struct page *p = &u->detail.page;

	label(p, name);
	if (text[0])
		column_text(text, MAX(u->width - LABEL_CELLS, 1), &p->text);
	else
		strbuf_addch(&p->text, '-');
	page_line(p);
}

static void figure_name(struct strbuf *sb, const char *name)
{
	style_begin(sb, STYLE_LABEL);
	strbuf_addstr(sb, name);
	style_end(sb);
}

static void figure(struct ui *u, const char *name, enum field f)
{
	const struct proc_row *row = &u->detail.row;
	struct strbuf *sb = &u->detail.page.text;

	figure_name(sb, name);
	strbuf_addch(sb, ' ');
	for (const struct column *c = columns; c->key; c++) {
		if (c->kind != COLUMN_NUMBER || c->field != f)
			continue;
		column_format(c, row, u->human || c->unit == UNIT_S, sb);
		break;
	}
	strbuf_addstr(sb, "  ");
}

static void add_identity(struct ui *u)
{
	struct detail *d = &u->detail;
	struct page *p = &d->page;

	text_line(u, "command", d->proc.command);
	text_line(u, "program", d->proc.executable);
	text_line(u, "cgroup", d->proc.cgroup);
	label(p, "process");
	strbuf_addf(&p->text, "pid %u  parent ", d->row.pid);
	if (d->row.ppid == ROW_UNKNOWN)
		strbuf_addch(&p->text, '-');
	else
		strbuf_addf(&p->text, "%u", d->row.ppid);
	strbuf_addf(&p->text, "  state %c  ", d->row.state ? d->row.state : '?');
	figure(u, "threads", FIELD_THREADS);
	figure(u, "age", FIELD_AGE);
	figure_name(&p->text, "user ");
	column_text(d->proc.user[0] ? d->proc.user : column_user(d->row.uid), 20, &p->text);
	page_line(p);
}

static void add_detail_kb(struct strbuf *sb, const char *name, double kb)
{
	figure_name(sb, name);
	if (isnan(kb))
		strbuf_addstr(sb, " -  ");
	else
		strbuf_addf(sb, " %.0f  ", kb);
}

static void add_memory(struct ui *u)
{
	struct detail *d = &u->detail;
	struct page *p = &d->page;

	label(p, "memory kB");
	figure(u, "RSS", FIELD_RSS);
	figure(u, "VIRT", FIELD_VIRT);
	figure(u, "PEAK", FIELD_PEAK);
	page_line(p);
	label(p, "");
	add_detail_kb(&p->text, "PSS", d->proc.pss_kb);
	add_detail_kb(&p->text, "USS", d->proc.uss_kb);
	add_detail_kb(&p->text, "swap", d->proc.swap_kb);
	if (d->proc.lazyfree_kb > 0)
		add_detail_kb(&p->text, "lazyfree", d->proc.lazyfree_kb);
	if (d->proc_error == -ENOTSUP) {
		strbuf_addstr(&p->text, "not in a recording");
	} else if (d->proc.why_not[0]) {
		style_begin(&p->text, STYLE_NOTICE);
		column_text(d->proc.why_not, 80, &p->text);
		style_end(&p->text);
	} else if (!d->proc_error) {
		strbuf_addstr(&p->text, "read at ");
		add_clock(&p->text, d->proc_time_ns, false);
		strbuf_addstr(&p->text, "; r: again");
	}
	page_line(p);
}

/* What of the mapped it holds, what it gave back, and how far it is from its limit. */
static void add_held(struct ui *u)
{
	struct page *p = &u->detail.page;
	const double *v = u->detail.row.v;

	if (!isnan(v[FIELD_HELD])) {
		label(p, "held kB");
		figure(u, "HELD", FIELD_HELD);
		figure(u, "swap", FIELD_SWAP);
		figure(u, "huge pages", FIELD_HUGETLB);
		figure(u, "shared", FIELD_SHARED);
		page_line(p);
		label(p, "");
		figure(u, "% of the mapped", FIELD_TOUCHED);
		figure(u, "given back", FIELD_BACK);
		if (v[FIELD_MMAP_BYTES] > 0)
			strbuf_addf(&p->text, "unmapped %.0f %% of what it mapped",
				    lesser(100 * v[FIELD_MUNMAP_BYTES] / v[FIELD_MMAP_BYTES], 999));
		page_line(p);
	}
	if (!isnan(v[FIELD_LIMIT])) {
		label(p, "limit kB");
		figure(u, "of its cgroup", FIELD_LIMIT);
		figure(u, "left", FIELD_ROOM);
		if (!isnan(v[FIELD_LEFT])) {
			figure(u, "reached in", FIELD_LEFT);
			figure(u, "from", FIELD_LEFT_LOW);
			figure(u, "to", FIELD_LEFT_HIGH);
		}
		page_line(p);
	}
}

/* A line of figures, ended by one without a name. */
struct figures {
	const char *label;
	struct {
		const char *name;
		enum field field;
	} figure[6];
};

static const struct figures calls[] = {
	{"calls",
	 {{"MMAP#", FIELD_MMAP},
	  {"MUNMAP#", FIELD_MUNMAP},
	  {"BRK#", FIELD_BRK},
	  {"MREMAP#", FIELD_MREMAP},
	  {"failed", FIELD_FAILED}}},
	{"per s",
	 {{"mmap", FIELD_MMAP_RATE}, {"munmap", FIELD_MUNMAP_RATE}, {"brk", FIELD_BRK_RATE}}},
	{"bytes",
	 {{"mapped", FIELD_MMAP_BYTES},
	  {"unmapped", FIELD_MUNMAP_BYTES},
	  {"in use by these calls", FIELD_USAGE}}},
};

static const struct figures cpu[] = {
	{"CPU %",
	 {{"%USR", FIELD_USR},
	  {"%SYS", FIELD_SYS},
	  {"%TOT", FIELD_TOT},
	  {"switches/s", FIELD_SWITCH_RATE}}},
	{"ms", {{"user", FIELD_USER_MS}, {"kernel", FIELD_SYSTEM_MS}, {"total", FIELD_TOTAL_MS}}},
};

static void add_figures(struct ui *u, const struct figures *lines, size_t n)
{
	struct page *p = &u->detail.page;

	for (size_t i = 0; i < n; i++) {
		label(p, lines[i].label);
		for (size_t f = 0; lines[i].figure[f].name; f++)
			figure(u, lines[i].figure[f].name, lines[i].figure[f].field);
		page_line(p);
	}
}

static size_t chart_cells(const struct ui *u)
{
	return (size_t)MAX(1, MIN(u->width - LABEL_CELLS - 24, CHART_CELLS_MAX));
}

static void chart(struct ui *u, const char *name, const double *y, size_t n, unsigned int lines,
		  bool bytes)
{
	struct page *p = &u->detail.page;
	struct spark_range r = spark_range_of(y, n);

	for (unsigned int line = 0; line < lines; line++) {
		label(p, line ? "" : name);
		style_begin(&p->text, STYLE_BAR);
		spark_chart(y, n, r, lines, line, u->o.ascii, &p->text);
		style_end(&p->text);
		if (!line || line + 1 == lines) {
			double v = line + 1 == lines && lines > 1 ? r.low : r.high;

			strbuf_addstr(&p->text, lines > 1 ? "  " : "  at most ");
			if (bytes)
				add_kb(&p->text, v / 1024);
			else
				add_number(&p->text, v);
		}
		page_line(p);
	}
}

static void add_history(struct ui *u)
{
	struct detail *d = &u->detail;
	struct page *p = &d->page;
	double y[HISTORY_SAMPLES], age_s[HISTORY_SAMPLES], steps[CHART_CELLS_MAX];
	size_t cells = chart_cells(u), n = history_rss(u->o.history, &d->row, y, age_s);
	struct trend trend;

	if (n > 1) {
		char name[32];

		spark_steps(age_s, y, n, steps, cells);
		snprintf(name, sizeof(name), age_s[0] < 120 ? "RSS %.0fs" : "RSS %.0fm",
			 age_s[0] < 120 ? age_s[0] : age_s[0] / 60);
		chart(u, name, steps, cells, u->height >= 40 ? 6 : 3, true);
	}
	history_trend(u->o.history, &d->row, &trend);
	label(p, "trend");
	if (trend.verdict == VERDICT_GROWING)
		style_begin(&p->text, STYLE_NOTICE);
	trend_words(&trend, &p->text);
	style_end(&p->text);
	page_line(p);
	if (u->o.tool != TOOL_MEMMON)
		return;
	n = history_calls(u->o.history, &d->row, y);
	if (n) {
		size_t from = n > cells ? n - cells : 0;

		chart(u, "calls/s", y + from, n - from, 1, false);
	} else {
		label(p, "calls/s");
		strbuf_addstr(&p->text, "not known yet");
		page_line(p);
	}
}

/* Counts of @step buckets together, so that they fit. */
static void add_bars(struct ui *u, size_t low, size_t high, size_t step)
{
	struct detail *d = &u->detail;
	struct page *p = &d->page;
	uint64_t sums[SIZE_BUCKETS] = {0}, max = 0;
	unsigned int cells = (unsigned int)MAX(1, MIN(u->width - 36, BAR_CELLS_MAX));

	for (size_t i = low; i <= high; i++) {
		sums[(i - low) / step] += d->sizes[i];
		max = MAX(max, sums[(i - low) / step]);
	}
	for (size_t i = low; i <= high; i += step) {
		struct strbuf from = STRBUF_INIT;

		if (i < 10)
			strbuf_addf(&from, "%u B", 1u << i);
		else
			add_kb(&from, (double)(1ULL << (i - 10)));
		label(p, "");
		strbuf_addf(&p->text, "from %9s %10" PRIu64 " ", from.s, sums[(i - low) / step]);
		style_begin(&p->text, STYLE_BAR);
		spark_bar((double)sums[(i - low) / step], (double)max, cells, u->o.ascii, &p->text);
		style_end(&p->text);
		page_line(p);
		strbuf_release(&from);
	}
}

static void add_sizes(struct ui *u)
{
	struct detail *d = &u->detail;
	struct page *p = &d->page;
	size_t low = SIZE_BUCKETS, high = 0;
	uint64_t total = 0;

	for (size_t i = 0; d->has_sizes && i < SIZE_BUCKETS; i++) {
		total += d->sizes[i];
		if (!d->sizes[i])
			continue;
		low = MIN(low, i);
		high = i;
	}
	label(p, "sizes");
	if (!total)
		strbuf_addstr(&p->text, u->events.error
						? "this monitor has no events to know them by"
						: "of events from now on: none seen yet");
	else
		strbuf_addf(&p->text, "of %" PRIu64 " events seen", total);
	page_line(p);
	if (total)
		add_bars(u, low, high, (high - low) / BUCKETS_SHOWN + 1);
}

static void detail_build(struct ui *u)
{
	struct detail *d = &u->detail;

	page_reset(&d->page);
	add_identity(u);
	add_memory(u);
	add_held(u);
	if (u->o.tool == TOOL_MEMMON)
		add_figures(u, calls, ARRAY_SIZE(calls));
	else
		add_figures(u, cpu, ARRAY_SIZE(cpu));
	add_history(u);
	if (u->o.tool == TOOL_MEMMON)
		add_sizes(u);
	d->stale = false;
	d->width = u->width;
}

/* --- the screen --- */

static void read_detail(struct ui *u, int arg UNUSED)
{
	struct detail *d = &u->detail;
	struct proc_detail got;
	int err = source_detail(u->o.source, &d->row, &got);

	u->dirty = true;
	d->stale = true;
	d->proc_error = err;
	if (!err) {
		d->proc = got;
		d->proc_time_ns = u->frame->time_ns;
	} else if (err == -ESRCH) {
		d->ended = true;
	}
}

static void take_row(struct detail *d, const struct proc_row *row)
{
	/* Of one that has ended /proc says nothing more: what it said before stays. */
	for (int i = 0; i < FIELD_COUNT; i++) {
		double now = row_value(row, (enum field)i);

		if (!isnan(now) || !(row->flags & ROW_ENDED && d->row.v))
			d->v[i] = now;
	}
	d->row = *row;
	d->row.v = d->v;
	d->has_sizes = row->sizes != NULL;
	if (row->sizes)
		memcpy(d->sizes, row->sizes, sizeof(d->sizes));
	d->row.sizes = NULL; /* of a frame that goes */
	d->row.text = NULL;
	d->stale = true;
}

static void frame(struct ui *u)
{
	struct detail *d = &u->detail;
	struct proc_row *row = frame_find(u->frame, d->row.pid);

	d->stale = true;
	if (!row || row->start_ns != d->row.start_ns) {
		d->ended = true;
		return;
	}
	if (row_wants_refining(row) && !u->kept) {
		uint32_t at = (uint32_t)(row - u->frame->rows);

		source_refine(u->o.source, u->frame, &at, 1);
	}
	d->ended |= row->flags & ROW_ENDED;
	take_row(d, row);
}

static int open_screen(struct ui *u)
{
	struct detail *d = &u->detail;
	const struct proc_row *row = table_row(u);

	if (!row)
		return -ENOENT;
	d->row.v = NULL;
	take_row(d, row);
	d->ended = row->flags & ROW_ENDED;
	d->proc = (struct proc_detail){
		.pss_kb = NAN, .uss_kb = NAN, .swap_kb = NAN, .lazyfree_kb = NAN};
	d->page.top = 0;
	read_detail(u, 0);
	if (u->o.tool == TOOL_MEMMON)
		events_want(u, true);
	return 0;
}

static void close_screen(struct ui *u)
{
	if (u->o.tool == TOOL_MEMMON)
		events_want(u, false);
}

static void draw(struct ui *u)
{
	struct detail *d = &u->detail;
	struct strbuf title = STRBUF_INIT;
	int y;

	strbuf_addf(&title, "Process %u ", d->row.pid);
	column_text(d->row.name, 15, &title);
	strbuf_addstr(&title, " - Esc: back  p: pause  u: units  r: read again  h: help");
	y = header_draw(u, title.s, false);
	strbuf_release(&title);
	if (d->ended)
		ui_print(u, y++, 0, u->width, STYLE_LOSS,
			 "it has ended; what follows is what was known last");
	if (d->stale || d->width != u->width)
		detail_build(u);
	page_draw(u, &d->page, y, u->height - 1 - y);
}

static void status(struct ui *u, struct strbuf *left, struct strbuf *right)
{
	const struct page *p = &u->detail.page;

	strbuf_addstr(left, "Esc: back to the table");
	strbuf_addf(right, "line %zu/%zu", p->top + 1, p->lines);
}

static void scroll_by(struct ui *u, enum key_action action)
{
	u->dirty |= page_scroll(&u->detail.page, action, u->height - 6);
}

static const struct binding bindings[] = {
	{KEY_ACT_AGAIN, read_detail, 0},
	{KEY_ACT_NONE, NULL, 0},
};

const struct screen detail_screen = {
	.name = "detail",
	.bit = KEY_IN_DETAIL,
	.open = open_screen,
	.close = close_screen,
	.frame = frame,
	.draw = draw,
	.go = scroll_by,
	.status = status,
	.bindings = bindings,
};
