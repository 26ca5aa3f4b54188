/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Equivalence of two captures of the same events. */
#include "lib/base.h"
#include "harness/compare/equiv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"

enum { LOOK_AHEAD = 64 }; /* events, where two streams differ */

void equiv_add(struct equiv *e, struct equiv_difference d, const char *fmt, ...)
{
	if (e->differences < EQUIV_KEEP) {
		struct strbuf text = STRBUF_INIT;
		va_list ap;

		va_start(ap, fmt);
		strbuf_vaddf(&text, fmt, ap);
		va_end(ap);
		d.text = strbuf_detach(&text);
		e->kept[e->differences] = d;
	}
	e->differences++;
}

void equiv_release(struct equiv *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->kept); i++) {
		free(e->kept[i].text);
		e->kept[i].text = NULL;
	}
}

/* A moment, of which the latest counts and which each program reads itself, is not compared. */
static bool is_moment(const struct counter_field *f)
{
	return f->clock && f->join == COUNTER_MAX;
}

/* Equal, or as near as two readings of the clock can be expected to be. */
static bool near_enough(const struct counter_table *t, size_t f, uint64_t a, uint64_t b)
{
	uint64_t apart = a > b ? a - b : b - a;

	if (!t->words->fields[f].clock)
		return !apart;
	if (t->words == &vocabulary_cpu && (f == CPU_START_TIME || f == CPU_SYSCALL_START))
		return !a || !b || apart <= EQUIV_MOMENT_NS;
	return apart <= EQUIV_SUM_NS + MAX(a, b) / 100 * EQUIV_SUM_PCT;
}

static bool as_good_as_none(const struct counter_table *t, const struct counter_row *r,
			    uint64_t fields)
{
	uint32_t slot = 0;

	for (size_t f = 0; f < t->words->nfields; f++)
		for (uint32_t n = MAX(t->words->fields[f].slots, 1U); n; n--, slot++)
			if (fields >> f & 1 && !is_moment(&t->words->fields[f]) &&
			    !near_enough(t, f, r->value[slot], 0))
				return false;
	return true;
}

static void lone_row(struct equiv *e, const struct counter_table *t, const struct counter_row *r,
		     uint64_t fields, const char *has, const char *lacks)
{
	if (as_good_as_none(t, r, fields))
		return;
	equiv_add(e, (struct equiv_difference){.what = "key", .field = "", .key = (uint32_t)r->key},
		  "key %" PRIu64 " is in %s and not in %s", r->key, has, lacks);
}

static void compare_value(struct equiv *e, const struct counter_table *t, size_t f,
			  const char *name_a, const char *name_b, uint64_t key, uint64_t a,
			  uint64_t b)
{
	const struct counter_field *field = &t->words->fields[f];

	if (is_moment(field)) {
		e->timestamp |= a != b;
		return;
	}
	e->counters++;
	e->clock |= field->clock && a != b;
	if (near_enough(t, f, a, b))
		return;
	equiv_add(e,
		  (struct equiv_difference){.what = "counter",
					    .field = field->name,
					    .key = (uint32_t)key,
					    .a = a,
					    .b = b},
		  "%s of key %" PRIu64 ": %s has %" PRIu64 ", %s has %" PRIu64, field->name, key,
		  name_a, a, name_b, b);
}

void equiv_tables(struct equiv *e, const char *name_a, const struct counter_table *a,
		  const char *name_b, const struct counter_table *b)
{
	uint64_t fields = a->words == b->words ? a->fields & b->fields : 0;
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		const struct counter_row *ra = i < a->n ? counter_table_row(a, i) : NULL;
		const struct counter_row *rb = j < b->n ? counter_table_row(b, j) : NULL;
		uint32_t slot = 0;

		i += ra && (!rb || ra->key <= rb->key);
		j += rb && (!ra || rb->key <= ra->key);
		if (!rb || (ra && ra->key < rb->key)) {
			lone_row(e, a, ra, fields, name_a, name_b);
			continue;
		}
		if (!ra || rb->key < ra->key) {
			lone_row(e, b, rb, fields, name_b, name_a);
			continue;
		}
		e->keys++;
		for (size_t f = 0; f < a->words->nfields; f++)
			for (uint32_t n = MAX(a->words->fields[f].slots, 1U); n; n--, slot++)
				if (fields >> f & 1)
					compare_value(e, a, f, name_a, name_b, ra->key,
						      ra->value[slot], rb->value[slot]);
	}
}

