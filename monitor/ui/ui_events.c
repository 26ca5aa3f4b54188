/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The events: single calls as the ring brings them, with their rates, scrolled back at will. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/view/column.h"

/* In the numbers of enum mem_event_type and enum fast_event_type, and of the keys 1 to 4. */
static const struct {
	uint8_t type;
	const char *name;
} types[] = {{2, "mmap"}, {3, "munmap"}, {4, "brk"}, {5, "mremap"}};

static const uint64_t least_sizes[] = {0, 1, 4096, 65536, 1 << 20, 16 << 20, 256 << 20, 1ULL << 30};

static const char *type_name(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return "other";
}

void events_want(struct ui *u, bool on)
{
	struct events *e = &u->events;
	/* On from the start (--events): they stay so. What a frame says later is our own doing. */
	bool foreign = !e->touched && u->frame && u->frame->own.events_on;

	if (!on) {
		if (--e->wanted == 0 && e->switched_on) {
			source_events(u->o.source, false);
			e->switched_on = false;
		}
		return;
	}
	if (e->wanted++ || foreign)
		return;
	e->touched = true;
	e->error = source_events(u->o.source, true);
	e->switched_on = !e->error;
}

/* --- keeping --- */

/* A process that has ended before the frame has no row: what is known of it then. */
static bool matches(struct ui *u, const struct event *r)
{
	struct proc_row *row, gone = {.pid = r->tgid, .state = '?'};

	if (!u->table.query)
		return true;
	row = u->frame ? frame_find(u->frame, r->tgid) : NULL;
	if (row)
		return query_match(u->table.query, row);
	memcpy(gone.name, r->comm, sizeof(gone.name));
	gone.name[sizeof(gone.name) - 1] = '\0';
	return query_match(u->table.query, &gone);
}

/* Which processes match, in a table of its own: events come while the source makes its next frame
 * of this one. */
static void judge_processes(struct ui *u)
{
	struct events *e = &u->events;
	const struct frame *f = u->frame;
	struct event_match *more;

	e->nmatch = 0;
	if (!u->table.query || !f)
		return;
	more = realloc(e->match, f->n * sizeof(*more));
	if (!more)
		return; /* all are kept then, and judged when they are here */
	e->match = more;
	query_look(u->table.query);
	for (size_t i = 0; i < f->n; i++)
		more[e->nmatch++] = (struct event_match){
			.pid = f->rows[i].pid, .matches = query_match(u->table.query, &f->rows[i])};
}

static int by_pid(const void *key, const void *with)
{
	const uint32_t pid = *(const uint32_t *)key,
		       other = ((const struct event_match *)with)->pid;

	return (pid > other) - (pid < other);
}

/* Of a busy machine a frame keeps the latest few only: what nobody would see takes no room. */
static bool keep(void *arg, const struct event *r)
{
	const struct ui *u = arg;
	const struct events *e = &u->events;
	const struct event_match *m;

	if (e->hidden >> MIN(r->value[MEM_EVENT_TYPE], EVENT_TYPES - 1) & 1 ||
	    r->value[MEM_EVENT_SIZE] < least_sizes[e->size_step])
		return false;
	if (!e->nmatch)
		return true;
	m = bsearch(&r->tgid, e->match, e->nmatch, sizeof(*m), by_pid);
	return !m || m->matches; /* one that has begun since is judged when it is here */
}

/* What does not match takes no room here either, so that what does can be scrolled back far. */
static void frame(struct ui *u)
{
	struct events *e = &u->events;
	const struct frame *f = u->frame;
	size_t n[EVENT_TYPES] = {0};

	judge_processes(u);
	for (size_t i = 0; e->ring && i < f->nevents; i++) {
		const struct event *r = &f->events[i].record;

		if (!matches(u, r))
			continue;
		n[MIN(r->value[MEM_EVENT_TYPE], EVENT_TYPES - 1)]++;
		e->ring[e->added++ % EVENTS_KEPT] =
			(struct seen){.record = *r,
				      .time_ns = f->time_ns - (f->mono_ns - r->timestamp_ns),
				      .matches = true};
	}
	for (size_t i = 0; i < EVENT_TYPES; i++)
		e->rate[i] = (double)n[i] / f->interval_s;
	e->full = f->nevents == FRAME_EVENTS_MAX;
}

