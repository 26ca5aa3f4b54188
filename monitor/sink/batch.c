/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A frame as text for people (what the screen shows, without its colours), as one JSON object on
 * one line, or as CSV (RFC 4180, lines ended by LF). docs/monitor-formats.md has the schema. JSON
 * is written straight into the text: a tree of ten thousand processes would cost more than reading
 * them.
 */
#include "lib/base.h"
#include "monitor/sink/batch.h"

#include <stdio_ext.h>
#include <string.h>

#include "lib/log.h"
#include "monitor/sink/put.h"
#include "monitor/recording/format.h"
#include "monitor/recording/scalar.h"
#include "monitor/view/trend.h"

static const char *const text_keys[TEXT_COUNT] = {
	[TEXT_COMMAND] = "command", [TEXT_EXE] = "exe", [TEXT_CGROUP] = "cgroup"};

/* --- text --- */

/* One figure of a header line: with a comma where another stands before it. */
static void text_item(struct strbuf *out, size_t start, const char *text)
{
	if (out->len > start)
		strbuf_addstr(out, ", ");
	strbuf_addstr(out, text);
}

static void text_mib(struct strbuf *out, uint64_t kb)
{
	double mib = (double)kb / 1024;

	strbuf_addf(out, "%.*f MiB", mib < 99.95, mib);
}

static void text_first_line(const struct frame *f, struct strbuf *out)
{
	strbuf_addf(out, "%s  ", record_tool_names[f->tool]);
	put_time(out, f->time_ns, true);
	strbuf_addstr(out, "  monitor ");
	column_text(f->monitor, -1, out);
	strbuf_addstr(out, " counts since ");
	put_time(out, f->started_ns, true);
	if (isfinite(f->interval_s))
		strbuf_addf(out, "  interval %.3g s", f->interval_s);
	strbuf_addch(out, '\n');
}

static void text_machine(const struct frame *f, const struct view *v, struct strbuf *out)
{
	strbuf_addf(out, "machine: %u CPUs, ", f->ncpu);
	if (f->mem_total_kb) {
		text_mib(out, f->mem_total_kb);
		strbuf_addstr(out, " of memory, ");
		text_mib(out, f->mem_available_kb);
		strbuf_addstr(out, " available, ");
	}
	if (v->grouped)
		strbuf_addf(out, "%zu processes, %zu match, %zu groups, %zu shown\n", f->n,
			    v->processes, v->matched, v->n);
	else
		strbuf_addf(out, "%zu processes, %zu match, %zu shown\n", f->n, v->processes, v->n);
}

static void text_own(const struct frame *f, struct strbuf *out)
{
	const struct frame_own *own = &f->own;
	size_t start;

	strbuf_addstr(out, "own cost: ");
	start = out->len;
	if (isfinite(own->cpu_pct))
		strbuf_addf(out, "%.2f %% of a CPU", own->cpu_pct);
	text_item(out, start, "");
	text_mib(out, own->rss_kb);
	strbuf_addstr(out, ", ");
	text_mib(out, own->map_kb);
	strbuf_addstr(out, " of BPF maps");
	if (isfinite(own->ns_per_event))
		strbuf_addf(out, ", %.3g ns/event (%s)", own->ns_per_event,
			    own->ns_source[0] ? own->ns_source : "measured");
	else
		text_item(out, start, "ns/event never measured");
	if (isfinite(own->events_per_s))
		strbuf_addf(out, ", %.0f events/s", own->events_per_s);
	if (own->keys_max)
		strbuf_addf(out, ", %llu of %llu keys", (unsigned long long)own->keys,
			    (unsigned long long)own->keys_max);
	if (isfinite(own->sample_ms))
		strbuf_addf(out, ", frame made in %.3g ms", own->sample_ms);
	strbuf_addch(out, '\n');
}

