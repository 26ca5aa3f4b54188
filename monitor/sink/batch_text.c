/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame as plain text for people: what the screen shows, without its colours. */
#include "lib/base.h"
#include "monitor/sink/batch_form.h"

#include <string.h>

#include "monitor/sink/put.h"
#include "monitor/sink/record_format.h"
#include "monitor/sink/scalar.h"

/* One figure of a header line: with a comma where another stands before it. */
static void item(struct strbuf *out, size_t start, const char *text)
{
	if (out->len > start)
		strbuf_addstr(out, ", ");
	strbuf_addstr(out, text);
}

static void put_mib(struct strbuf *out, uint64_t kb)
{
	double mib = (double)kb / 1024;

	strbuf_addf(out, "%.*f MiB", mib < 99.95, mib);
}

static void put_first_line(const struct frame *f, struct strbuf *out)
{
	strbuf_addf(out, "%s  ", record_tool_names[f->tool]);
	put_time(out, f->time_ns, true);
	strbuf_addf(out, "  monitor %s counts since ", f->monitor);
	put_time(out, f->started_ns, true);
	if (isfinite(f->interval_s))
		strbuf_addf(out, "  interval %.3g s", f->interval_s);
	strbuf_addch(out, '\n');
}

static void put_machine(const struct frame *f, const struct view *v, struct strbuf *out)
{
	strbuf_addf(out, "machine: %u CPUs, ", f->ncpu);
	if (f->mem_total_kb) {
		put_mib(out, f->mem_total_kb);
		strbuf_addstr(out, " of memory, ");
		put_mib(out, f->mem_available_kb);
		strbuf_addstr(out, " available, ");
	}
	strbuf_addf(out, "%zu processes, %zu match, %zu shown\n", f->n, v->matched, v->n);
}

static void put_own(const struct frame *f, struct strbuf *out)
{
	const struct frame_own *own = &f->own;
	size_t start;

	strbuf_addstr(out, "own cost: ");
	start = out->len;
	if (isfinite(own->cpu_pct))
		strbuf_addf(out, "%.2f %% of a CPU", own->cpu_pct);
	item(out, start, "");
	put_mib(out, own->rss_kb);
	strbuf_addstr(out, ", ");
	put_mib(out, own->map_kb);
	strbuf_addstr(out, " of BPF maps");
	if (isfinite(own->ns_per_event))
		strbuf_addf(out, ", %.3g ns/event (%s)", own->ns_per_event,
			    own->ns_source[0] ? own->ns_source : "measured");
	else
		item(out, start, "ns/event never measured");
	if (isfinite(own->events_per_s))
		strbuf_addf(out, ", %.0f events/s", own->events_per_s);
	if (own->keys_max)
		strbuf_addf(out, ", %llu of %llu keys", (unsigned long long)own->keys,
			    (unsigned long long)own->keys_max);
	if (isfinite(own->sample_ms))
		strbuf_addf(out, ", frame made in %.3g ms", own->sample_ms);
	strbuf_addch(out, '\n');
}

static void put_losses(const struct frame *f, struct strbuf *out)
{
	static const struct {
		const char *name, *words;
	} words[] = {
		{"ring_full", "events found no room in the ring"},
		{"map_full", "calls or processes found no room in a map"},
		{"recursion", "runs of a program were skipped by the kernel"},
		{"bad_records", "records made no sense"},
		{"unattributed", "calls belong to nobody known"},
		{"hidden", "processes are hidden by /proc"},
		{"vanished", "processes ended while they were read"},
		{"history_full", "processes have no trend, its table is full"},
	};
	size_t start = 0;

	for (const struct scalar *s = losses_scalars; s->name; s++) {
		uint64_t n = scalar_u64(s, f);

		if (!n || n == UINT64_MAX)
			continue;
		if (!start) {
			strbuf_addstr(out, "not seen: ");
			start = out->len;
		}
		item(out, start, "");
		put_u64(out, n);
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (!strcmp(words[i].name, s->name))
				strbuf_addf(out, " %s", words[i].words);
	}
	if (start)
		strbuf_addch(out, '\n');
}

static bool shown(const struct column *c, enum tool tool)
{
	return tool == TOOL_MEMMON ? c->memmon : c->cpumon;
}

static bool left(const struct column *c)
{
	return c->kind == COLUMN_NAME || c->kind == COLUMN_USER || c->kind == COLUMN_STATE ||
	       c->kind == COLUMN_VERDICT;
}

static void pad(struct strbuf *out, int cells)
{
	for (; cells > 0; cells--)
		strbuf_addch(out, ' ');
}

static void put_cell(struct strbuf *out, const struct column *c, const char *text, int cells)
{
	if (!left(c))
		pad(out, c->width - cells);
	strbuf_addstr(out, text);
	if (left(c))
		pad(out, c->width - cells);
}

/* "|  `- " before a name of a tree. */
static int put_branch(struct strbuf *out, const struct view_line *line)
{
	for (unsigned int d = 1; d < line->depth; d++)
		strbuf_addstr(out, d < 64 && (line->open & 1ull << d) ? "|  " : "   ");
	if (line->depth)
		strbuf_addstr(out, line->last ? "`- " : "|- ");
	return 3 * line->depth;
}

/* In a tree a row stands for all below it; approximations make a sum one. */
static struct proc_row row_of_line(const struct frame *f, const struct view *v, size_t i)
{
	const struct view_line *line = &v->lines[i];
	struct proc_row row = f->rows[line->row];

	if (!v->sums)
		return row;
	/* Those below that found no room in the view were not read. */
	if (line->folded || (v->n < v->matched && row.v[FIELD_VIRT] != v->sums[i][FIELD_VIRT]))
		row.flags &= (uint8_t)~ROW_EXACT;
	while (++i < v->n && v->lines[i].depth > line->depth)
		if (v->lines[i].folded ||
		    !(f->rows[v->lines[i].row].flags & (ROW_EXACT | ROW_KERNEL)))
			row.flags &= (uint8_t)~ROW_EXACT;
	memcpy(row.v, v->sums[line - v->lines], sizeof(row.v));
	return row;
}

static void put_line(const struct frame *f, const struct view *v, size_t i, struct strbuf *cell,
		     struct strbuf *out)
{
	const struct view_line *line = &v->lines[i];
	const struct proc_row row = row_of_line(f, v, i);
	size_t start = out->len;

	for (const struct column *c = columns; c->key; c++) {
		int cells;

		if (!shown(c, f->tool))
			continue;
		if (out->len > start)
			strbuf_addch(out, ' ');
		strbuf_reset(cell);
		if (c->kind == COLUMN_NAME) {
			cells = put_branch(cell, line) + column_text(row.name, -1, cell);
		} else {
			column_format(c, &row, false, cell);
			cells = (int)cell->len;
		}
		put_cell(out, c, cell->s, cells);
	}
	while (out->len > start && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	strbuf_addch(out, '\n');
}

void batch_text(const struct frame *f, const struct view *v, bool first, struct strbuf *out)
{
	struct strbuf cell = STRBUF_INIT;
	size_t start;

	if (!first)
		strbuf_addch(out, '\n');
	put_first_line(f, out);
	put_machine(f, v, out);
	put_own(f, out);
	put_losses(f, out);
	start = out->len;
	for (const struct column *c = columns; c->key; c++) {
		if (!shown(c, f->tool))
			continue;
		if (out->len > start)
			strbuf_addch(out, ' ');
		put_cell(out, c, c->title, (int)strlen(c->title));
	}
	while (out->len > start && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < v->n; i++)
		put_line(f, v, i, &cell, out);
	strbuf_release(&cell);
}
