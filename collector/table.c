/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of counters by key: growing, sorting, merging, finding. */
#include "lib/base.h"
#include "collector/table.h"
#include "lib/fnv.h"

#include <stdlib.h>
#include <string.h>

struct counter_table counter_table_new(const struct vocabulary *words, uint64_t fields,
				       uint32_t key_bytes)
{
	return (struct counter_table){.words = words, .fields = fields, .key_bytes = key_bytes};
}

void counter_table_release(struct counter_table *t)
{
	free(t->rows);
	t->rows = NULL;
	t->n = t->cap = 0;
}

static bool has_long_keys(const struct counter_table *t)
{
	return t->key_bytes > sizeof(uint64_t);
}

struct counter_row *counter_table_row(const struct counter_table *t, size_t i)
{
	return (struct counter_row *)((char *)t->rows + i * t->row_bytes);
}

static const char *long_key(const struct counter_table *t, const struct counter_row *row)
{
	return (const char *)row + t->row_bytes - (t->key_bytes + 7) / 8 * 8;
}

const void *counter_row_key(const struct counter_table *t, const struct counter_row *row)
{
	return has_long_keys(t) ? long_key(t, row) : (const char *)&row->key;
}

struct counter_row *counter_table_add(struct counter_table *t, uint64_t key)
{
	struct counter_row *row;

	if (!t->row_bytes) {
		t->row_bytes = (uint32_t)sizeof(*row) + 8 * vocabulary_slots(t->words);
		if (has_long_keys(t))
			t->row_bytes += (t->key_bytes + 7) / 8 * 8;
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->rows = reallocarray(t->rows, t->cap, t->row_bytes);
		if (!t->rows)
			abort(); /* as lib/strbuf.h: without memory there is nothing to report */
	}
	row = counter_table_row(t, t->n++);
	memset(row, 0, t->row_bytes);
	row->key = key;
	return row;
}

/* Sorts and finds; rows of one hash are told apart by their bytes. */
static uint64_t hash(const unsigned char *key, size_t n)
{
	return fnv_add(FNV_BEGIN, key, n);
}

/* The number that so many bytes are in this machine's order. */
static uint64_t number(const void *key, size_t n)
{
	uint64_t v = 0;
	uint32_t v32;

	if (n == sizeof(v32)) {
		memcpy(&v32, key, n);
		return v32;
	}
	memcpy(&v, key, n);
	return v;
}

struct counter_row *counter_table_add_key(struct counter_table *t, const void *key)
{
	struct counter_row *row;

	if (!has_long_keys(t))
		return counter_table_add(t, number(key, t->key_bytes));
	row = counter_table_add(t, hash(key, t->key_bytes));
	memcpy((char *)(uintptr_t)long_key(t, row), key, t->key_bytes);
	return row;
}

struct counter_row *counter_table_copy(struct counter_table *t, const struct counter_row *row)
{
	struct counter_row *copy = counter_table_add(t, row->key);

	memcpy(copy, row, t->row_bytes);
	return copy;
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct counter_row *x = a, *y = b;
	const struct counter_table *t = arg;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return has_long_keys(t) ? memcmp(long_key(t, x), long_key(t, y), t->key_bytes) : 0;
}

const struct counter_row *counter_table_find(const struct counter_table *t, uint64_t key)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (counter_table_row(t, middle)->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->n || counter_table_row(t, low)->key != key)
		return NULL;
	return counter_table_row(t, low);
}

void counter_row_merge(const struct vocabulary *words, struct counter_row *into,
		       const struct counter_row *from)
{
	uint32_t slot = 0;

	for (size_t f = 0; f < words->nfields; f++)
		for (uint32_t n = MAX(words->fields[f].slots, 1U); n; n--, slot++) {
			if (words->fields[f].join == COUNTER_MAX)
				into->value[slot] = MAX(into->value[slot], from->value[slot]);
			else
				into->value[slot] += from->value[slot];
		}
}

static bool is_sorted(const struct counter_table *t)
{
	for (size_t i = 1; i < t->n; i++)
		if (by_key(counter_table_row(t, i - 1), counter_table_row(t, i),
			   (void *)(uintptr_t)t) > 0)
			return false;
	return true;
}

void counter_table_finish(struct counter_table *t)
{
	size_t kept = 0;

	if (!t->n)
		return;
	if (!is_sorted(t)) /* an iterator's rows are, mostly */
		qsort_r(t->rows, t->n, t->row_bytes, by_key, t);
	for (size_t i = 1; i < t->n; i++) {
		struct counter_row *into = counter_table_row(t, kept);
		const struct counter_row *row = counter_table_row(t, i);

		if (!by_key(into, row, t))
			counter_row_merge(t->words, into, row);
		else if (++kept != i)
			memcpy(counter_table_row(t, kept), row, t->row_bytes);
	}
	t->n = kept + 1;
}
