/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame out of the bytes of a recording; nothing in them is believed before it was looked at. */
#include "lib/base.h"
#include "monitor/sink/record_format.h"

#include <string.h>

/* What a row and an event take at least, each of their numbers being one byte. */
enum { ROW_BYTES = 7, EVENT_BYTES = 8 };

/* What goes to a terminal as it is must not steer it. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

static void unpack_scalars(struct unpack *u, const struct record_description *d, struct frame *f)
{
	for (size_t i = 0; i < d->nscalars; i++) {
		const struct scalar *s = &d->scalars[i];

		if (s->kind == SCALAR_DOUBLE) {
			double v = unpack_double(u);

			if (s->offset != SIZE_MAX)
				scalar_set_double(s, f, v);
		} else {
			uint64_t v = unpack_varint(u);

			if (s->offset != SIZE_MAX)
				scalar_set_u64(s, f, v);
		}
	}
}

/* Scalars that the file does not have are unknown, not 0. */
static void forget_scalars(struct frame *f)
{
	for (const struct scalar *s = losses_scalars; s->name; s++)
		scalar_set_u64(s, f, UINT64_MAX);
	for (const struct scalar *s = own_scalars; s->name; s++)
		if (s->kind == SCALAR_DOUBLE)
			scalar_set_double(s, f, NAN);
	f->interval_s = NAN;
}

static const char *unpack_head(struct unpack *u, const struct record_description *d,
			       struct record_unpacked *r)
{
	struct frame *f = &r->frame;
	uint64_t mask;

	*f = (struct frame){.tool = f->tool, .monitor = r->monitor};
	forget_scalars(f);
	unpack_scalars(u, d, f);
	unpack_text(u, r->monitor, sizeof(r->monitor));
	unpack_text(u, f->own.ns_source, sizeof(f->own.ns_source));
	make_printable(r->monitor);
	make_printable(f->own.ns_source);
	if (!(f->interval_s >= 0 && f->interval_s < RECORD_INTERVAL_MAX_S))
		f->interval_s = NAN;
	mask = unpack_varint(u);
	for (size_t i = 0; i < RECORD_FIELDS_MAX; i++) {
		if (!(mask & 1ull << i))
			continue;
		if (i >= d->nfields)
			return "it offers a field that has no name";
		if (d->fields[i] >= 0)
			f->fields |= 1u << d->fields[i];
	}
	return u->bad ? "its head is not whole" : NULL;
}

static const char *unpack_values(struct unpack *u, const struct record_description *d,
				 struct proc_row *row)
{
	uint64_t changed = unpack_varint(u), integers = unpack_varint(u);

	if (integers & ~changed || (d->nfields < 64 && changed >> d->nfields))
		return "a process has a field that has no name";
	for (size_t i = 0; i < d->nfields; i++) {
		double *v = d->fields[i] >= 0 ? &row->v[d->fields[i]] : NULL;
		double to;

		if (!(changed & 1ull << i))
			continue;
		if (integers & 1ull << i) {
			uint64_t by = (uint64_t)unpack_signed(u);

			to = v && record_is_integer(*v) ? *v : 0;
			to = (double)(int64_t)((uint64_t)(int64_t)to + by);
		} else {
			to = unpack_double(u);
		}
		if (v)
			*v = to;
	}
	return NULL;
}

static const char *unpack_sizes(struct unpack *u, uint32_t *sizes)
{
	uint64_t changed = unpack_varint(u);

	if (changed >> SIZE_BUCKETS)
		return "a histogram has too many buckets";
	for (unsigned int i = 0; i < SIZE_BUCKETS; i++)
		if (changed & 1ull << i)
			sizes[i] += (uint32_t)unpack_signed(u);
	return NULL;
}

static void unknown_values(struct proc_row *row)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		row->v[i] = NAN;
}

