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

static void difference(struct equiv *e, struct equiv_difference d, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void difference(struct equiv *e, struct equiv_difference d, const char *fmt, ...)
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

/* Equal, or as near as two readings of the clock can be expected to be. */
static bool near_enough(unsigned int field, uint64_t a, uint64_t b)
{
	uint64_t apart = a > b ? a - b : b - a;

	if (!(CPU_FIELDS & (1u << field)))
		return !apart;
	if (field == CPU_START_TIME || field == CPU_SYSCALL_START)
		return !a || !b || apart <= EQUIV_MOMENT_NS;
	return apart <= EQUIV_SUM_NS + MAX(a, b) / 100 * EQUIV_SUM_PCT;
}

static bool as_good_as_none(const struct mem_row *r, uint32_t fields)
{
	for (unsigned int f = 0; f < MEM_FIELD_COUNT; f++)
		if (fields & (1u << f) && f != MEM_LAST_UPDATE && !near_enough(f, r->value[f], 0))
			return false;
	return true;
}

static void lone_row(struct equiv *e, const struct mem_row *r, uint32_t fields, const char *has,
		     const char *lacks)
{
	if (as_good_as_none(r, fields))
		return;
	difference(e, (struct equiv_difference){.what = "key", .field = "", .key = r->key},
		   "key %" PRIu32 " is in %s and not in %s", r->key, has, lacks);
}

static void compare_rows(struct equiv *e, const char *name_a, const struct mem_row *a,
			 const char *name_b, const struct mem_row *b, uint32_t fields)
{
	e->keys++;
	for (unsigned int f = 0; f < MEM_FIELD_COUNT; f++) {
		if (!(fields & (1u << f)))
			continue;
		if (f == MEM_LAST_UPDATE) {
			e->timestamp |= a->value[f] != b->value[f];
			continue;
		}
		e->counters++;
		e->clock |= CPU_FIELDS & (1u << f) && a->value[f] != b->value[f];
		if (near_enough(f, a->value[f], b->value[f]))
			continue;
		difference(e,
			   (struct equiv_difference){.what = "counter",
						     .field = mem_field_names[f],
						     .key = a->key,
						     .a = a->value[f],
						     .b = b->value[f]},
			   "%s of key %" PRIu32 ": %s has %" PRIu64 ", %s has %" PRIu64,
			   mem_field_names[f], a->key, name_a, a->value[f], name_b, b->value[f]);
	}
}

void equiv_tables(struct equiv *e, const char *name_a, const struct mem_table *a,
		  const char *name_b, const struct mem_table *b)
{
	uint32_t fields = a->fields & b->fields;
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->rows[i].key < b->rows[j].key))
			lone_row(e, &a->rows[i++], fields, name_a, name_b);
		else if (i == a->n || b->rows[j].key < a->rows[i].key)
			lone_row(e, &b->rows[j++], fields, name_b, name_a);
		else
			compare_rows(e, name_a, &a->rows[i++], name_b, &b->rows[j++], fields);
	}
}

/* An event with its place in the capture, so that a sort by thread keeps the thread's own order. */
struct placed {
	const struct mem_record *r;
	size_t at;
};

static int by_thread(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->r->pid != b->r->pid)
		return a->r->pid < b->r->pid ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static struct placed *sorted(const struct mem_record *r, size_t n)
{
	struct placed *p = calloc(n + 1, sizeof(*p));

	for (size_t i = 0; p && i < n; i++)
		p[i] = (struct placed){&r[i], i};
	if (p)
		qsort(p, n, sizeof(*p), by_thread);
	return p;
}

static void compare_records(struct equiv *e, const char *name_a, const struct mem_record *a,
			    const char *name_b, const struct mem_record *b, uint64_t index)
{
	const struct {
		const char *field;
		uint64_t a, b;
	} pairs[] = {
		{"event_type", a->type, b->type},
		{"tgid", a->tgid, b->tgid},
		{"size", a->size, b->size},
		{"address", a->address, b->address},
	};

	e->events++;
	e->record_length |= a->length != b->length;
	e->timestamp |= a->timestamp_ns != b->timestamp_ns;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i].a == pairs[i].b)
			continue;
		difference(e,
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
		difference(e,
			   (struct equiv_difference){
				   .what = "event", .field = "comm", .key = a->pid, .index = index},
			   "comm of event %" PRIu64 " of thread %" PRIu32
			   ": %s has '%.16s', %s has '%.16s'",
			   index, a->pid, name_a, a->comm, name_b, b->comm);
}

static void compare_streams(struct equiv *e, const char *name_a, const struct placed *a, size_t na,
			    const char *name_b, const struct placed *b, size_t nb)
{
	uint64_t index = 0;
	uint32_t thread = 0;
	size_t i = 0, j = 0;

	while (i < na || j < nb) {
		bool only_a = j == nb || (i < na && a[i].r->pid < b[j].r->pid);
		bool only_b = i == na || (j < nb && b[j].r->pid < a[i].r->pid);
		const struct mem_record *r = only_b ? b[j].r : a[i].r;

		if (r->pid != thread) {
			thread = r->pid;
			index = 0;
		}
		if (only_a || only_b)
			difference(e,
				   (struct equiv_difference){.what = "event",
							     .field = "",
							     .key = r->pid,
							     .index = index},
				   "event %" PRIu64 " of thread %" PRIu32 " (type %u, size %" PRIu64
				   ") is in %s and not in %s",
				   index, r->pid, r->type, r->size, only_a ? name_a : name_b,
				   only_a ? name_b : name_a);
		else
			compare_records(e, name_a, a[i].r, name_b, b[j].r, index);
		index++;
		i += !only_b;
		j += !only_a;
	}
}

void equiv_events(struct equiv *e, const char *name_a, const struct mem_record *a, size_t na,
		  uint64_t lost_a, const char *name_b, const struct mem_record *b, size_t nb,
		  uint64_t lost_b)
{
	struct placed *pa, *pb;

	if (lost_a || lost_b) {
		e->events += MIN(na, nb);
		if (na + lost_a != nb + lost_b)
			difference(e,
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
		compare_streams(e, name_a, pa, na, name_b, pb, nb);
	free(pa);
	free(pb);
}
