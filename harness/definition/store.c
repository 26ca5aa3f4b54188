/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cell is found by a hash of its key. Each touch of a cell leaves who it was and until when; a
 * touch by another thread so soon after that nobody knows which came first, of kinds that do not
 * commute (two counts do, a count and a delete do not), puts the cell in doubt. A write that comes
 * clearly later takes the doubt away again.
 */
#include "lib/base.h"
#include "harness/definition/store.h"
#include "lib/fnv.h"

#include <stdlib.h>
#include <string.h>

/* --- cells --- */

static uint64_t hash_of(const struct value *key, size_t n)
{
	uint64_t h = FNV_BEGIN;

	for (size_t i = 0; i < n; i++) {
		if (key[i].kind.type == DEFINITION_TEXT) {
			h = fnv_add(h, key[i].text, strlen(key[i].text) + 1);
		} else {
			h = (h ^ (uint64_t)key[i].lo) * FNV_PRIME;
			h ^= h >> 29;
		}
	}
	return h;
}

static bool key_same(const struct value *a, const struct value *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i].kind.type == DEFINITION_TEXT ? strcmp(a[i].text, b[i].text) != 0
						      : (uint64_t)a[i].lo != (uint64_t)b[i].lo)
			return false;
	}
	return true;
}

static void grow(struct store *s)
{
	size_t n = s->nslots ? s->nslots * 2 : 64;
	struct cell **slots = arena_array(s->arena, struct cell *, n), *next;

	for (size_t i = 0; i < s->nslots; i++)
		for (struct cell *c = s->slots[i]; c; c = next) {
			next = c->next;
			c->next = slots[c->hash % n];
			slots[c->hash % n] = c;
		}
	s->slots = slots;
	s->nslots = n;
}

struct cell *store_cell(struct store *s, const struct value *key, size_t n)
{
	uint64_t hash;
	struct cell *c;

	for (size_t i = 0; i < n; i++)
		if (!value_exact(&key[i])) {
			if (key[i].doubt > s->doubt) {
				s->doubt = key[i].doubt;
				s->why = key[i].why;
			}
			return NULL;
		}
	hash = hash_of(key, n);
	if (s->n >= s->nslots)
		grow(s);
	for (c = s->slots[hash % s->nslots]; c; c = c->next)
		if (c->hash == hash && key_same(c->key, key, n))
			return c;
	c = arena_new(s->arena, struct cell);
	c->hash = hash;
	c->key = arena_array(s->arena, struct value, n + 1);
	for (size_t i = 0; i < n; i++)
		c->key[i] = key[i];
	c->next = s->slots[hash % s->nslots];
	s->slots[hash % s->nslots] = c;
	s->n++;
	return c;
}

/* --- who touched it --- */

static bool commute(enum touch a, enum touch b)
{
	return a == b && a != TOUCH_WRITE;
}

/* Leaves a mark; true when somebody else's may have come at the same time. */
static bool touch(const struct store *s, struct cell *c, enum touch kind, const struct moment *m)
{
	uint64_t order = s->def->words.order_ns ? s->def->words.order_ns : 10 * NSEC_PER_MSEC;
	struct touched *mine = c->last[kind];
	bool conflict = false;

	if (m->alone)
		return false;
	for (enum touch other = TOUCH_READ; other <= TOUCH_ADD; other++) {
		const struct touched *t = c->last[other];

		t += t->any && t->tid == m->tid;
		if (!commute(kind, other) && t->any && m->from_ns < t->until_ns + order)
			conflict = true;
	}
	if (mine[0].any && mine[0].tid != m->tid)
		mine[1] = mine[0];
	mine[0] = (struct touched){true, m->tid, MAX(m->until_ns, mine[0].until_ns)};
	return conflict;
}

static const char race[] = "threads change it at the same time, in an order that is not known";

static void put_doubt(struct cell *c, enum definition_doubt doubt, const char *why)
{
	if (doubt <= c->doubt)
		return;
	c->doubt = doubt;
	c->why = why;
}