/* How many: of single events, which are not in here, it is told where it is known. */
static bool text_loss(struct strbuf *out, uint64_t n, const char *words, bool of_events)
{
	if (!n || (n == UINT64_MAX && of_events))
		return false;
	if (n == UINT64_MAX)
		strbuf_addstr(out, "not known how many");
	else
		put_u64(out, n);
	strbuf_addf(out, " %s", words);
	return true;
}

static void text_losses(const struct frame *f, struct strbuf *out)
{
	static const struct {
		const char *name, *words;
		bool of_events;
	} words[] = {
		{"ring_full", "events found no room in the ring", true},
		{"map_full", "calls or processes found no room in a map", false},
		{"recursion", "runs of a program were skipped by the kernel", false},
		{"bad_records", "records made no sense", true},
		{"unattributed", "calls belong to nobody known", false},
		{"hidden", "processes are hidden by /proc", false},
		{"vanished", "processes ended while they were read", false},
		{"history_full", "processes have no trend, its table is full", false},
	};
	struct strbuf one = STRBUF_INIT;
	size_t start = 0;

	for (const struct scalar *s = losses_scalars; s->name; s++)
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			strbuf_reset(&one);
			if (strcmp(words[i].name, s->name) != 0 ||
			    !text_loss(&one, scalar_u64(s, f), words[i].words, words[i].of_events))
				continue;
			if (!start) {
				strbuf_addstr(out, "not seen: ");
				start = out->len;
			}
			text_item(out, start, one.s);
		}
	if (start)
		strbuf_addch(out, '\n');
	strbuf_release(&one);
}

static enum column_lines batch_lines(const struct view *v)
{
	return v->grouped ? LINES_GROUPS : v->sums ? LINES_TREE : LINES_PROCESSES;
}

/* The shares of a sum were read; a recording may not have them. */
static bool text_shown(const struct frame *f, const struct column *c, enum column_lines lines)
{
	return column_shown(c, f->tool, lines) &&
	       (!(column_reads(c) & READ_SHARES) || f->fields & FIELD_BIT(c->field));
}

/* The next column of those that were chosen, or of the default; @k begins at 0. False: no more. */
static bool text_column(const struct frame *f, const struct view *v, size_t *k,
			const struct column **out)
{
	if (v->columns && v->columns[0]) {
		*out = v->columns[(*k)++];
		return *out;
	}
	while (columns[*k].key && !text_shown(f, &columns[*k], batch_lines(v)))
		(*k)++;
	*out = &columns[(*k)++];
	return (*out)->key;
}

static bool text_left(const struct column *c)
{
	return c->kind == COLUMN_NAME || c->kind == COLUMN_USER || c->kind == COLUMN_STATE ||
	       c->kind == COLUMN_VERDICT || c->kind == COLUMN_TEXT;
}

static void text_pad(struct strbuf *out, int cells)
{
	for (; cells > 0; cells--)
		strbuf_addch(out, ' ');
}

static void text_cell(struct strbuf *out, const struct column *c, const char *text, int cells)
{
	if (!text_left(c))
		text_pad(out, c->width - cells);
	strbuf_addstr(out, text);
	if (text_left(c))
		text_pad(out, c->width - cells);
}

/* "|  `- " before a name of a tree. */
static int text_branch(struct strbuf *out, const struct view_line *line)
{
	for (unsigned int d = 1; d < line->depth; d++)
		strbuf_addstr(out, d < 64 && (line->open & 1ull << d) ? "|  " : "   ");
	if (line->depth)
		strbuf_addstr(out, line->last ? "`- " : "|- ");
	return 3 * line->depth;
}

static void text_line(const struct frame *f, const struct view *v, size_t i, struct strbuf *cell,
		      struct strbuf *out)
{
	const struct view_line *line = &v->lines[i];
	struct proc_row row;
	struct strbuf plain = STRBUF_INIT;
	const struct column *c;
	size_t start = out->len;

