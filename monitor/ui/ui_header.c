/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines at the top: what is watched, since when, what it costs, what was not seen. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"
#include "monitor/view/column.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* A paragraph of pieces that are not torn apart: "interval 3 s", "sort RSS". */
struct pieces {
	struct strbuf text; /* of each piece, ended by NUL */
	size_t n;
};

static void piece_end(struct pieces *p)
{
	strbuf_addch(&p->text, '\0');
	p->n++;
}

static void PRINTF_LIKE(3, 4) piece(struct pieces *p, enum style s, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	style_begin(&p->text, s);
	va_start(args, fmt);
	strbuf_vaddf(&text, fmt, args);
	va_end(args);
	/* Monitors and filters have names of any bytes, and some would be marks of a style here. */
	column_text(text.s, -1, &p->text);
	strbuf_release(&text);
	style_end(&p->text);
	piece_end(p);
}

static void add_state(struct ui *u, struct pieces *p)
{
	const struct frame *f = u->frame;
	struct strbuf sb = STRBUF_INIT;

	if (u->kept || u->stepping)
		piece(p, STYLE_NOTICE, u->kept ? "PAUSED" : "STEPPING");
	add_clock(&sb, f->started_ns, false);
	piece(p, STYLE_NORMAL, "%s", f->monitor);
	piece(p, STYLE_NORMAL, "%s count since %s",
	      f->tool == TOOL_MEMMON ? "MMAP#/MUNMAP#" : "USER/KERN/TOTAL", sb.s);
	strbuf_reset(&sb);
	add_clock(&sb, f->time_ns, false);
	piece(p, STYLE_NORMAL, "now %s", sb.s);
	piece(p, STYLE_NORMAL, "interval %g s", u->interval_s);
	if (source_recorded(u->o.source))
		piece(p, STYLE_NOTICE, "REPLAY");
	if (u->o.recording) {
		strbuf_reset(&sb);
		add_kb(&sb, (double)u->o.recording->bytes / 1024);
		if (u->o.recording->err)
			piece(p, STYLE_LOSS, "recording ended at %s: %s", sb.s,
			      strerror(-u->o.recording->err));
		else if (u->o.recording->bound)
			piece(p, STYLE_NOTICE, "recording ended at %s: %s", sb.s,
			      u->o.recording->bound);
		else
			piece(p, STYLE_NOTICE, "recording %s", sb.s);
	}
	if (u->o.serving)
		piece(p, STYLE_NORMAL, "serving %s", u->o.serving);
	if (u->o.alerts && alerts_fired(u->o.alerts))
		piece(p, STYLE_NOTICE, "alerts %zu", alerts_fired(u->o.alerts));
	if (u->o.alerts && alerts_gave_up(u->o.alerts))
		piece(p, STYLE_LOSS, "an alert's expression takes too long and matches nothing");
	if (u->o.alerts && alerts_dropped(u->o.alerts))
		piece(p, STYLE_LOSS, "alert commands not run %zu", alerts_dropped(u->o.alerts));
	strbuf_release(&sb);
}

static void add_view(struct ui *u, struct pieces *p)
{
	const struct table *t = &u->table;
	const char *up = u->o.ascii ? "^" : "▲", *down = u->o.ascii ? "v" : "▼";

	piece(p, STYLE_NORMAL, "sort %s %s", t->opts.sort->title, t->opts.descending ? down : up);
	if (t->opts.tree)
		piece(p, STYLE_NOTICE, "tree: sums of what is below");
	if (t->opts.group)
		piece(p, STYLE_NOTICE, "sums by %s", group_by_names[t->opts.group]);
	if (t->follow)
		piece(p, STYLE_NOTICE, "following %u", t->pid);
	if (t->filter)
		piece(p, STYLE_NOTICE, "filter %s", t->filter);
}

