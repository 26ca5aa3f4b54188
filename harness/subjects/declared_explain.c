/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a map may be off. A cause is tried on the whole map: the definition with one thing changed is
 * run over the same calls, or what it predicts is bent as a machine bends it (a key cut, a sign
 * lost, a bucket further). It is told only when the map then fits to the last key.
 */
#include "lib/base.h"
#include "harness/subjects/declared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/collect.h"
#include "lib/strbuf.h"

static bool fits(const struct definition_values *want, const struct figure_map *got)
{
	enum declared_match m = declared_compare(want, got, NULL, NULL, NULL);

	return m == DECLARED_EQUAL || m == DECLARED_WITHIN;
}

/* --- another definition --- */

static const struct definition_values *values_of(const struct definition_result *r,
						 const struct definition_map *like)
{
	for (size_t i = 0; i < r->nvalues; i++) {
		const struct definition_map *map = r->values[i].map;

		if (!strcmp(map->name, like->name) && map->function == like->function &&
		    map->nparts == like->nparts)
			return &r->values[i];
	}
	return NULL;
}

static bool variant_fits(const struct declared_case *c, const char *text)
{
	struct strbuf ignored = STRBUF_INIT;
	struct definition_result result = {0};
	struct definition *def = NULL;
	const struct definition_values *want;
	bool yes = false;

	if (!declared_parse_text(c->in->monitor, text, "a variant", c->in->cgroup_id, &def,
				 &ignored)) {
		if (definition_run(def, c->records, c->nrecords, &result))
			abort();
		want = values_of(&result, c->want->map);
		yes = want && fits(want, c->got);
		definition_result_release(&result);
		definition_release(def);
	}
	strbuf_release(&ignored);
	return yes;
}

static bool explain_by_variant(const struct declared_case *c, struct strbuf *out)
{
	struct arena a = ARENA_INIT;
	const struct declared_variant *list;
	size_t n = declared_variants(&a, monitor_info(c->in->monitor)->means, c->want->map->name,
				     &list);
	bool found = false;

	for (size_t i = 0; i < n && !found; i++) {
		found = variant_fits(c, list[i].text);
		if (found)
			strbuf_addf(out, ": %s", list[i].words);
	}
	arena_release(&a);
	return found;
}

/* --- the prediction, bent --- */

struct bending {
	const struct declared_case *c;
	struct arena a;
	struct definition_map map;
	struct definition_cell *cells;
	size_t n;
};

static void bend_begin(struct bending *b, const struct declared_case *c)
{
	*b = (struct bending){.c = c, .map = *c->want->map, .n = c->want->n};
	b->cells = arena_array(&b->a, struct definition_cell, b->n + 1);
	memcpy(b->cells, c->want->cells, b->n * sizeof(*b->cells));
	for (size_t i = 0; i < b->n; i++) {
		struct definition_key *key =
			arena_array(&b->a, struct definition_key, b->map.nparts + 1);

		memcpy(key, b->cells[i].key, b->map.nparts * sizeof(*key));
		b->cells[i].key = key;
	}
}

static bool bend_end(struct bending *b)
{
	const struct definition_values want = {.map = &b->map, .cells = b->cells, .n = b->n};
	bool yes = fits(&want, b->c->got);

	arena_release(&b->a);
	return yes;
}

static void add_bounds(struct definition_bound *into, const struct definition_bound *b)
{
	into->lo += b->lo;
	into->hi += b->hi;
}

/* What two keys that became one have together. */
static void merge(struct bending *b, struct definition_cell *into, const struct definition_cell *c)
{
	struct definition_bucket *all;

	add_bounds(&into->count, &c->count);
	if (b->map.function == DEFINITION_MIN || b->map.function == DEFINITION_MAX) {
		bool less = b->map.value.is_signed ? (int64_t)c->value.lo < (int64_t)into->value.lo
						   : c->value.lo < into->value.lo;

		if (less == (b->map.function == DEFINITION_MIN))
			into->value = c->value;
	} else {
		add_bounds(&into->value, &c->value);
	}
	all = arena_array(&b->a, struct definition_bucket, into->nbuckets + c->nbuckets + 1);
	if (into->nbuckets)
		memcpy(all, into->buckets, into->nbuckets * sizeof(*all));
	if (c->nbuckets)
		memcpy(all + into->nbuckets, c->buckets, c->nbuckets * sizeof(*all));
	into->buckets = all;
	into->nbuckets += c->nbuckets;
	into->maybe &= c->maybe;
}