	view_row(v, f, i, &row);
	for (size_t k = 0; text_column(f, v, &k, &c);) {
		int cells;

		if (out->len > start)
			strbuf_addch(out, ' ');
		strbuf_reset(cell);
		if (c->kind == COLUMN_NAME) {
			cells = text_branch(cell, line) + column_text(row_name(&row), -1, cell);
		} else {
			column_format(c, &row, false, cell);
			cells = column_text(cell->s, -1, &plain);
			strbuf_reset(&plain);
		}
		text_cell(out, c, cell->s, cells);
	}
	while (out->len > start && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	strbuf_addch(out, '\n');
	strbuf_release(&plain);
}

static void batch_text(const struct frame *f, const struct view *v, bool first, struct strbuf *out)
{
	struct strbuf cell = STRBUF_INIT;
	const struct column *c;
	size_t start;

	if (!first)
		strbuf_addch(out, '\n');
	text_first_line(f, out);
	text_machine(f, v, out);
	text_own(f, out);
	text_losses(f, out);
	start = out->len;
	for (size_t k = 0; text_column(f, v, &k, &c);) {
		if (out->len > start)
			strbuf_addch(out, ' ');
		text_cell(out, c, c->title, (int)strlen(c->title));
	}
	while (out->len > start && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < v->n; i++)
		text_line(f, v, i, &cell, out);
	strbuf_release(&cell);
}

/* --- JSON --- */

static void json_key(struct strbuf *out, const char *key)
{
	strbuf_addstr(out, ",\"");
	strbuf_addstr(out, key);
	strbuf_addstr(out, "\":");
}

static void json_u64_or_null(struct strbuf *out, uint64_t v, bool known)
{
	if (known)
		put_u64(out, v);
	else
		strbuf_addstr(out, "null");
}

/* 0 of the machine's memory, or of a maximum, is "there is none to tell". */
static bool json_known(const struct scalar *s, const struct frame *f)
{
	const struct frame_own *own = &f->own;
	uint64_t max = UINT64_MAX;

	if (s->offset == offsetof(struct frame, mem_total_kb) ||
	    s->offset == offsetof(struct frame, mem_available_kb))
		max = f->mem_total_kb;
	else if (s->offset == offsetof(struct frame, own.keys) ||
		 s->offset == offsetof(struct frame, own.keys_max))
		max = own->keys_max;
	else if (s->offset == offsetof(struct frame, own.ring_used) ||
		 s->offset == offsetof(struct frame, own.ring_max))
		max = own->ring_max;
	return max && scalar_u64(s, f) != UINT64_MAX;
}

static void json_scalar(struct strbuf *out, const struct scalar *s, const struct frame *f)
{
	json_key(out, s->name);
	if (s->kind == SCALAR_DOUBLE)
		put_json_number(out, scalar_double(s, f));
	else if (s->kind == SCALAR_BOOL)
		strbuf_addstr(out, scalar_u64(s, f) ? "true" : "false");
	else
		json_u64_or_null(out, scalar_u64(s, f), json_known(s, f));
}

/* An object of scalars; begins with a comma where something stands before. */
static void json_scalars(struct strbuf *out, const char *key, const struct scalar *s,
			 const struct frame *f)
{
	size_t at;

	json_key(out, key);
	at = out->len;
	for (; s->name; s++)
		json_scalar(out, s, f);
	/* The first comma opens the object. */
	out->s[at] = '{';
}

static void json_machine(struct strbuf *out, const struct frame *f, const struct view *v)
{
	strbuf_addf(out, ",\"machine\":{\"cpus\":%u,\"mem_total_kb\":", f->ncpu);
	json_u64_or_null(out, f->mem_total_kb, f->mem_total_kb);
	strbuf_addstr(out, ",\"mem_available_kb\":");
	json_u64_or_null(out, f->mem_available_kb, f->mem_total_kb);
	strbuf_addstr(out, ",\"swap_total_kb\":");
	json_u64_or_null(out, f->swap_total_kb, f->swap_total_kb != UINT64_MAX);
	strbuf_addstr(out, ",\"swap_free_kb\":");
	json_u64_or_null(out, f->swap_free_kb, f->swap_free_kb != UINT64_MAX);
	strbuf_addstr(out, ",\"cached_kb\":");
	json_u64_or_null(out, f->cached_kb, f->cached_kb != UINT64_MAX);
	strbuf_addstr(out, ",\"page_faults\":");
	json_u64_or_null(out, f->page_faults, f->page_faults != UINT64_MAX);
	json_key(out, "cpu_busy_pct");
	put_json_number(out, f->cpu_busy_pct);
	json_key(out, "wait_cpu_pct");
	put_json_number(out, f->wait_cpu_pct);
	json_key(out, "wait_memory_pct");
	put_json_number(out, f->wait_memory_pct);
	json_key(out, "wait_io_pct");
	put_json_number(out, f->wait_io_pct);
	strbuf_addf(out, ",\"processes\":%zu,\"matched\":%zu}", f->n, v->processes);
}

static void json_flag(struct strbuf *out, const struct proc_row *row, unsigned int flag,
		      const char *key)
{
	if (!(row->flags & flag))
		return;
	json_key(out, key);
	strbuf_addstr(out, "true");
}

/* What one process has is told otherwise: it is there, and figures that are not known are null. */
static uint64_t batch_fields(const struct frame *f)
{
	uint64_t fields = 0;

	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (put_offers(f, (enum field)i) && i != FIELD_PROCESSES && i != FIELD_UNCOUNTED)
			fields |= FIELD_BIT(i);
	return fields;
}

static uint64_t sum_fields(const struct frame *f)
{
	return batch_fields(f) | FIELD_BIT(FIELD_PROCESSES) |
	       (f->fields & FIELD_BIT(FIELD_UNCOUNTED));
}

static void json_fields(struct strbuf *out, const double *values, uint64_t fields)
{
	for (unsigned int i = 0; i < FIELD_COUNT; i++) {
		if (!(fields & FIELD_BIT(i)))
			continue;
		json_key(out, field_names[i]);
		put_json_number(out, values[i]);
	}
}

/* Where the row stands in the tree, and the sums of all from it on down. */
static void json_tree(struct strbuf *out, const struct view *v, size_t line, uint64_t fields)
{
	size_t at;

	json_key(out, "depth");
	put_u64(out, v->lines[line].depth);
	if (v->lines[line].context) {
		json_key(out, "context");
		strbuf_addstr(out, "true");
	}
	json_key(out, "subtree");
	at = out->len;
	json_fields(out, v->sums[line], fields);
	if (out->len == at)
		strbuf_addch(out, '{');
	out->s[at] = '{';
	strbuf_addch(out, '}');
}

static void json_texts(struct strbuf *out, const struct proc_row *row, unsigned int reads)
{
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		if (!(reads & 1U << i))
			continue;
		json_key(out, text_keys[i]);
		if (row_text(row, i))
			put_json_text(out, row_text(row, i));
		else
			strbuf_addstr(out, "null");
	}
}

