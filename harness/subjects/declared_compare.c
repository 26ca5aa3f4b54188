/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A map against its prediction. Both are brought into the order of their keys as text and walked
 * together; a number must be in its bounds, which are mostly one number, and so must each bucket of
 * a histogram.
 */
#include "lib/base.h"
#include "harness/subjects/declared.h"

#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"

/* What a map must hold of one key. */
struct expected {
	char *key;
	const struct definition_cell *cell;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct expected *)a)->key, ((const struct expected *)b)->key);
}

static enum declared_match worse(enum declared_match a, enum declared_match b)
{
	return MAX(a, b);
}

static enum declared_match match_bound(const struct definition_bound *b, uint64_t v, bool is_signed)
{
	bool inside = is_signed ? (int64_t)v >= (int64_t)b->lo && (int64_t)v <= (int64_t)b->hi
				: v >= b->lo && v <= b->hi;

	if (!inside)
		return DECLARED_WRONG;
	return b->lo == b->hi ? DECLARED_EQUAL : DECLARED_WITHIN;
}

/* --- histograms --- */

static int64_t lowest(const struct definition_bucket *b, bool low_joined)
{
	if (b->open_low)
		return INT64_MIN;
	/* Monitors that take the logarithm put 1 beside 0. */
	return low_joined && b->from == 1 ? 0 : b->from;
}

/* The bounds of all buckets of the cell that begin at @from, and one of them. */
static struct definition_bound bound_at(const struct definition_cell *c, int64_t from,
					bool low_joined, const struct definition_bucket **which)
{
	struct definition_bound sum = {0};

	*which = NULL;
	for (size_t i = 0; i < c->nbuckets; i++) {
		const struct definition_bucket *b = &c->buckets[i];

		if (lowest(b, low_joined) != from)
			continue;
		sum.lo += b->count.lo;
		sum.hi += b->count.hi;
		*which = b;
	}
	return sum;
}

static const struct figure_bucket *got_at(const struct figure_row *row, int64_t from)
{
	for (size_t i = 0; i < row->nbuckets; i++)
		if (row->buckets[i].from == from)
			return &row->buckets[i];
	return NULL;
}

static enum declared_match match_bucket(const struct figure_map *got, int64_t from,
					struct declared_pair *p)
{
	struct definition_bound b = bound_at(p->cell, from, got->low_joined, &p->bucket);
	enum declared_match match;

	p->got = got_at(p->row, from);
	match = match_bound(&b, p->got ? p->got->count : 0, false);
	return match;
}

static enum declared_match match_buckets(const struct figure_map *got, struct declared_pair *p)
{
	enum declared_match all = DECLARED_EQUAL;
	uint64_t sum = 0;

	for (size_t i = 0; all != DECLARED_WRONG && i < p->cell->nbuckets; i++)
		all = worse(all,
			    match_bucket(got, lowest(&p->cell->buckets[i], got->low_joined), p));
	for (size_t i = 0; all != DECLARED_WRONG && i < p->row->nbuckets; i++) {
		sum += p->row->buckets[i].count;
		all = worse(all, match_bucket(got, p->row->buckets[i].from, p));
	}
	if (all == DECLARED_WRONG)
		return all;
	/* Each within its bounds, and one too many or too few. */
	if (match_bound(&p->cell->count, sum, false) == DECLARED_WRONG)
		return DECLARED_WRONG;
	p->bucket = NULL;
	p->got = NULL;
	return all;
}

/* --- values --- */

static enum declared_match match_average(const struct definition_map *map,
					 const struct definition_cell *c,
					 const struct figure_row *row)
{
	enum declared_match all = DECLARED_EQUAL;

	if (map->function == DEFINITION_AVG && !row->has_count)
		return match_bound(&c->average, row->value, true);
	all = worse(all, match_bound(&c->count, row->count, false));
	return worse(all, match_bound(&c->value, row->sum, map->value.is_signed));
}

static enum declared_match match_text(const struct definition_cell *c, const struct figure_row *row)
{
	if (!c->text)
		return DECLARED_NOT_SAID;
	return row->text && !strcmp(c->text, row->text) ? DECLARED_EQUAL : DECLARED_WRONG;
}

static enum declared_match match_value(const struct definition_map *map,
				       const struct figure_map *got, struct declared_pair *p)
{
	const struct definition_cell *c = p->cell;

	if (c->doubt != DEFINITION_EXACT && c->doubt != DEFINITION_CLOCK)
		return DECLARED_NOT_SAID;
	switch (map->function) {
	case DEFINITION_COUNT: return match_bound(&c->count, p->row->value, false);
	case DEFINITION_AVG:
	case DEFINITION_STATS: return match_average(map, c, p->row);
	case DEFINITION_HIST:
	case DEFINITION_LHIST: return match_buckets(got, p);
	default:
		if (map->function == DEFINITION_PLAIN && map->value.type == DEFINITION_TEXT)
			return match_text(c, p->row);
		return match_bound(&c->value, p->row->value, map->value.is_signed);
	}
}

/* An array has all its elements, and those that hold nothing are no rows. */
static bool may_be_nothing(const struct figure_map *got, const struct definition_cell *c)
{
	return c->maybe || (!got->room && !c->value.lo && !c->count.lo);
}

static enum declared_match match_missing(const struct figure_map *got,
					 const struct declared_pair *p)
{
	if (p->cell->doubt != DEFINITION_EXACT && p->cell->doubt != DEFINITION_CLOCK)
		return DECLARED_NOT_SAID;
	return may_be_nothing(got, p->cell) ? DECLARED_WITHIN : DECLARED_WRONG;
}

static enum declared_match match(const struct definition_values *want, const struct figure_map *got,
				 struct declared_pair *p)
{
	if (!p->cell)
		return DECLARED_WRONG;
	return p->row ? match_value(want->map, got, p) : match_missing(got, p);
}

/* --- keys --- */

static struct expected *expected_of(const struct definition_values *want)
{
	struct expected *list = calloc(want->n + 1, sizeof(*list));

	if (!list)
		abort(); /* as lib/strbuf.h */
	for (size_t i = 0; i < want->n; i++) {
		struct strbuf key = STRBUF_INIT;

		definition_add_key(&key, want->map, &want->cells[i]);
		list[i] = (struct expected){strbuf_detach(&key), &want->cells[i]};
	}
	qsort(list, want->n, sizeof(*list), by_key);
	return list;
}

enum declared_match declared_compare(const struct definition_values *want,
				     const struct figure_map *got, declared_wrong_fn fn, void *arg,
				     size_t *compared)
{
	struct expected *list = expected_of(want);
	enum declared_match all = DECLARED_EQUAL;
	size_t i = 0, j = 0;

	while (i < want->n || j < got->n) {
		int order = i == want->n  ? 1
			    : j == got->n ? -1
					  : strcmp(list[i].key, got->rows[j].key);
		struct declared_pair p = {
			.key = order <= 0 ? list[i].key : got->rows[j].key,
			.cell = order <= 0 ? list[i].cell : NULL,
			.row = order >= 0 ? &got->rows[j] : NULL,
		};
		enum declared_match m = match(want, got, &p);

		i += order <= 0;
		j += order >= 0;
		all = worse(all, m);
		if (compared)
			++*compared;
		if (m == DECLARED_WRONG && fn)
			fn(arg, &p);
	}
	for (i = 0; i < want->n; i++)
		free(list[i].key);
	free(list);
	return all;
}