struct loss {
	size_t at; /* of the number in struct frame_losses */
	enum style style;
	const char *words;
	bool told; /* also that it is not known; of events add_own() does */
};
#define LOSS(field, style, words, told)                                                            \
	{                                                                                          \
		offsetof(struct frame_losses, field), style, words, told                           \
	}

static const struct loss losses[] = {
	LOSS(ring_full, STYLE_LOSS, "events that found the ring full", false),
	LOSS(map_full, STYLE_LOSS, "calls without room in a map or storage", true),
	LOSS(recursion, STYLE_LOSS, "program runs that the kernel skipped", true),
	LOSS(bad_records, STYLE_LOSS, "records without meaning", false),
	LOSS(unattributed, STYLE_LOSS, "counts of processes nobody knew any more", true),
	LOSS(hidden, STYLE_NOTICE, "processes hidden from us", true),
	LOSS(vanished, STYLE_NOTICE, "processes that ended while they were read", true),
	LOSS(history_full, STYLE_NOTICE, "processes without a trend: table full", true),
};

static uint64_t loss_of(const struct frame *f, const struct loss *l)
{
	uint64_t n;

	memcpy(&n, (const char *)&f->losses + l->at, sizeof(n));
	return n;
}

static void add_losses(struct ui *u, struct pieces *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		uint64_t n = loss_of(u->frame, &losses[i]);

		if (n == UINT64_MAX && losses[i].told)
			piece(p, STYLE_NOTICE, "%s: not known", losses[i].words);
		else if (n && n != UINT64_MAX)
			piece(p, losses[i].style, "%s: %" PRIu64, losses[i].words, n);
	}
}

/* "25 ns x 12000/s = 0.030 %": what the programs take of one CPU. */
static void add_bpf_cost(const struct frame_own *own, struct pieces *p)
{
	struct strbuf rate = STRBUF_INIT;

	add_number(&rate, own->events_per_s);
	if (isnan(own->ns_per_event))
		piece(p, STYLE_NORMAL, "BPF %s events/s, ns each not measured", rate.s);
	else if (isnan(own->events_per_s))
		piece(p, STYLE_NORMAL, "BPF %.0f ns/event, events/s not known", own->ns_per_event);
	else
		piece(p, STYLE_NORMAL, "BPF %.0f ns/event x %s/s = %.2g %%", own->ns_per_event,
		      rate.s, own->ns_per_event * own->events_per_s / 1e9 * 100);
	strbuf_release(&rate);
}

static void add_own(struct ui *u, struct pieces *p)
{
	const struct frame *f = u->frame;
	const struct frame_own *own = &f->own;
	struct strbuf rss = STRBUF_INIT, maps = STRBUF_INIT;

	add_kb(&rss, (double)own->rss_kb);
	add_kb(&maps, (double)own->map_kb);
	if (isnan(own->cpu_pct))
		piece(p, STYLE_NORMAL, "own cost: RSS %s", rss.s);
	else
		piece(p, STYLE_NORMAL, "own cost: CPU %.1f %%  RSS %s", own->cpu_pct, rss.s);
	add_bpf_cost(own, p);
	piece(p, STYLE_NORMAL, "maps %s", maps.s);
	if (own->keys_max)
		piece(p, own->keys * 10 >= own->keys_max * 9 ? STYLE_LOSS : STYLE_NORMAL,
		      "map %" PRIu64 "/%" PRIu64, own->keys, own->keys_max);
	if (own->ring_max && own->events_on)
		piece(p, STYLE_NORMAL, "ring %.0f %% of %" PRIu64 " kB",
		      100.0 * (double)own->ring_used / (double)own->ring_max, own->ring_max / 1024);
	else if (own->ring_max)
		piece(p, STYLE_NORMAL, "ring off");
	if (f->losses.ring_full == UINT64_MAX)
		piece(p, STYLE_NORMAL, "dropped: not known");
	else
		piece(p, f->losses.ring_full ? STYLE_LOSS : STYLE_NORMAL, "dropped %" PRIu64,
		      f->losses.ring_full);
	strbuf_release(&rss);
	strbuf_release(&maps);
}