static void json_process(struct strbuf *out, const struct frame *f, const struct view *v,
			 size_t line, uint64_t fields)
{
	const struct proc_row *row = &f->rows[v->lines[line].row];
	const char state[2] = {row->state, '\0'};
	double room[FIELD_COUNT];

	strbuf_addstr(out, "{\"pid\":");
	put_u64(out, row->pid);
	json_key(out, "name");
	put_json_text(out, row->name);
	json_key(out, "ppid");
	json_u64_or_null(out, row->ppid, row->ppid != ROW_UNKNOWN);
	json_key(out, "user");
	if (row->uid == ROW_UNKNOWN)
		strbuf_addstr(out, "null");
	else
		put_json_text(out, column_user(row->uid));
	json_texts(out, row, v->reads);
	json_key(out, "state");
	put_json_text(out, state);
	json_key(out, "exact");
	strbuf_addstr(out, row_is_exact(row) ? "true" : "false");
	json_fields(out, row_values(row, room), fields);
	if (fields & FIELD_BIT(FIELD_TREND)) {
		json_key(out, "verdict");
		put_json_text(out, verdict_name(row));
	}
	json_flag(out, row, ROW_ENDED, "ended");
	json_flag(out, row, ROW_KERNEL, "kernel");
	json_flag(out, row, ROW_HIDDEN, "hidden");
	json_flag(out, row, ROW_SKIPPED, "skipped");
	if (v->sums)
		json_tree(out, v, line, sum_fields(f));
	strbuf_addch(out, '}');
}

