/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of a definition while it runs: cells by key, who touched them when, and what the
 * functions make of values.
 */
#ifndef HARNESS_DEFINITION_STORE_H
#define HARNESS_DEFINITION_STORE_H

#include "harness/definition/value.h"
#include "lib/arena.h"

/* The probe that runs. */
struct moment {
	uint32_t tid;
	uint64_t from_ns, until_ns;  /* when it was, for certain between */
	bool alone;		     /* BEGIN, END: nothing else runs */
	enum definition_doubt maybe; /* whether this is done at all is in doubt */
	const char *why;
	uint32_t record, line;
};

enum touch { TOUCH_READ, TOUCH_WRITE, TOUCH_ADD };

struct touched {
	bool any;
	uint32_t tid;
	uint64_t until_ns;
};

struct bucket {
	int64_t from, until;
	bool open_low, open_high;
	uint64_t lo, hi; /* of the count */
	struct bucket *next;
};

struct cell {
	uint64_t hash;
	struct value *key;
	struct cell *next;
	bool present, maybe;
	enum definition_doubt doubt;
	const char *why;
	struct value plain;
	uint64_t count_lo, count_hi;
	wide sum_lo, sum_hi;
	bool any; /* a value came for certain: of min and max */
	wide extreme_lo, extreme_hi;
	struct bucket *buckets;
	uint32_t record, line;
	struct touched last[3][2]; /* for each touch: the last thread, and the last other one */
};

struct store {
	const struct definition *def;
	struct map *map;
	struct arena *arena;
	struct cell **slots;
	size_t nslots, n; /* cells, those that are not present, too */
	uint64_t entries; /* what takes room in the kernel's map */
	enum definition_doubt doubt;
	const char *why;
};

/* The cell of a key, which is made where there is none; NULL: the key is in doubt, and so is the
 * map from now on. */
struct cell *store_cell(struct store *s, const struct value *key, size_t n);
/* What is at a key: 0 or "" where nothing is. */
struct value store_read(struct store *s, struct cell *c, const struct moment *m);
void store_write(struct store *s, struct cell *c, struct value v, const struct moment *m);
/* @x = count(), sum(v), .. */
void store_add(struct store *s, struct cell *c, const struct statement *st, const struct value *v,
	       const struct moment *m);
void store_delete(struct store *s, struct cell *c, const struct moment *m);
void store_zero(struct store *s, struct cell *c, const struct moment *m);
/* The rows of @s, sorted, in the arena of the result. */
void store_values(struct store *s, struct definition_values *out, struct arena *arena);

#endif
