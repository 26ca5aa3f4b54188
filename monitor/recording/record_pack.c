/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame as bytes of a recording: what differs from the frame before. */
#include "lib/base.h"
#include "monitor/sink/record_format.h"

#include <string.h>

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
	uint32_t changed = 0, integers = 0;

	for (unsigned int i = 0; i < FIELD_COUNT; i++) {
		if (same_number(row->v[i], before ? before->v[i] : NAN))
			continue;
		changed |= 1u << i;
		if (record_is_integer(row->v[i]))
			integers |= 1u << i;
	}
	pack_varint(out, changed);
	pack_varint(out, integers);
	for (unsigned int i = 0; i < FIELD_COUNT; i++) {
		double base = before ? before->v[i] : NAN;

		if (!(changed & 1u << i))
			continue;
		if (!(integers & 1u << i))
			pack_double(out, row->v[i]);
		else
			pack_signed(out, (int64_t)row->v[i] -
						 (record_is_integer(base) ? (int64_t)base : 0));
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
		const struct mem_record *e = &f->events[i].record;

		pack_signed(out, (int64_t)(e->timestamp_ns - last_ns));
		pack_varint(out, e->size);
		pack_varint(out, e->address);
		pack_varint(out, e->pid);
		pack_varint(out, e->tgid);
		pack_varint(out, e->length);
		pack_varint(out, e->type);
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