void events_refilter(struct ui *u)
{
	struct events *e = &u->events;
	uint64_t first = e->added > EVENTS_KEPT ? e->added - EVENTS_KEPT : 0;

	judge_processes(u);
	for (uint64_t i = first; e->ring && i < e->added; i++)
		e->ring[i % EVENTS_KEPT].matches = matches(u, &e->ring[i % EVENTS_KEPT].record);
}

static int open_screen(struct ui *u)
{
	struct events *e = &u->events;

	if (!e->ring)
		e->ring = malloc(EVENTS_KEPT * sizeof(*e->ring));
	if (!e->ring) {
		ui_tell(u, "no memory for the events");
		return -ENOMEM;
	}
	e->tail = true;
	judge_processes(u);
	events_want(u, true);
	/* A recording is of all events, whoever looks. */
	if (!u->o.recording)
		source_keep_events(u->o.source, keep, u);
	return 0;
}

static void close_screen(struct ui *u)
{
	source_keep_events(u->o.source, NULL, NULL);
	events_want(u, false);
}

void events_release(struct events *e)
{
	free(e->ring);
	free(e->match);
	e->ring = NULL;
	e->match = NULL;
}

/* --- walking over what is shown --- */

static bool is_shown(const struct events *e, uint64_t i)
{
	const struct seen *s = &e->ring[i % EVENTS_KEPT];

	return s->matches &&
	       !(e->hidden >> MIN(s->record.value[MEM_EVENT_TYPE], EVENT_TYPES - 1) & 1) &&
	       s->record.value[MEM_EVENT_SIZE] >= least_sizes[e->size_step];
}

static uint64_t first_kept(const struct events *e)
{
	return e->added > EVENTS_KEPT ? e->added - EVENTS_KEPT : 0;
}

/* The end of a page whose last line is @lines shown events before @end. */
static uint64_t back(const struct events *e, uint64_t end, int lines)
{
	while (lines > 0 && end > first_kept(e))
		lines -= is_shown(e, --end);
	return end;
}

static uint64_t forward(const struct events *e, uint64_t end, int lines)
{
	while (lines > 0 && end < e->added)
		lines -= is_shown(e, end++);
	return end;
}

static void scroll_by(struct ui *u, enum key_action action)
{
	struct events *e = &u->events;
	int page = MAX(e->lines - 1, 1);

	switch (action) {
	case KEY_ACT_UP: e->end = back(e, e->end, 1); break;
	case KEY_ACT_DOWN: e->end = forward(e, e->end, 1); break;
	case KEY_ACT_PAGE_UP: e->end = back(e, e->end, page); break;
	case KEY_ACT_PAGE_DOWN: e->end = forward(e, e->end, page); break;
	case KEY_ACT_FIRST: e->end = first_kept(e); break;
	default: e->end = e->added; break;
	}
	/* Not further up than a full page. */
	e->end = MAX(e->end, forward(e, first_kept(e), e->lines));
	e->tail = e->end == e->added;
	u->dirty = true;
}

static void toggle_type(struct ui *u, int which)
{
	if (which >= 1 && which <= (int)ARRAY_SIZE(types))
		u->events.hidden ^= 1u << types[which - 1].type;
	u->dirty = true;
}

static void change_size(struct ui *u, int step)
{
	struct events *e = &u->events;

	if (step > 0 ? e->size_step + 1 < ARRAY_SIZE(least_sizes) : e->size_step > 0)
		e->size_step += (unsigned int)step;
	u->dirty = true;
}

/* --- drawing --- */