/* A group has what its processes have in common, and their sums. */
static void json_group(struct strbuf *out, const struct view *v, size_t line, uint64_t fields)
{
	const struct proc_row *row = &v->groups.frame.rows[v->lines[line].row];

	strbuf_addstr(out, "{\"name\":");
	put_json_text(out, row->group);
	json_key(out, "exact");
	strbuf_addstr(out, row_is_exact(row) ? "true" : "false");
	json_fields(out, row->v, fields);
	if (fields & FIELD_BIT(FIELD_TREND)) {
		json_key(out, "verdict");
		put_json_text(out, verdict_name(row));
	}
	json_flag(out, row, ROW_ENDED, "ended");
	json_flag(out, row, ROW_SKIPPED, "skipped");
	strbuf_addch(out, '}');
}

static void json_lines(struct strbuf *out, const struct frame *f, const struct view *v,
		       uint64_t fields)
{
	if (v->grouped)
		strbuf_addf(out, ",\"group_by\":\"%s\",\"groups\":[", group_by_names[v->groups.by]);
	else
		strbuf_addstr(out, ",\"processes\":[");
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			strbuf_addch(out, ',');
		if (v->grouped)
			json_group(out, v, i, sum_fields(f));
		else
			json_process(out, f, v, i, fields);
	}
	strbuf_addch(out, ']');
}

static void batch_json(const struct frame *f, const struct view *v, struct strbuf *out)
{
	strbuf_addf(out, "{\"schema\":1,\"tool\":\"%s\",\"seq\":", record_tool_names[f->tool]);
	put_u64(out, f->seq);
	strbuf_addstr(out, ",\"time\":\"");
	put_time(out, f->time_ns, false);
	strbuf_addstr(out, "\",\"started\":\"");
	put_time(out, f->started_ns, false);
	strbuf_addstr(out, "\",\"interval_s\":");
	put_json_number(out, f->interval_s);
	json_key(out, "monitor");
	put_json_text(out, f->monitor);
	json_machine(out, f, v);
	json_scalars(out, "own", own_scalars, f);
	json_key(out, "ns_source");
	if (f->own.ns_source[0])
		put_json_text(out, f->own.ns_source);
	else
		strbuf_addstr(out, "null");
	strbuf_addch(out, '}');
	json_scalars(out, "losses", losses_scalars, f);
	strbuf_addch(out, '}');
	json_lines(out, f, v, batch_fields(f));
	strbuf_addstr(out, ",\"events_seen\":");
	json_u64_or_null(out, f->events_seen, f->events_seen != UINT64_MAX);
	strbuf_addstr(out, "}\n");
}

/* --- CSV --- */

static void csv_names(uint64_t fields, const char *before, struct strbuf *out)
{
	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (fields & FIELD_BIT(i))
			strbuf_addf(out, ",%s%s", before, field_names[i]);
}

static void csv_numbers(const double *values, uint64_t fields, struct strbuf *out)
{
	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (fields & FIELD_BIT(i)) {
			strbuf_addch(out, ',');
			put_number(out, values[i]);
		}
}