/* An event with its place in the capture, so that a sort by thread keeps the thread's own order. */
struct placed {
	const struct event *r;
	size_t at;
};

static int by_thread(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->r->pid != b->r->pid)
		return a->r->pid < b->r->pid ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static struct placed *sorted(const struct event *r, size_t n)
{
	struct placed *p = calloc(n + 1, sizeof(*p));

	for (size_t i = 0; p && i < n; i++)
		p[i] = (struct placed){&r[i], i};
	if (p)
		qsort(p, n, sizeof(*p), by_thread);
	return p;
}

static void compare_records(struct equiv *e, const char *name_a, const struct event *a,
			    const char *name_b, const struct event *b, uint64_t index)
{
	const struct vocabulary *words = e->words;
	struct {
		const char *field;
		uint64_t a, b;
	} pairs[EVENT_VALUES_MAX + 1];
	size_t n = 0;

	for (; n < words->nvalues; n++) {
		pairs[n].field = words->values[n].name;
		pairs[n].a = a->value[n];
		pairs[n].b = b->value[n];
	}
	pairs[n].field = "tgid";
	pairs[n].a = a->tgid;
	pairs[n++].b = b->tgid;

	e->events++;
	e->record_length |= a->length != b->length;
	e->timestamp |= a->timestamp_ns != b->timestamp_ns;
	for (size_t i = 0; i < n; i++) {
		if (pairs[i].a == pairs[i].b)
			continue;
		equiv_add(e,
			  (struct equiv_difference){.what = "event",
						    .field = pairs[i].field,
						    .key = a->pid,
						    .index = index,
						    .a = pairs[i].a,
						    .b = pairs[i].b},
			  "%s of event %" PRIu64 " of thread %" PRIu32 ": %s has %" PRIu64
			  ", %s has %" PRIu64,
			  pairs[i].field, index, a->pid, name_a, pairs[i].a, name_b, pairs[i].b);
	}
	if (strncmp(a->comm, b->comm, sizeof(a->comm)))
		equiv_add(e,
			  (struct equiv_difference){
				  .what = "event", .field = "comm", .key = a->pid, .index = index},
			  "comm of event %" PRIu64 " of thread %" PRIu32
			  ": %s has '%.16s', %s has '%.16s'",
			  index, a->pid, name_a, a->comm, name_b, b->comm);
}

/* "size 10, address 0, event_type 3": what an event has of its subject's values. */
static const char *values_of(const struct vocabulary *words, const struct event *r, char *out,
			     size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < words->nvalues && used < size; i++)
		if (words->values[i].standard || r->value[i])
			used += (size_t)snprintf(out + used, size - used, "%s%s %" PRIu64,
						 used ? ", " : "", words->values[i].name,
						 r->value[i]);
	return out;
}

/* The events of one thread in one capture. */
struct stream {
	const struct placed *at;
	size_t n;
};

struct thread_pair {
	struct equiv *e;
	const char *name_a, *name_b;
	struct stream a, b;
	uint64_t index; /* of the pair, or of the event that only one has */
};

/* What tells one event from another; the rest is compared once they are paired. */
static bool same(const struct equiv *e, const struct placed *a, const struct placed *b)
{
	for (size_t i = 0; i < e->words->nvalues; i++)
		if (a->r->value[i] != b->r->value[i])
			return false;
	return a->r->tgid == b->r->tgid;
}