static void mark(struct cell *c, const struct moment *m)
{
	c->record = m->record;
	c->line = m->line;
}

/* Room for another entry in the kernel's map? */
static bool room(struct store *s)
{
	uint64_t most = s->def->words.map_keys;

	if (!most && s->def->words.release != DEFINITION_TRUE)
		most = 4096;
	if (!most || !s->map->is.nparts || s->entries < most) {
		s->entries++;
		return true;
	}
	if (s->doubt < DEFINITION_FULL) {
		s->doubt = DEFINITION_FULL;
		s->why =
			arena_printf(s->arena,
				     "there are more keys than the %llu that the map has room for; "
				     "set BPFTRACE_MAP_KEYS_MAX (0.17) or BPFTRACE_MAX_MAP_KEYS",
				     (unsigned long long)most);
	}
	return false;
}

/* The cell is there from now on; false: there is no room. */
static bool appear(struct store *s, struct cell *c, const struct moment *m)
{
	mark(c, m);
	if (c->present) {
		if (!m->maybe)
			c->maybe = false;
		return true;
	}
	if (!room(s))
		return false;
	c->present = true;
	c->maybe = m->maybe;
	if (m->maybe)
		put_doubt(c, m->maybe, m->why);
	return true;
}

/* --- plain values --- */

static struct value nothing(const struct store *s)
{
	struct definition_kind k = s->map->is.value;

	if (k.type == DEFINITION_TEXT)
		return value_text(k, "");
	return value_number(k, 0);
}

struct value store_read(struct store *s, struct cell *c, const struct moment *m)
{
	struct value none = nothing(s);

	if (touch(s, c, TOUCH_READ, m))
		return value_unknown(s->map->is.value, DEFINITION_RACE, race);
	if (!c->present)
		return none;
	if (c->doubt == DEFINITION_RACE)
		return value_unknown(s->map->is.value, c->doubt, c->why);
	return c->maybe ? value_either(&c->plain, &none, c->doubt, c->why) : c->plain;
}

void store_write(struct store *s, struct cell *c, struct value v, const struct moment *m)
{
	struct value old = c->present ? c->plain : nothing(s);

	if (c->present && !c->maybe && !m->maybe && !c->doubt && value_same(&old, &v)) {
		/* The same pointer may be of another call, and another text. */
		c->plain.from = v.from;
		c->plain.arg = v.arg;
		mark(c, m);
		touch(s, c, TOUCH_WRITE, m);
		return;
	}
	if (touch(s, c, TOUCH_WRITE, m))
		v = value_unknown(v.kind, DEFINITION_RACE, race);
	else if (!m->maybe)
		c->doubt = DEFINITION_EXACT;
	if (!appear(s, c, m))
		return;
	c->plain = m->maybe ? value_either(&v, &old, m->maybe, m->why) : v;
	put_doubt(c, c->plain.doubt, c->plain.why);
}

/* --- functions --- */

/* The bucket of @v: of powers of two, each cut into 2^bits. */
static struct bucket hist_bucket(const struct store *s, int64_t v)
{
	unsigned int bits = s->map->is.hist_bits, shift = 0;
	bool old = s->def->words.release == DEFINITION_BT_0_17;
	uint64_t u = (uint64_t)v;

	if (v < 0)
		return (struct bucket){.from = INT64_MIN, .until = 0, .open_low = true};
	/* 0.17 knows 32 powers. */
	if (old && v >= (int64_t)1 << 31)
		return (struct bucket){
			.from = (int64_t)1 << 31, .until = INT64_MAX, .open_high = true};
	if (u >> bits)
		shift = 63u - (unsigned int)__builtin_clzll(u) - bits;
	u = u >> shift << shift;
	if (shift + bits == 62 && (u >> shift) + 1 == (uint64_t)2 << bits)
		return (struct bucket){.from = (int64_t)u, .until = INT64_MAX};
	return (struct bucket){.from = (int64_t)u, .until = (int64_t)(u + ((uint64_t)1 << shift))};
}

