/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Equivalence of two captures by one definition: map by map, key by key. */
#include "lib/base.h"
#include "harness/compare/equiv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"

struct side {
	const char *name;
	const struct figure_map *map;
};

static void add_value(struct strbuf *out, const struct figure_row *r)
{
	if (r->text)
		strbuf_addf(out, "'%s'", r->text);
	else if (r->has_count)
		strbuf_addf(out, "count %" PRIu64 ", total %" PRId64, r->count, (int64_t)r->sum);
	else if (!r->nbuckets)
		strbuf_addf(out, "%" PRId64, (int64_t)r->value);
	for (size_t i = 0; i < r->nbuckets; i++)
		strbuf_addf(out, "%s%" PRIu64 " from %" PRId64, i ? ", " : "", r->buckets[i].count,
			    r->buckets[i].from);
}

/* Buckets of 0 and of 1 are one in a map that joins them. */
static int64_t from_of(const struct figure_bucket *b, bool joined)
{
	return joined && b->from == 1 ? 0 : b->from;
}

static uint64_t count_from(const struct figure_row *r, int64_t from, bool joined)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->nbuckets; i++)
		if (from_of(&r->buckets[i], joined) == from)
			n += r->buckets[i].count;
	return n;
}

static bool same_buckets(const struct figure_row *a, const struct figure_row *b, bool joined)
{
	for (size_t i = 0; i < a->nbuckets; i++) {
		int64_t from = from_of(&a->buckets[i], joined);

		if (count_from(a, from, joined) != count_from(b, from, joined))
			return false;
	}
	return true;
}

static bool same(const struct side *a, const struct figure_row *ra, const struct side *b,
		 const struct figure_row *rb)
{
	bool joined = a->map->low_joined || b->map->low_joined;

	if (ra->nbuckets || rb->nbuckets)
		return same_buckets(ra, rb, joined) && same_buckets(rb, ra, joined);
	if (ra->text || rb->text)
		return ra->text && rb->text && !strcmp(ra->text, rb->text);
	if (ra->has_count && rb->has_count)
		return ra->count == rb->count && ra->sum == rb->sum;
	return ra->value == rb->value;
}

static void lone(struct equiv *e, const struct side *has, const struct side *lacks, const char *key)
{
	equiv_add(e, (struct equiv_difference){.what = "key", .field = ""},
		  "%s[%s] is in %s and not in %s", has->map->name, key, has->name, lacks->name);
}

static void differ(struct equiv *e, const struct side *a, const struct figure_row *ra,
		   const struct side *b, const struct figure_row *rb)
{
	struct strbuf va = STRBUF_INIT, vb = STRBUF_INIT;

	add_value(&va, ra);
	add_value(&vb, rb);
	equiv_add(e,
		  (struct equiv_difference){
			  .what = "counter", .field = "", .a = ra->value, .b = rb->value},
		  "%s[%s]: %s has %s, %s has %s", a->map->name, ra->key, a->name, va.s, b->name,
		  vb.s);
	strbuf_release(&va);
	strbuf_release(&vb);
}

static void compare_maps(struct equiv *e, const struct side *a, const struct side *b, bool by_clock)
{
	size_t i = 0, k = 0;

	while (i < a->map->n || k < b->map->n) {
		const struct figure_row *ra = i < a->map->n ? &a->map->rows[i] : NULL;
		const struct figure_row *rb = k < b->map->n ? &b->map->rows[k] : NULL;
		int order = !ra ? 1 : !rb ? -1 : strcmp(ra->key, rb->key);
		bool equal = !order && same(a, ra, b, rb);

		i += order <= 0;
		k += order >= 0;
		e->keys += !order;
		e->counters += !order;
		e->clock |= !equal && by_clock;
		if (equal || by_clock)
			continue;
		if (order)
			lone(e, order < 0 ? a : b, order < 0 ? b : a,
			     order < 0 ? ra->key : rb->key);
		else
			differ(e, a, ra, b, rb);
	}
}

static const struct figure_map *map_of(const struct figures *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->maps[i].name, name))
			return &f->maps[i];
	return NULL;
}

void equiv_figures(struct equiv *e, const char *name_a, const struct figures *a, const char *name_b,
		   const struct figures *b, bool by_clock)
{
	for (size_t i = 0; i < a->n; i++) {
		struct side sa = {name_a, &a->maps[i]}, sb = {name_b, map_of(b, a->maps[i].name)};

		if (sb.map)
			compare_maps(e, &sa, &sb, by_clock);
	}
}
