/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters by key at one moment, in the words of a vocabulary. A row is its number, its values, and
 * behind them the key's bytes where the key is more than a number; rows lie one behind the other
 * and are as long as their table says, so they are reached through it.
 */
#ifndef COLLECTOR_TABLE_H
#define COLLECTOR_TABLE_H

#include "collector/vocabulary.h"

enum { COUNTER_KEY_MAX = 64, COUNTER_PARTS_MAX = 16 };

/* A named part of a key. */
struct key_part {
	char name[32];		/* "pid"; of a plain number: "key" */
	uint16_t offset, bytes; /* in the key */
	bool text;		/* an array of characters */
};

struct counter_row {
	uint64_t key;	  /* as a number; of a key of more than 8 bytes: a hash of it */
	uint64_t value[]; /* vocabulary_slots() of them; only those of table->fields mean something
			   */
};

struct counter_table {
	const struct vocabulary *words;
	void *rows; /* owned; free with counter_table_release() */
	size_t n, cap;
	uint64_t fields;    /* bit (1 << field) for each field the monitor offers */
	uint32_t row_bytes; /* from row to row; 0: no row yet */
	uint32_t key_bytes;
	struct key_part parts[COUNTER_PARTS_MAX]; /* @nparts; none: the key is a number */
	size_t nparts;
};

/* An empty table for keys of @key_bytes. */
struct counter_table counter_table_new(const struct vocabulary *words, uint64_t fields,
				       uint32_t key_bytes);
void counter_table_release(struct counter_table *t);

/* Row @i, of those in order. */
struct counter_row *counter_table_row(const struct counter_table *t, size_t i);
/* The row of a key of at most 8 bytes, or NULL; the table is finished. */
const struct counter_row *counter_table_find(const struct counter_table *t, uint64_t key);
/* The key's bytes: those of the number where it has at most 8. */
const void *counter_row_key(const struct counter_table *t, const struct counter_row *row);

/* Adds a row of zeroes; its address is good until the next one is added. Aborts without memory. */
struct counter_row *counter_table_add(struct counter_table *t, uint64_t key);
/* The same for a key of t->key_bytes. */
struct counter_row *counter_table_add_key(struct counter_table *t, const void *key);
/* Adds a copy of a row of a table of the same kind. */
struct counter_row *counter_table_copy(struct counter_table *t, const struct counter_row *row);
/* Puts the values of @from into @into, as their words say. */
void counter_row_merge(const struct vocabulary *words, struct counter_row *into,
		       const struct counter_row *from);
/* Sorts by key and merges the rows of one key. */
void counter_table_finish(struct counter_table *t);

static inline bool counter_table_has(const struct counter_table *t, size_t field)
{
	return t->fields >> field & 1;
}

#endif