static struct bucket lhist_bucket(const struct store *s, int64_t v)
{
	const struct definition_map *m = &s->map->is;
	int64_t whole = (m->lhist_max - m->lhist_min) / m->lhist_step, i;

	if (v < m->lhist_min)
		return (struct bucket){.from = INT64_MIN, .until = m->lhist_min, .open_low = true};
	i = v >= m->lhist_max ? whole : (v - m->lhist_min) / m->lhist_step;
	if (i == whole)
		return (struct bucket){/* The last part of a step counts with what lies above; 0.17
					* prints it as if it began at max. */
				       .from = s->def->words.release == DEFINITION_BT_0_17
						       ? m->lhist_max
						       : m->lhist_min + whole * m->lhist_step,
				       .until = INT64_MAX,
				       .open_high = true};
	return (struct bucket){.from = m->lhist_min + i * m->lhist_step,
			       .until = m->lhist_min + (i + 1) * m->lhist_step};
}

static struct bucket bucket_of(const struct store *s, wide v)
{
	/* Of unsigned numbers of 2^63 and more: bpftrace takes them for negative. */
	if (v > INT64_MAX && s->def->words.release == DEFINITION_TRUE) {
		if (s->map->is.function == DEFINITION_HIST)
			return (struct bucket){
				.from = INT64_MAX, .until = INT64_MAX, .open_high = true};
		v = INT64_MAX;
	}
	return s->map->is.function == DEFINITION_HIST ? hist_bucket(s, (int64_t)v)
						      : lhist_bucket(s, (int64_t)v);
}

static void count_bucket(struct store *s, struct cell *c, struct bucket b, bool lo)
{
	struct bucket **at = &c->buckets;

	while (*at && (*at)->from < b.from)
		at = &(*at)->next;
	if (!*at || (*at)->from != b.from) {
		struct bucket *fresh;

		if (c->buckets && !room(s))
			return;
		fresh = arena_new(s->arena, struct bucket);
		*fresh = b;
		fresh->next = *at;
		*at = fresh;
	}
	(*at)->lo += lo;
	(*at)->hi++;
}

/* All buckets that the interval touches. */
static void add_hist(struct store *s, struct cell *c, const struct value *v, bool sure)
{
	struct bucket first = bucket_of(s, v->lo), last = bucket_of(s, v->hi);

	for (;;) {
		count_bucket(s, c, first, sure && bucket_of(s, v->lo).from == last.from);
		if (first.from >= last.from)
			break;
		first = first.until == INT64_MAX ? last : bucket_of(s, first.until);
	}
}

/* An interval that is of one bucket whatever it is: the histogram is exact all the same. */
static bool one_bucket(const struct store *s, const struct value *v)
{
	return (s->map->is.function == DEFINITION_HIST ||
		s->map->is.function == DEFINITION_LHIST) &&
	       bucket_of(s, v->lo).from == bucket_of(s, v->hi).from;
}

/*
 * 0.17 keeps 2^32 - 1 - v of a minimum, in 64 bits, and of a maximum v, and both only where that is
 * at least 0 as a signed number: true where it drops the value. A minimum of 2^32 - 1 is printed as
 * 0.
 */
static bool lost_extreme(const struct store *s, wide v)
{
	uint64_t bits = (uint64_t)v;

	if (s->def->words.release != DEFINITION_BT_0_17)
		return false;
	if (s->map->is.function == DEFINITION_MIN)
		bits = UINT32_MAX - bits;
	return (int64_t)bits < 0;
}

static void add_extreme(struct store *s, struct cell *c, const struct value *v, bool sure)
{
	bool least = s->map->is.function == DEFINITION_MIN;
	wide lo = v->lo, hi = v->hi;

	if (s->def->words.release == DEFINITION_BT_0_17) {
		lo = (int64_t)(uint64_t)lo;
		hi = (int64_t)(uint64_t)hi;
	}
	if (!c->any && !c->count_hi) {
		c->extreme_lo = lo;
		c->extreme_hi = hi;
	} else if (least) {
		c->extreme_lo = MIN(c->extreme_lo, lo);
		c->extreme_hi = sure ? MIN(c->extreme_hi, hi) : c->extreme_hi;
	} else {
		c->extreme_lo = sure ? MAX(c->extreme_lo, lo) : c->extreme_lo;
		c->extreme_hi = MAX(c->extreme_hi, hi);
	}
	c->any |= sure;
}