static int draw_rates(struct ui *u, int y)
{
	const struct events *e = &u->events;
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool hidden = e->hidden >> types[i].type & 1;

		if (hidden)
			style_begin(&sb, STYLE_DIM);
		strbuf_addf(&sb, "%zu %s ", i + 1, types[i].name);
		add_number(&sb, e->rate[types[i].type]);
		strbuf_addstr(&sb, hidden ? "/s off" : "/s");
		style_end(&sb);
		strbuf_addstr(&sb, "   ");
	}
	strbuf_addstr(&sb, e->size_step ? "size >= " : "all sizes");
	if (e->size_step == 1)
		strbuf_addstr(&sb, "1 B");
	else if (e->size_step)
		add_kb(&sb, (double)least_sizes[e->size_step] / 1024);
	ui_print(u, y++, 0, u->width, STYLE_NORMAL, sb.s);
	strbuf_reset(&sb);
	if (e->error)
		strbuf_addstr(&sb, "this monitor has no events that can be switched on");
	else if (e->full)
		strbuf_addf(&sb,
			    "more than a frame keeps (%d): the latest are here, the rates are "
			    "lower bounds",
			    FRAME_EVENTS_MAX);
	if (sb.len)
		ui_print(u, y++, 0, u->width, STYLE_NOTICE, sb.s);
	strbuf_release(&sb);
	return y;
}

static void draw_event(struct ui *u, const struct seen *s, int y)
{
	struct strbuf sb = STRBUF_INIT;
	const struct event *r = &s->record;
	char name[17] = {0};
	int used;

	memcpy(name, r->comm, sizeof(r->comm));
	add_clock(&sb, s->time_ns, true);
	strbuf_addf(&sb, " %7u ", r->tgid);
	used = column_text(name[0] ? name : "-", 15, &sb);
	strbuf_addf(&sb, "%*s %-6s %13" PRIu64, 15 - used, "", type_name(r->value[MEM_EVENT_TYPE]),
		    r->value[MEM_EVENT_SIZE]);
	if (r->value[MEM_EVENT_ADDRESS])
		strbuf_addf(&sb, " 0x%-14" PRIx64, r->value[MEM_EVENT_ADDRESS]);
	else
		strbuf_addf(&sb, " %-16s", "-");
	strbuf_addf(&sb, " %7u", r->pid);
	ui_print(u, y, 0, u->width, STYLE_NORMAL, sb.s);
	strbuf_release(&sb);
}

static void draw(struct ui *u)
{
	struct events *e = &u->events;
	uint64_t i, shown = 0;
	int y;

	y = header_draw(u,
			"Events - Esc: back  1-4: types  < >: sizes  /: filter  p: pause  h: help",
			false);
	if (u->table.filter && y < u->height - 3) {
		struct strbuf sb = STRBUF_INIT;

		strbuf_addstr(&sb, "filter ");
		column_text(u->table.filter, -1, &sb);
		ui_print(u, y++, 0, u->width, STYLE_NOTICE, sb.s);
		strbuf_release(&sb);
	}
	y = draw_rates(u, y);
	ui_fill(u, y++, 0, u->width, STYLE_HEADER,
		"TIME                PID NAME            TYPE            SIZE ADDRESS             "
		"TID");
	e->lines = u->height - 1 - y;
	if (e->tail || e->end > e->added)
		e->end = e->added;
	e->end = MAX(e->end, forward(e, first_kept(e), e->lines));
	for (i = back(e, e->end, e->lines); i < e->end && y < u->height - 1; i++) {
		if (!is_shown(e, i))
			continue;
		draw_event(u, &e->ring[i % EVENTS_KEPT], y++);
		shown++;
	}
	if (!shown)
		ui_print(u, y, 0, u->width, STYLE_NOTICE,
			 e->added ? "no event matches" : "waiting for events");
}

static void status(struct ui *u, struct strbuf *left, struct strbuf *right)
{
	const struct events *e = &u->events;

	strbuf_addstr(left, e->tail ? "the latest are below; up, PgUp: scroll back"
				    : "End: back to the latest");
	strbuf_addf(right, "%" PRIu64 " kept, %" PRIu64 " seen",
		    MIN(e->added, (uint64_t)EVENTS_KEPT), u->frame ? u->frame->events_seen : 0);
}

static const struct binding bindings[] = {
	{KEY_ACT_TYPE, toggle_type, 0},
	{KEY_ACT_BIGGER, change_size, 1},
	{KEY_ACT_SMALLER, change_size, -1},
	{KEY_ACT_NONE, NULL, 0},
};

const struct screen events_screen = {
	.name = "events",
	.bit = KEY_IN_EVENTS,
	.open = open_screen,
	.close = close_screen,
	.frame = frame,
	.draw = draw,
	.go = scroll_by,
	.status = status,
	.bindings = bindings,
};
