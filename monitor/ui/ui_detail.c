/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The screen of one process: keeps what is known of it, also when it has ended. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <math.h>
#include <string.h>

#include "monitor/view/column.h"

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
	d->row = *row;
	d->has_sizes = row->sizes != NULL;
	if (row->sizes)
		memcpy(d->sizes, row->sizes, sizeof(d->sizes));
	d->row.sizes = NULL; /* of a frame that goes */
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
	/* Of one that has ended /proc says nothing more: what it said before stays. */
	for (int i = 0; row->flags & ROW_ENDED && i < FIELD_COUNT; i++)
		row->v[i] = isnan(row->v[i]) ? d->row.v[i] : row->v[i];
	take_row(d, row);
}

static int open_screen(struct ui *u)
{
	struct detail *d = &u->detail;
	const struct proc_row *row = table_row(u);

	if (!row)
		return -ENOENT;
	take_row(d, row);
	d->ended = row->flags & ROW_ENDED;
	d->proc = (struct proc_detail){.pss_kb = NAN, .uss_kb = NAN, .swap_kb = NAN};
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