void store_add(struct store *s, struct cell *c, const struct statement *st, const struct value *v,
	       const struct moment *m)
{
	bool sure = !m->maybe;

	if (touch(s, c, TOUCH_ADD, m))
		put_doubt(c, DEFINITION_RACE, race);
	if ((st->function == DEFINITION_MIN || st->function == DEFINITION_MAX) &&
	    lost_extreme(s, v->lo))
		return;
	if (!appear(s, c, m))
		return;
	if (!sure)
		put_doubt(c, m->maybe, m->why);
	if (v && !one_bucket(s, v))
		put_doubt(c, v->doubt, v->why);
	switch (st->function) {
	case DEFINITION_HIST:
	case DEFINITION_LHIST: add_hist(s, c, v, sure); break;
	case DEFINITION_MIN:
	case DEFINITION_MAX: add_extreme(s, c, v, sure); break;
	case DEFINITION_SUM:
	case DEFINITION_AVG:
	case DEFINITION_STATS:
		c->sum_lo += sure ? v->lo : MIN(v->lo, (wide)0);
		c->sum_hi += sure ? v->hi : MAX(v->hi, (wide)0);
		break;
	default: break;
	}
	c->count_lo += sure;
	c->count_hi++;
}

static void empty(struct cell *c)
{
	c->count_lo = c->count_hi = 0;
	c->sum_lo = c->sum_hi = 0;
	c->extreme_lo = c->extreme_hi = 0;
	c->any = false;
	c->buckets = NULL;
	c->doubt = DEFINITION_EXACT;
}

void store_delete(struct store *s, struct cell *c, const struct moment *m)
{
	bool conflict;

	if (m->maybe) {
		c->maybe = c->present;
		put_doubt(c, m->maybe, m->why);
		return;
	}
	conflict = touch(s, c, TOUCH_WRITE, m);
	if (c->present)
		s->entries--;
	for (struct bucket *b = c->buckets; b && b->next; b = b->next)
		s->entries--;
	c->present = c->maybe = false;
	empty(c);
	if (conflict) {
		/* Whether the other's work came before or after it. */
		c->present = c->maybe = true;
		s->entries++;
		c->plain = value_unknown(s->map->is.value, DEFINITION_RACE, race);
		put_doubt(c, DEFINITION_RACE, race);
	}
}

void store_zero(struct store *s, struct cell *c, const struct moment *m)
{
	if (!c->present)
		return;
	if (touch(s, c, TOUCH_WRITE, m) || m->maybe) {
		put_doubt(c, m->maybe ? m->maybe : DEFINITION_RACE, m->maybe ? m->why : race);
		return;
	}
	empty(c);
	c->plain = nothing(s);
	mark(c, m);
}

/* --- what comes out --- */

static struct definition_bound bound(wide lo, wide hi)
{
	return (struct definition_bound){(uint64_t)lo, (uint64_t)hi};
}

static wide average(const struct store *s, wide sum, uint64_t n)
{
	uint64_t bits = (uint64_t)sum;

	if (!n)
		return 0;
	return s->map->is.value.is_signed ? (wide)((int64_t)bits / (int64_t)n) : (wide)(bits / n);
}