/* Events of @from, its first being no @to, until there is that; 0: not near. */
static size_t events_until(const struct equiv *e, const struct stream *from,
			   const struct placed *to)
{
	for (size_t k = 1; k <= LOOK_AHEAD && k < from->n; k++)
		if (same(e, &from->at[k], to))
			return k;
	return 0;
}

/* The two first events differ, and behind them the streams agree or are at their end. */
static bool replaced(const struct thread_pair *t)
{
	if (t->a.n == 1 || t->b.n == 1)
		return t->a.n == t->b.n;
	return same(t->e, &t->a.at[1], &t->b.at[1]);
}

static void lone_events(struct thread_pair *t, struct stream *from, size_t n)
{
	bool of_a = from == &t->a;
	char values[160];

	for (; n; n--, from->at++, from->n--, t->index++) {
		const struct event *r = from->at->r;

		equiv_add(t->e,
			  (struct equiv_difference){
				  .what = "event", .field = "", .key = r->pid, .index = t->index},
			  "event %" PRIu64 " of thread %" PRIu32 " (%s) is in %s and not in %s",
			  t->index, r->pid, values_of(t->e->words, r, values, sizeof(values)),
			  of_a ? t->name_a : t->name_b, of_a ? t->name_b : t->name_a);
	}
}

/*
 * Walks both streams. Where they differ one lacks an event or has another in its place; the nearest
 * place where they agree again decides, so that one event too few is one difference and not as many
 * as follow it.
 */
static void compare_thread(struct thread_pair *t)
{
	while (t->a.n && t->b.n) {
		size_t only_a = 0, only_b = 0;

		if (!same(t->e, t->a.at, t->b.at) && !replaced(t)) {
			only_a = events_until(t->e, &t->a, t->b.at);
			only_b = events_until(t->e, &t->b, t->a.at);
		}
		if (only_a && (!only_b || only_a <= only_b)) {
			lone_events(t, &t->a, only_a);
		} else if (only_b) {
			lone_events(t, &t->b, only_b);
		} else {
			compare_records(t->e, t->name_a, t->a.at->r, t->name_b, t->b.at->r,
					t->index++);
			t->a.at++, t->a.n--;
			t->b.at++, t->b.n--;
		}
	}
	lone_events(t, &t->a, t->a.n);
	lone_events(t, &t->b, t->b.n);
}

/* Takes the events of thread @pid, if they are next, from the front of @all. */
static struct stream take_thread(struct stream *all, uint32_t pid)
{
	struct stream s = {all->at, 0};

	for (; all->n && all->at->r->pid == pid; all->at++, all->n--)
		s.n++;
	return s;
}

static void compare_streams(struct equiv *e, const char *name_a, struct stream a,
			    const char *name_b, struct stream b)
{
	while (a.n || b.n) {
		uint32_t pid =
			!b.n || (a.n && a.at->r->pid <= b.at->r->pid) ? a.at->r->pid : b.at->r->pid;
		struct thread_pair t = {
			e, name_a, name_b, take_thread(&a, pid), take_thread(&b, pid), 0};

		compare_thread(&t);
	}
}

void equiv_events(struct equiv *e, const char *name_a, const struct event *a, size_t na,
		  uint64_t lost_a, const char *name_b, const struct event *b, size_t nb,
		  uint64_t lost_b)
{
	struct placed *pa, *pb;

	if (lost_a || lost_b) {
		e->events += MIN(na, nb);
		if (na + lost_a != nb + lost_b)
			equiv_add(e,
				  (struct equiv_difference){.what = "loss",
							    .field = "",
							    .a = na + lost_a,
							    .b = nb + lost_b},
				  "events captured and lost: %s has %zu + %" PRIu64
				  ", %s has %zu + %" PRIu64
				  " (a ring was full: contents not compared)",
				  name_a, na, lost_a, name_b, nb, lost_b);
		return;
	}
	pa = sorted(a, na);
	pb = sorted(b, nb);
	if (pa && pb)
		compare_streams(e, name_a, (struct stream){pa, na}, name_b,
				(struct stream){pb, nb});
	free(pa);
	free(pb);
}