/* @before is the row of the same pid in the frame before, or NULL. */
static const char *unpack_row(struct unpack *u, const struct record_description *d,
			      const struct proc_row *before, struct proc_row *row, uint32_t *sizes)
{
	uint64_t what = unpack_varint(u);
	const char *wrong;
	uint32_t pid = row->pid;

	if (before)
		*row = *before;
	else
		unknown_values(row);
	row->pid = pid;
	row->sizes = NULL;
	if (what & ~(uint64_t)(ROW_IDENTITY | ROW_SIZES))
		return "a process has parts that are not known";
	if (what & ROW_IDENTITY) {
		row->ppid = (uint32_t)unpack_varint(u);
		row->uid = (uint32_t)unpack_varint(u);
		row->start_ns = unpack_varint(u);
		unpack_text(u, row->name, sizeof(row->name));
		if (before && before->start_ns != row->start_ns) {
			before = NULL;
			unknown_values(row);
		}
	} else if (!before) {
		return "a process that was not there before has no name";
	}
	row->flags = (uint8_t)unpack_varint(u);
	row->verdict = (uint8_t)unpack_varint(u);
	row->state = u->at < u->end ? (char)*u->at++ : '?';
	if (row->state < '!' || row->state > '~')
		row->state = '?';
	if (row->verdict >= VERDICT_COUNT)
		return "a process has a verdict that is not known";
	wrong = unpack_values(u, d, row);
	if (wrong || !(what & ROW_SIZES))
		return wrong;
	if (!sizes)
		return "it has more histograms than it says";
	if (before && before->sizes)
		memcpy(sizes, before->sizes, SIZE_BUCKETS * sizeof(*sizes));
	else
		memset(sizes, 0, SIZE_BUCKETS * sizeof(*sizes));
	row->sizes = sizes;
	return unpack_sizes(u, sizes);
}

static const char *unpack_rows(struct unpack *u, const struct record_description *d,
			       const struct record_base *before, struct record_base *now)
{
	size_t n = unpack_count(u, ROW_BYTES), nsizes = unpack_varint(u), at = 0;
	uint32_t pid = 0;

	if (u->bad || n > RECORD_ROWS_MAX || nsizes > n)
		return "it has more processes than bytes";
	if (record_base_room(now, n, nsizes))
		return "there is no memory for its processes";
	for (size_t i = 0; i < n; i++) {
		uint64_t step = unpack_varint(u);
		struct proc_row *row = &now->rows[i];
		const char *wrong;

		/* Two of one number: the one ended, the other began. */
		if (step > UINT32_MAX - pid)
			return "its processes are not in order";
		row->pid = pid += (uint32_t)step;
		while (at < before->n && before->rows[at].pid < pid)
			at++;
		wrong = unpack_row(u, d,
				   at < before->n && before->rows[at].pid == pid ? &before->rows[at]
										 : NULL,
				   row, now->nsizes < nsizes ? now->sizes[now->nsizes] : NULL);
		if (u->bad)
			return "its processes are not whole";
		if (wrong)
			return wrong;
		now->nsizes += row->sizes != NULL;
		now->n = i + 1;
	}
	return NULL;
}

static const char *unpack_events(struct unpack *u, struct record_unpacked *r)
{
	size_t n = unpack_count(u, EVENT_BYTES);
	uint64_t last_ns = 0;

	if (u->bad || n > FRAME_EVENTS_MAX)
		return "it has more events than it may";
	for (size_t i = 0; i < n; i++) {
		struct mem_record *e = &r->events[i].record;

		*e = (struct mem_record){0};
		e->timestamp_ns = last_ns + (uint64_t)unpack_signed(u);
		e->size = unpack_varint(u);
		e->address = unpack_varint(u);
		e->pid = (uint32_t)unpack_varint(u);
		e->tgid = (uint32_t)unpack_varint(u);
		e->length = (uint32_t)unpack_varint(u);
		e->type = (uint8_t)unpack_varint(u);
		unpack_text(u, e->comm, sizeof(e->comm));
		last_ns = e->timestamp_ns;
	}
	r->frame.events = r->events;
	r->frame.nevents = n;
	return u->bad ? "its events are not whole" : NULL;
}

const char *record_unpack_frame(struct unpack *u, const struct record_description *d,
				struct record_unpacked *r)
{
	const char *wrong = unpack_head(u, d, r);
	struct record_base *before = &r->base[r->turn], *now = &r->base[!r->turn];

	if (!wrong)
		wrong = unpack_rows(u, d, before, now);
	if (!wrong)
		wrong = unpack_events(u, r);
	if (!wrong && u->at != u->end)
		wrong = "bytes are left over at its end";
	if (wrong)
		return wrong;
	r->turn = !r->turn;
	r->frame.rows = now->rows;
	r->frame.n = now->n;
	return NULL;
}
