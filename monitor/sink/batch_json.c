/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame as one JSON object on one line (docs/monitor-formats.md has the schema). Written straight
 * into the text: a tree of ten thousand processes would cost more than reading them. */
#include "lib/base.h"
#include "monitor/sink/batch_form.h"

#include "monitor/sink/put.h"
#include "monitor/sink/record_format.h"
#include "monitor/sink/scalar.h"
#include "monitor/view/trend.h"

static void put_key(struct strbuf *out, const char *key)
{
	strbuf_addstr(out, ",\"");
	strbuf_addstr(out, key);
	strbuf_addstr(out, "\":");
}

static void put_u64_or_null(struct strbuf *out, uint64_t v, bool known)
{
	if (known)
		put_u64(out, v);
	else
		strbuf_addstr(out, "null");
}

/* 0 of the machine's memory, or of a maximum, is "there is none to tell". */
static bool known(const struct scalar *s, const struct frame *f)
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

static void put_scalar(struct strbuf *out, const struct scalar *s, const struct frame *f)
{
	put_key(out, s->name);
	if (s->kind == SCALAR_DOUBLE)
		put_json_number(out, scalar_double(s, f));
	else if (s->kind == SCALAR_BOOL)
		strbuf_addstr(out, scalar_u64(s, f) ? "true" : "false");
	else
		put_u64_or_null(out, scalar_u64(s, f), known(s, f));
}

/* An object of scalars; begins with a comma where something stands before. */
static void put_scalars(struct strbuf *out, const char *key, const struct scalar *s,
			const struct frame *f)
{
	size_t at;

	put_key(out, key);
	at = out->len;
	for (; s->name; s++)
		put_scalar(out, s, f);
	/* The first comma opens the object. */
	out->s[at] = '{';
}

static void put_machine(struct strbuf *out, const struct frame *f, const struct view *v)
{
	strbuf_addf(out, ",\"machine\":{\"cpus\":%u,\"mem_total_kb\":", f->ncpu);
	put_u64_or_null(out, f->mem_total_kb, f->mem_total_kb);
	strbuf_addstr(out, ",\"mem_available_kb\":");
	put_u64_or_null(out, f->mem_available_kb, f->mem_total_kb);
	strbuf_addf(out, ",\"processes\":%zu,\"matched\":%zu}", f->n, v->matched);
}

static void put_flag(struct strbuf *out, const struct proc_row *row, unsigned int flag,
		     const char *key)
{
	if (!(row->flags & flag))
		return;
	put_key(out, key);
	strbuf_addstr(out, "true");
}

static void put_fields(struct strbuf *out, const double *values, uint32_t fields)
{
	for (unsigned int i = 0; i < FIELD_COUNT; i++) {
		if (!(fields & 1u << i))
			continue;
		put_key(out, field_names[i]);
		put_json_number(out, values[i]);
	}
}

/* Where the row stands in the tree, and the sums of all from it on down. */
static void put_tree(struct strbuf *out, const struct view *v, size_t line, uint32_t fields)
{
	size_t at;

	put_key(out, "depth");
	put_u64(out, v->lines[line].depth);
	if (v->lines[line].context) {
		put_key(out, "context");
		strbuf_addstr(out, "true");
	}
	put_key(out, "subtree");
	at = out->len;
	put_fields(out, v->sums[line], fields);
	if (out->len == at)
		strbuf_addch(out, '{');
	out->s[at] = '{';
	strbuf_addch(out, '}');
}

static void put_process(struct strbuf *out, const struct frame *f, const struct view *v,
			size_t line, uint32_t fields)
{
	const struct proc_row *row = &f->rows[v->lines[line].row];
	const char state[2] = {row->state, '\0'};

	strbuf_addstr(out, "{\"pid\":");
	put_u64(out, row->pid);
	put_key(out, "name");
	put_json_text(out, row->name);
	put_key(out, "ppid");
	put_u64(out, row->ppid);
	put_key(out, "user");
	put_json_text(out, column_user(row->uid));
	put_key(out, "state");
	put_json_text(out, state);
	put_key(out, "exact");
	strbuf_addstr(out, row->flags & ROW_EXACT ? "true" : "false");
	put_fields(out, row->v, fields);
	if (fields & 1u << FIELD_TREND) {
		put_key(out, "verdict");
		put_json_text(out, verdict_name(row));
	}
	put_flag(out, row, ROW_ENDED, "ended");
	put_flag(out, row, ROW_KERNEL, "kernel");
	put_flag(out, row, ROW_HIDDEN, "hidden");
	if (v->sums)
		put_tree(out, v, line, fields);
	strbuf_addch(out, '}');
}

void batch_json(const struct frame *f, const struct view *v, struct strbuf *out)
{
	uint32_t fields = 0;

	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (put_offers(f, (enum field)i))
			fields |= 1u << i;
	strbuf_addf(out, "{\"schema\":1,\"tool\":\"%s\",\"seq\":", record_tool_names[f->tool]);
	put_u64(out, f->seq);
	strbuf_addstr(out, ",\"time\":\"");
	put_time(out, f->time_ns, false);
	strbuf_addstr(out, "\",\"started\":\"");
	put_time(out, f->started_ns, false);
	strbuf_addstr(out, "\",\"interval_s\":");
	put_json_number(out, f->interval_s);
	put_key(out, "monitor");
	put_json_text(out, f->monitor);
	put_machine(out, f, v);
	put_scalars(out, "own", own_scalars, f);
	put_key(out, "ns_source");
	if (f->own.ns_source[0])
		put_json_text(out, f->own.ns_source);
	else
		strbuf_addstr(out, "null");
	strbuf_addch(out, '}');
	put_scalars(out, "losses", losses_scalars, f);
	strbuf_addstr(out, "},\"processes\":[");
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			strbuf_addch(out, ',');
		put_process(out, f, v, i, fields);
	}
	strbuf_addstr(out, "],\"events_seen\":");
	put_u64_or_null(out, f->events_seen, f->events_seen != UINT64_MAX);
	strbuf_addstr(out, "}\n");
}
