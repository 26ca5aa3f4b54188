/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a frame becomes bytes and is read again. A frame is told against the frame before: of each
 * process only what has changed, numbers as differences where they are whole, the rest as doubles.
 * Both sides keep the rows of the frame before for that (struct record_base). What is read is not
 * believed: counts, order, names and sizes are looked at before anything is kept.
 */
#include "lib/base.h"
#include "monitor/recording/format.h"

#include <stdlib.h>
#include <string.h>

const char *const record_tool_names[] = {[TOOL_MEMMON] = "memmon", [TOOL_CPUMON] = "cpumon"};

const struct scalar *record_scalar(size_t i)
{
	static const struct scalar *const tables[] = {frame_scalars, losses_scalars, own_scalars};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct scalar *s = tables[t]; s->name; s++)
			if (!i--)
				return s;
	return NULL;
}

static int room(void **at, size_t *cap, size_t n, size_t size)
{
	void *p;

	if (n <= *cap)
		return 0;
	/* What was there is not needed: no copy. */
	free(*at);
	*at = NULL;
	*cap = 0;
	n += n / 8;
	p = calloc(n, size);
	if (!p)
		return -ENOMEM;
	*at = p;
	*cap = n;
	return 0;
}

int record_base_room(struct record_base *b, size_t n, size_t nsizes)
{
	void *rows = b->rows, *v = b->v, *sizes = b->sizes;
	int err = room(&rows, &b->cap, n, sizeof(*b->rows));

	b->rows = rows;
	if (!err)
		err = room(&v, &b->v_cap, n, sizeof(*b->v));
	b->v = v;
	if (!err)
		err = room(&sizes, &b->sizes_cap, nsizes, sizeof(*b->sizes));
	b->sizes = sizes;
	b->n = b->nsizes = 0;
	return err;
}

void record_base_release(struct record_base *b)
{
	free(b->rows);
	free(b->v);
	free(b->sizes);
	*b = (struct record_base){0};
}

bool record_is_integer(double v)
{
	/* -0.0 would lose its sign. */
	return fabs(v) < 9007199254740992.0 && v == floor(v) && !(v == 0 && signbit(v));
}

/* --- a frame as bytes --- */

static const uint32_t no_sizes[SIZE_BUCKETS];

static void pack_scalars(struct strbuf *out, const struct frame *f)
{
	const struct scalar *s;

	for (size_t i = 0; (s = record_scalar(i)); i++)
		if (s->kind == SCALAR_DOUBLE)
			pack_double(out, scalar_double(s, f));
		else
			pack_varint(out, scalar_u64(s, f));
	pack_text(out, f->monitor ? f->monitor : "", 63);
	pack_text(out, f->own.ns_source, sizeof(f->own.ns_source) - 1);
	pack_varint(out, f->fields & ((1ull << FIELD_COUNT) - 1));
}

static bool same_number(double a, double b)
{
	return !memcmp(&a, &b, sizeof(a)) || (isnan(a) && isnan(b));
}

/* @before NULL: everything was unknown. */
static void pack_values(struct strbuf *out, const struct proc_row *row,
			const struct proc_row *before)
{
	uint64_t changed = 0, integers = 0;
	double room[FIELD_COUNT];
	const double *v = row_values(row, room);

	for (unsigned int i = 0; i < FIELD_COUNT; i++) {
		if (same_number(v[i], before ? before->v[i] : NAN))
			continue;
		changed |= FIELD_BIT(i);
		if (record_is_integer(v[i]))
			integers |= FIELD_BIT(i);
	}
	pack_varint(out, changed);
	pack_varint(out, integers);
	for (unsigned int i = 0; i < FIELD_COUNT; i++) {
		double base = before ? before->v[i] : NAN;

		if (!(changed & FIELD_BIT(i)))
			continue;
		if (!(integers & FIELD_BIT(i)))
			pack_double(out, v[i]);
		else
			pack_signed(out,
				    (int64_t)v[i] - (record_is_integer(base) ? (int64_t)base : 0));
	}
}

static void pack_sizes(struct strbuf *out, const uint32_t *sizes, const uint32_t *before)
{
	uint64_t changed = 0;

	for (unsigned int i = 0; i < SIZE_BUCKETS; i++)
		changed |= (uint64_t)(sizes[i] != before[i]) << i;
	pack_varint(out, changed);
	for (unsigned int i = 0; i < SIZE_BUCKETS; i++)
		if (changed & 1ull << i)
			pack_signed(out, (int64_t)sizes[i] - before[i]);
}