static int by_key(const void *x, const void *y, void *arg)
{
	const struct definition_map *map = arg;
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	int order;

	definition_add_key(&a, map, x);
	definition_add_key(&b, map, y);
	order = strcmp(a.s, b.s);
	strbuf_release(&a);
	strbuf_release(&b);
	return order;
}

static void merge_equal(struct bending *b)
{
	size_t kept = 0;

	if (!b->n)
		return;
	qsort_r(b->cells, b->n, sizeof(*b->cells), by_key, &b->map);
	for (size_t i = 1; i < b->n; i++)
		if (!by_key(&b->cells[kept], &b->cells[i], &b->map))
			merge(b, &b->cells[kept], &b->cells[i]);
		else
			b->cells[++kept] = b->cells[i];
	b->n = kept + 1;
}

static uint64_t low(uint64_t v, uint32_t bytes)
{
	return bytes < sizeof(v) ? v & ((1ULL << 8 * bytes) - 1) : v;
}

/* @bytes of a number, read with or without a sign. */
static uint64_t narrow(uint64_t v, uint32_t bytes, bool is_signed)
{
	v = low(v, bytes);
	if (is_signed && bytes < sizeof(v) && v >> (8 * bytes - 1) & 1)
		v |= ~0ULL << 8 * bytes;
	return v;
}

/* Key part @part as the monitor keeps it: a text in so many characters, a number in so many bytes.
 */
static void bend_part(struct bending *b, size_t part, uint32_t text_room)
{
	const struct figure_part *has = &b->c->got->parts[part];
	struct definition_part *p = &b->map.parts[part];

	for (size_t i = 0; i < b->n; i++) {
		struct definition_key *k = &b->cells[i].key[part];

		if (p->kind.type == DEFINITION_TEXT) {
			if (k->len > text_room) {
				k->text = arena_strndup(&b->a, k->text, text_room);
				k->len = text_room;
			}
		} else {
			k->number = narrow(k->number, has->bytes, has->is_signed);
		}
	}
	if (p->kind.type != DEFINITION_TEXT) {
		p->kind.is_signed = has->is_signed;
		p->kind.bytes = 8;
	}
}

static bool explain_cut_key(const struct declared_case *c, struct strbuf *out)
{
	for (size_t part = 0; part < c->got->nparts; part++) {
		const struct figure_part *has = &c->got->parts[part];
		const struct definition_kind *want = &c->want->map->parts[part].kind;
		struct bending b;

		/* One byte less than its room, where it is ended by a 0, or all of it. */
		for (uint32_t less = 0; want->type == DEFINITION_TEXT && less < 2; less++) {
			bend_begin(&b, c);
			bend_part(&b, part, has->bytes - less);
			merge_equal(&b);
			if (!bend_end(&b))
				continue;
			strbuf_addf(out, ": as if %s were cut to %u bytes",
				    c->want->map->parts[part].name, has->bytes - less);
			return true;
		}
		if (want->type == DEFINITION_TEXT)
			continue;
		bend_begin(&b, c);
		bend_part(&b, part, 0);
		merge_equal(&b);
		if (!bend_end(&b))
			continue;
		if (want->is_signed && !has->is_signed)
			strbuf_addf(out, ": as if %s, which has a sign, were taken without one",
				    c->want->map->parts[part].name);
		else
			strbuf_addf(out, ": as if %s were cut to %u bytes",
				    c->want->map->parts[part].name, has->bytes);
		return true;
	}
	return false;
}

static void bend_bound(struct definition_bound *b, uint32_t bytes, bool is_signed)
{
	b->lo = narrow(b->lo, bytes, is_signed);
	b->hi = narrow(b->hi, bytes, is_signed);
}