static void csv_header(const struct frame *f, const struct view *v, struct strbuf *out)
{
	uint64_t fields = batch_fields(f), sums = sum_fields(f);

	if (v->grouped)
		strbuf_addf(out, "time,seq,%s,exact,ended", group_by_names[v->groups.by]);
	else
		strbuf_addstr(out, "time,seq,pid,name,ppid,user,state,exact,ended");
	csv_names(v->grouped ? sums : fields, "", out);
	if (put_offers(f, FIELD_TREND))
		strbuf_addstr(out, ",verdict");
	for (size_t i = 0; i < TEXT_COUNT && !v->grouped; i++)
		if (v->reads & 1U << i)
			strbuf_addf(out, ",%s", text_keys[i]);
	if (v->sums) {
		strbuf_addstr(out, ",depth,context");
		csv_names(sums, "subtree_", out);
	}
	strbuf_addch(out, '\n');
}

static void csv_who(const struct proc_row *row, struct strbuf *out)
{
	const char state[2] = {row->state, '\0'};

	put_u64(out, row->pid);
	strbuf_addch(out, ',');
	put_csv_text(out, row->name);
	strbuf_addch(out, ',');
	if (row->ppid != ROW_UNKNOWN)
		put_u64(out, row->ppid);
	strbuf_addch(out, ',');
	if (row->uid != ROW_UNKNOWN)
		put_csv_text(out, column_user(row->uid));
	strbuf_addch(out, ',');
	put_csv_text(out, state);
}

static void csv_line(const struct frame *f, const struct view *v, size_t line, struct strbuf *out)
{
	const struct proc_row *row = &view_frame(v, f)->rows[v->lines[line].row];
	uint64_t fields = batch_fields(f), sums = sum_fields(f);
	double room[FIELD_COUNT];

	if (v->grouped)
		put_csv_text(out, row->group);
	else
		csv_who(row, out);
	strbuf_addstr(out, row_is_exact(row) ? ",1" : ",0");
	strbuf_addstr(out, row->flags & ROW_ENDED ? ",1" : ",0");
	csv_numbers(row_values(row, room), v->grouped ? sums : fields, out);
	if (put_offers(f, FIELD_TREND)) {
		strbuf_addch(out, ',');
		put_csv_text(out, verdict_name(row));
	}
	for (size_t i = 0; i < TEXT_COUNT && !v->grouped; i++)
		if (v->reads & 1U << i) {
			strbuf_addch(out, ',');
			put_csv_text(out, row_text(row, i) ? row_text(row, i) : "");
		}
	if (v->sums) {
		strbuf_addf(out, ",%u,%d", v->lines[line].depth, v->lines[line].context);
		csv_numbers(v->sums[line], sums, out);
	}
	strbuf_addch(out, '\n');
}

static void batch_csv(const struct frame *f, const struct view *v, bool first, struct strbuf *out)
{
	struct strbuf moment = STRBUF_INIT;

	if (first)
		csv_header(f, v, out);
	put_time(&moment, f->time_ns, false);
	strbuf_addch(&moment, ',');
	put_u64(&moment, f->seq);
	strbuf_addch(&moment, ',');
	for (size_t i = 0; i < v->n; i++) {
		strbuf_add(out, moment.s, moment.len);
		csv_line(f, v, i, out);
	}
	strbuf_release(&moment);
}

/* --- a stream --- */

void batch_frame(enum batch_format format, const struct frame *f, const struct view *v, bool first,
		 struct strbuf *out)
{
	switch (format) {
	case BATCH_TEXT: batch_text(f, v, first, out); break;
	case BATCH_JSON: batch_json(f, v, out); break;
	case BATCH_CSV: batch_csv(f, v, first, out); break;
	}
}

int batch_write(FILE *stream, const struct strbuf *text)
{
	int err;

	errno = 0;
	if (fwrite(text->s, 1, text->len, stream) == text->len && !fflush(stream))
		return 0;
	err = errno ? -errno : -EIO;
	/* Nobody misses it; or a stop signal ended the wait for a reader. */
	if (err == -EPIPE || err == -EINTR) {
		__fpurge(stream);
		clearerr(stream);
	} else {
		log_err_sys(err, "cannot write the output");
	}
	return err;
}