static void pack_row(struct strbuf *out, const struct proc_row *row, const struct proc_row *before,
		     uint32_t last_pid)
{
	bool identity = !before || before->start_ns != row->start_ns || before->ppid != row->ppid ||
			before->uid != row->uid ||
			memcmp(before->name, row->name, sizeof(row->name)) != 0;

	/* The same number again, another process. */
	if (before && before->start_ns != row->start_ns)
		before = NULL;
	pack_varint(out, row->pid - last_pid);
	pack_varint(out, (identity ? ROW_IDENTITY : 0) | (row->sizes ? ROW_SIZES : 0));
	if (identity) {
		pack_varint(out, row->ppid);
		pack_varint(out, row->uid);
		pack_varint(out, row->start_ns);
		pack_text(out, row->name, sizeof(row->name) - 1);
	}
	pack_varint(out, row->flags);
	pack_varint(out, row->verdict);
	strbuf_addch(out, row->state);
	pack_values(out, row, before);
	if (row->sizes)
		pack_sizes(out, row->sizes, before && before->sizes ? before->sizes : no_sizes);
}

static void pack_events(struct strbuf *out, const struct frame *f)
{
	uint64_t last_ns = 0;

	pack_varint(out, f->nevents);
	for (size_t i = 0; i < f->nevents; i++) {
		const struct event *e = &f->events[i].record;

		pack_signed(out, (int64_t)(e->timestamp_ns - last_ns));
		pack_varint(out, e->value[MEM_EVENT_SIZE]);
		pack_varint(out, e->value[MEM_EVENT_ADDRESS]);
		pack_varint(out, e->pid);
		pack_varint(out, e->tgid);
		pack_varint(out, e->length);
		pack_varint(out, e->value[MEM_EVENT_TYPE]);
		pack_text(out, e->comm, sizeof(e->comm) - 1);
		last_ns = e->timestamp_ns;
	}
}

static int keep(struct record_base *base, const struct frame *f, size_t nsizes)
{
	int err = record_base_room(base, f->n, nsizes);

	if (err)
		return err;
	for (size_t i = 0; i < f->n; i++) {
		struct proc_row *row = &base->rows[i];

		*row = f->rows[i];
		row->v = base->v[i];
		for (size_t k = 0; k < FIELD_COUNT; k++)
			row->v[k] = row_value(&f->rows[i], (enum field)k);
		if (!row->sizes)
			continue;
		memcpy(base->sizes[base->nsizes], row->sizes, sizeof(*base->sizes));
		row->sizes = base->sizes[base->nsizes++];
	}
	base->n = f->n;
	return 0;
}

int record_pack_frame(struct strbuf *out, const struct frame *f, struct record_base *base)
{
	size_t nsizes = 0, at = 0;
	uint32_t last_pid = 0;

	for (size_t i = 0; i < f->n; i++)
		nsizes += f->rows[i].sizes != NULL;
	pack_scalars(out, f);
	pack_varint(out, f->n);
	pack_varint(out, nsizes);
	for (size_t i = 0; i < f->n; i++) {
		const struct proc_row *row = &f->rows[i];

		while (at < base->n && base->rows[at].pid < row->pid)
			at++;
		pack_row(out, row,
			 at < base->n && base->rows[at].pid == row->pid ? &base->rows[at] : NULL,
			 last_pid);
		last_pid = row->pid;
	}
	pack_events(out, f);
	return keep(base, f, nsizes);
}

/* --- a frame out of bytes --- */

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
	f->own.calls = UINT64_MAX;
	f->swap_total_kb = f->swap_free_kb = f->cached_kb = f->page_faults = UINT64_MAX;
	f->cpu_busy_pct = f->wait_cpu_pct = f->wait_memory_pct = f->wait_io_pct = NAN;
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
			f->fields |= FIELD_BIT(d->fields[i]);
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
	double *v = row->v;

	if (before) {
		memcpy(v, before->v, FIELD_COUNT * sizeof(*v));
		*row = *before;
		row->v = v;
	} else {
		unknown_values(row);
	}
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
		row->v = now->v[i];
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
		struct event *e = &r->events[i].record;

		*e = (struct event){0};
		e->timestamp_ns = last_ns + (uint64_t)unpack_signed(u);
		e->value[MEM_EVENT_SIZE] = unpack_varint(u);
		e->value[MEM_EVENT_ADDRESS] = unpack_varint(u);
		e->pid = (uint32_t)unpack_varint(u);
		e->tgid = (uint32_t)unpack_varint(u);
		e->length = (uint32_t)unpack_varint(u);
		e->value[MEM_EVENT_TYPE] = (uint8_t)unpack_varint(u);
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