static void cell_numbers(const struct store *s, const struct cell *c, struct definition_cell *out)
{
	wide lo, hi;

	switch (s->map->is.function) {
	case DEFINITION_PLAIN:
		out->value = bound(c->plain.lo, c->plain.hi);
		out->text = c->plain.text;
		break;
	case DEFINITION_SUM:
	case DEFINITION_AVG:
	case DEFINITION_STATS:
		out->value = bound(c->sum_lo, c->sum_hi);
		lo = average(s, c->sum_lo, c->sum_lo < 0 ? c->count_lo : c->count_hi);
		hi = average(s, c->sum_hi, c->sum_hi < 0 ? c->count_hi : c->count_lo);
		out->average = bound(lo, hi);
		break;
	case DEFINITION_MIN:
	case DEFINITION_MAX:
		lo = c->extreme_lo;
		if (s->def->words.release == DEFINITION_BT_0_17 &&
		    s->map->is.function == DEFINITION_MIN && lo == UINT32_MAX)
			lo = 0;
		out->value = bound(lo, lo == c->extreme_lo ? c->extreme_hi : lo);
		break;
	default: break;
	}
	out->count = (struct definition_bound){c->count_lo, c->count_hi};
	if (s->map->is.function == DEFINITION_COUNT)
		out->value = out->count;
	if (c->doubt < DEFINITION_RACE)
		return;
	value_range(s->map->is.value.type == DEFINITION_NUMBER
			    ? s->map->is.value
			    : (struct definition_kind){.bytes = 8},
		    &lo, &hi);
	out->value = out->average = bound(lo, hi);
	out->count = bound(0, UINT64_MAX);
	out->text = NULL;
}

static void cell_buckets(const struct cell *c, struct definition_cell *out, struct arena *arena)
{
	size_t n = 0;
	struct definition_bucket *to;

	for (const struct bucket *b = c->buckets; b; b = b->next)
		n++;
	out->buckets = to = arena_array(arena, struct definition_bucket, n + 1);
	out->nbuckets = n;
	for (const struct bucket *b = c->buckets; b; b = b->next)
		*to++ = (struct definition_bucket){
			b->from, b->until, b->open_low, b->open_high, {b->lo, b->hi}};
}

static void one_cell(const struct store *s, const struct cell *c, struct definition_cell *out,
		     struct arena *arena)
{
	size_t n = s->map->is.nparts;

	*out = (struct definition_cell){.doubt = c->doubt,
					.why = c->doubt ? arena_strdup(arena, c->why) : NULL,
					.maybe = c->maybe,
					.record = c->record,
					.line = c->line};
	out->key = arena_array(arena, struct definition_key, n + 1);
	for (size_t i = 0; i < n; i++) {
		out->key[i].number = (uint64_t)c->key[i].lo;
		if (c->key[i].kind.type != DEFINITION_TEXT)
			continue;
		out->key[i].text = arena_strdup(arena, c->key[i].text);
		out->key[i].len = strlen(c->key[i].text);
	}
	cell_numbers(s, c, out);
	if (out->text)
		out->text = arena_strdup(arena, out->text);
	cell_buckets(c, out, arena);
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct definition_map *m = arg;
	const struct definition_cell *x = a, *y = b;

	for (size_t i = 0; i < m->nparts; i++) {
		uint64_t u = x->key[i].number, v = y->key[i].number;
		int d;

		if (m->parts[i].kind.type == DEFINITION_TEXT)
			d = strcmp(x->key[i].text, y->key[i].text);
		else if (m->parts[i].kind.is_signed)
			d = ((int64_t)u > (int64_t)v) - ((int64_t)u < (int64_t)v);
		else
			d = (u > v) - (u < v);
		if (d)
			return d;
	}
	return 0;
}

void store_values(struct store *s, struct definition_values *out, struct arena *arena)
{
	struct definition_cell *cells = arena_array(arena, struct definition_cell, s->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s->nslots; i++)
		for (const struct cell *c = s->slots[i]; c; c = c->next)
			if (c->present)
				one_cell(s, c, &cells[n++], arena);
	qsort_r(cells, n, sizeof(*cells), by_key, &s->map->is);
	out->map = &s->def->all[s->map->place];
	out->cells = cells;
	out->n = n;
	out->doubt = s->doubt;
	if (s->map->doubt && out->doubt < DEFINITION_MISSING)
		out->doubt = DEFINITION_MISSING;
	if (out->doubt)
		out->why = arena_strdup(arena, s->map->doubt ? s->map->doubt : s->why);
}