static void add_waiting(struct pieces *p, const char *what, double pct)
{
	if (pct >= 1)
		piece(p, pct >= 10 ? STYLE_LOSS : STYLE_NOTICE,
		      "%.0f %% of the time waiting for %s", pct, what);
}

static void add_machine(struct ui *u, struct pieces *p)
{
	const struct frame *f = u->frame;
	struct strbuf total = STRBUF_INIT, left = STRBUF_INIT;

	add_kb(&total, (double)f->mem_total_kb);
	add_kb(&left, (double)f->mem_available_kb);
	if (f->mem_total_kb)
		piece(p, STYLE_NORMAL, "memory %s, %s available (%.0f %%)", total.s, left.s,
		      100.0 * (double)f->mem_available_kb / (double)f->mem_total_kb);
	if (f->swap_total_kb && f->swap_total_kb != UINT64_MAX) {
		strbuf_reset(&left);
		add_kb(&left, (double)(f->swap_total_kb - f->swap_free_kb));
		strbuf_reset(&total);
		add_kb(&total, (double)f->swap_total_kb);
		piece(p, STYLE_NORMAL, "swap %s of %s", left.s, total.s);
	}
	if (f->cached_kb && f->cached_kb != UINT64_MAX) {
		strbuf_reset(&left);
		add_kb(&left, (double)f->cached_kb);
		piece(p, STYLE_NORMAL, "cache %s", left.s);
	}
	if (isfinite(f->cpu_busy_pct) && f->cpu_busy_pct > 0)
		piece(p, STYLE_NORMAL, "%u CPUs %.0f %% busy", f->ncpu, f->cpu_busy_pct);
	else
		piece(p, STYLE_NORMAL, "%u CPUs", f->ncpu);
	/* Who waits is what there is too little of. */
	add_waiting(p, "CPU", f->wait_cpu_pct);
	add_waiting(p, "memory", f->wait_memory_pct);
	add_waiting(p, "I/O", f->wait_io_pct);
	piece(p, STYLE_NORMAL, "%zu processes", f->n);
	strbuf_release(&total);
	strbuf_release(&left);
}

/* Draws a paragraph on at most @max lines from @y on; returns the lines used. */
static int flow(struct ui *u, const struct pieces *p, int y, int max)
{
	const char *text = p->text.s;
	int x = 0, line = 0;

	for (size_t i = 0; i < p->n && line < max; i++) {
		int cells = ui_cells(text);

		if (x && x + 2 + cells > u->width) {
			x = 0;
			if (++line == max)
				break;
		}
		x += x ? 2 : 0;
		x += ui_print(u, y + line, x, u->width - x, STYLE_NORMAL, text);
		text += strlen(text) + 1;
	}
	return p->n ? MIN(line + 1, max) : 0;
}

int header_draw(struct ui *u, const char *title, bool whole)
{
	/* In the order of what matters when there is room for a few only. */
	static const struct {
		void (*add)(struct ui *u, struct pieces *p);
		int lines; /* at most */
	} parts[] = {{add_losses, 2}, {add_state, 3}, {add_own, 2}, {add_machine, 2}};
	size_t n = ARRAY_SIZE(parts);
	int budget = MIN(MAX(1, (u->height - 2) / 3), 9), y = 0;

	ui_fill_words(u, y++, 0, u->width, STYLE_TITLE, title);
	if (!whole)
		n = 2; /* losses and state */
	for (size_t i = 0; u->frame && i < n && y < 1 + budget; i++) {
		struct pieces p = {STRBUF_INIT, 0};

		parts[i].add(u, &p);
		if (whole && parts[i].add == add_state)
			add_view(u, &p);
		y += flow(u, &p, y, MIN(parts[i].lines, 1 + budget - y));
		strbuf_release(&p.text);
	}
	return y;
}
