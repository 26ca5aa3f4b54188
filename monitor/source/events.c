/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of the ring between two frames. */
#include "lib/base.h"
#include "monitor/source/events.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/memmon/memmon.h"

/* What the records say of a process. */
struct tally {
	uint32_t tgid;
	bool linked;	/* to a row */
	uint8_t frames; /* that it was in without */
	uint64_t brk;
	uint32_t sizes[SIZE_BUCKETS];
};

struct events {
	struct frame_event *list, *shown; /* FRAME_EVENTS_MAX each; owned */
	size_t n; /* kept since the last frame, more than there is room for too */
	uint64_t seen;
	struct tally **table; /* by tgid, open addressing; @cap a power of two; owned */
	size_t used, cap;
	struct tally *latest;
	source_keep_fn keep; /* NULL: all */
	void *keep_arg;
	bool linked; /* rows of the latest frame have sizes */
	bool no_memory;
};

int events_new(struct events **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

unsigned int events_bucket(uint64_t size)
{
	unsigned int bucket = size ? 63U - (unsigned int)__builtin_clzll(size) : 0;

	return MIN(bucket, SIZE_BUCKETS - 1U);
}

static size_t slot_of(const struct events *e, uint32_t tgid)
{
	return (tgid * 2654435761U) & (e->cap - 1);
}

static void place(struct events *e, struct tally *t)
{
	size_t i = slot_of(e, t->tgid);

	while (e->table[i])
		i = (i + 1) & (e->cap - 1);
	e->table[i] = t;
}

static bool grow(struct events *e)
{
	struct tally **old = e->table;
	size_t n = e->cap, want = n ? 2 * n : 256;
	struct tally **to = calloc(want, sizeof(struct tally *));

	if (!to)
		return false;
	e->table = to;
	e->cap = want;
	for (size_t i = 0; i < n; i++)
		if (old[i])
			place(e, old[i]);
	free(old);
	return true;
}

static struct tally *find(const struct events *e, uint32_t tgid)
{
	if (!e->cap)
		return NULL;
	for (size_t i = slot_of(e, tgid); e->table[i]; i = (i + 1) & (e->cap - 1))
		if (e->table[i]->tgid == tgid)
			return e->table[i];
	return NULL;
}

static struct tally *find_or_make(struct events *e, uint32_t tgid)
{
	struct tally *t = e->latest && e->latest->tgid == tgid ? e->latest : find(e, tgid);

	if (!t) {
		t = 2 * e->used < e->cap || grow(e) ? calloc(1, sizeof(*t)) : NULL;
		if (!t)
			return NULL;
		t->tgid = tgid;
		place(e, t);
		e->used++;
	}
	e->latest = t;
	return t;
}

static bool make_lists(struct events *e)
{
	if (e->list)
		return true;
	e->list = malloc(FRAME_EVENTS_MAX * sizeof(*e->list));
	e->shown = malloc(FRAME_EVENTS_MAX * sizeof(*e->shown));
	return e->list && e->shown;
}

void events_add(struct events *e, const struct event *record)
{
	struct tally *t = find_or_make(e, record->tgid);

	e->seen++;
	if (!t || !make_lists(e)) {
		e->no_memory = true;
		return;
	}
	if (record->value[MEM_EVENT_TYPE] == MEM_EVENT_BRK)
		t->brk++;
	if (t->sizes[events_bucket(record->value[MEM_EVENT_SIZE])] < UINT32_MAX)
		t->sizes[events_bucket(record->value[MEM_EVENT_SIZE])]++;
	if (!e->keep || e->keep(e->keep_arg, record))
		e->list[e->n++ % FRAME_EVENTS_MAX].record = *record;
}

void events_keep(struct events *e, source_keep_fn keep, void *arg)
{
	e->keep = keep;
	e->keep_arg = arg;
}

/* Deletion from open addressing: those behind move up. */
static void remove_at(struct events *e, size_t i)
{
	size_t mask = e->cap - 1, k = i;

	free(e->table[i]);
	e->table[i] = NULL;
	e->used--;
	e->latest = NULL;
	for (;;) {
		struct tally *t;

		k = (k + 1) & mask;
		t = e->table[k];
		if (!t)
			return;
		e->table[k] = NULL;
		place(e, t);
	}
}

static void link_rows(struct events *e, struct rows *rows, bool count_brk)
{
	for (size_t i = 0; i < e->cap; i++) {
		struct tally *t = e->table[i];
		struct proc_row *row = t ? rows_find(rows, t->tgid) : NULL;

		if (!t)
			continue;
		t->linked = row;
		t->frames += !row;
		if (!row)
			continue;
		row->sizes = t->sizes;
		e->linked = true;
		if (!count_brk || (!row->v && !t->brk))
			continue;
		if (row_wake(row))
			e->no_memory = true;
		else
			row->v[FIELD_BRK] = (double)t->brk;
	}
}

/* A tally of nobody for two frames is of a process that went unseen. */
static void drop_unlinked(struct events *e)
{
	for (size_t i = 0; i < e->cap;) {
		const struct tally *t = e->table[i];

		if (t && !t->linked && t->frames > 1)
			remove_at(e, i);
		else
			i++;
	}
}

/* Of two rows of one pid the older may have taken the tally with it. Of a 32-bit program that tells
 * nothing the monitor may not see the calls. */
static void unlink_rows(struct events *e, struct rows *rows, bool count_brk)
{
	e->linked = false;
	for (size_t i = 0; i < rows->n; i++) {
		struct proc_row *row = &rows->row[i];
		bool compat = rows->state[i].compat;

		row->sizes = NULL;
		if (!count_brk || (!row->v && !compat))
			continue;
		if (row_wake(row))
			e->no_memory = true;
		else
			row->v[FIELD_BRK] = compat ? NAN : 0;
	}
}

void events_frame(struct events *e, struct frame *f, struct rows *rows, bool count_brk)
{
	struct frame_event *list = e->list;
	size_t kept = MIN(e->n, (size_t)FRAME_EVENTS_MAX);
	size_t first = e->n > kept ? e->n % FRAME_EVENTS_MAX : 0;

	if (e->linked || count_brk)
		unlink_rows(e, rows, count_brk);
	link_rows(e, rows, count_brk);
	drop_unlinked(e);
	for (size_t i = 0; i < kept; i++) {
		struct frame_event *to = &e->shown[i];
		const struct proc_row *row;

		*to = list[(first + i) % FRAME_EVENTS_MAX];
		row = to->record.comm[0] ? NULL : rows_find(rows, to->record.tgid);
		if (row)
			memcpy(to->record.comm, row->name, sizeof(to->record.comm));
	}
	f->events = e->shown;
	f->nevents = kept;
	f->events_seen = e->seen;
	e->n = 0;
}

void events_leave(struct events *e, const struct proc_row *row)
{
	size_t i;

	if (!row->sizes)
		return;
	for (i = slot_of(e, row->pid); e->table[i]; i = (i + 1) & (e->cap - 1))
		if (e->table[i]->sizes == row->sizes) {
			remove_at(e, i);
			return;
		}
}

uint64_t events_seen(const struct events *e)
{
	return e->seen;
}

bool events_no_memory(const struct events *e)
{
	return e->no_memory;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->cap; i++)
		free(e->table[i]);
	free(e->table);
	free(e->list);
	free(e->shown);
	free(e);
}