/* The value as the monitor keeps it. */
static bool explain_cut_value(const struct declared_case *c, struct strbuf *out)
{
	uint32_t bytes = c->got->value_bytes;
	bool is_signed = c->want->map->value.is_signed;
	struct bending b;

	if (!bytes || (bytes == sizeof(uint64_t) && c->got->value_signed == is_signed))
		return false;
	bend_begin(&b, c);
	for (size_t i = 0; i < b.n; i++) {
		bend_bound(&b.cells[i].value, bytes, c->got->value_signed);
		bend_bound(&b.cells[i].count, bytes, c->got->value_signed);
	}
	b.map.value.is_signed = c->got->value_signed;
	if (!bend_end(&b))
		return false;
	if (is_signed && !c->got->value_signed)
		strbuf_addstr(out, ": as if a value with a sign were taken without one");
	else
		strbuf_addf(out, ": as if the value were cut to %u bytes", bytes);
	return true;
}

static bool explain_twice(const struct declared_case *c, struct strbuf *out)
{
	enum definition_function f = c->want->map->function;
	struct bending b;

	if (f == DEFINITION_MIN || f == DEFINITION_MAX)
		return false;
	bend_begin(&b, c);
	for (size_t i = 0; i < b.n; i++) {
		struct definition_cell *cell = &b.cells[i], again = *cell;

		merge(&b, cell, &again);
	}
	if (!bend_end(&b))
		return false;
	strbuf_addstr(out, ": as if each call were counted twice");
	return true;
}

/* --- buckets --- */

/* The bucket @by further, of those that the map has; powers of two begin with 0 and 1 together
 * where it joins them. @zero: that of 0 alone stays. */
static void shift(struct definition_bucket *k, const struct definition_map *map, int by, bool zero)
{
	int slot;

	if (map->function == DEFINITION_LHIST) {
		k->from += by * map->lhist_step;
		k->open_low = false;
		return;
	}
	if (k->open_low || (zero && !k->from))
		return;
	slot = (k->from > 1 ? 63 - __builtin_clzll((uint64_t)k->from) : 0) + by;
	k->from = slot > 0 && slot < 63 ? 1LL << slot : 0;
}

static bool shifted_fits(const struct declared_case *c, int by, bool zero)
{
	struct bending b;

	bend_begin(&b, c);
	for (size_t i = 0; i < b.n; i++) {
		struct definition_cell *cell = &b.cells[i];
		struct definition_bucket *list =
			arena_array(&b.a, struct definition_bucket, cell->nbuckets + 1);

		if (cell->nbuckets)
			memcpy(list, cell->buckets, cell->nbuckets * sizeof(*list));
		for (size_t k = 0; k < cell->nbuckets; k++)
			shift(&list[k], &b.map, by, zero);
		cell->buckets = list;
	}
	return bend_end(&b);
}

static bool explain_shifted(const struct declared_case *c, struct strbuf *out)
{
	enum definition_function f = c->want->map->function;

	if (f != DEFINITION_HIST && f != DEFINITION_LHIST)
		return false;
	for (int by = -1; by <= 1; by += 2)
		for (int zero = 0; zero < 2; zero++) {
			if (!shifted_fits(c, by, zero))
				continue;
			strbuf_addf(out,
				    ": as if the bounds of the buckets were shifted, each value "
				    "one bucket too %s",
				    by < 0 ? "low" : "high");
			return true;
		}
	return false;
}

/* --- a map that was full --- */

struct lost {
	size_t keys; /* that have no row */
	bool other;  /* something else is wrong as well */
};

static void count_lost(void *arg, const struct declared_pair *p)
{
	struct lost *l = arg;

	if (p->cell && !p->row)
		l->keys++;
	else
		l->other = true;
}

static bool explain_full(const struct declared_case *c, struct strbuf *out)
{
	struct lost l = {0};

	if (!c->got->room || c->got->n < c->got->room)
		return false;
	declared_compare(c->want, c->got, count_lost, &l, NULL);
	if (!l.keys || l.other)
		return false;
	strbuf_addf(out, ": %zu key%s lost on a full map, which has room for %u", l.keys,
		    l.keys == 1 ? " was" : "s were", c->got->room);
	return true;
}

void declared_explain(const struct declared_case *c, struct strbuf *out)
{
	static bool (*const causes[])(const struct declared_case *, struct strbuf *) = {
		explain_full,	    explain_cut_key, explain_cut_value,
		explain_by_variant, explain_twice,   explain_shifted,
	};

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i](c, out))
			return;
}
