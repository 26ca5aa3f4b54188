/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets of names, in order: an array, and beside it a hash table with open addressing. */
#include "lib/base.h"
#include "lib/fnv.h"
#include "lib/names.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 16 };

/* Its halves mixed: slots are few. */
static size_t hash(const char *name)
{
	uint64_t h = fnv_text(name);

	return (size_t)(h ^ h >> 32);
}

/* Where @name stands in the table, or the empty slot it would take. The table is never full. */
static size_t find_slot(const struct names *s, const char *name)
{
	size_t at = hash(name) & (s->nslots - 1);

	while (s->slots[at] && strcmp(s->v[s->slots[at] - 1], name) != 0)
		at = (at + 1) & (s->nslots - 1);
	return at;
}

size_t names_find(const struct names *s, const char *name)
{
	size_t at;

	if (!s->nslots)
		return s->n;
	at = find_slot(s, name);
	return s->slots[at] ? s->slots[at] - 1 : s->n;
}

/* Room for twice as many, in both. */
static void grow(struct names *s)
{
	size_t slots = s->nslots ? 2 * s->nslots : FIRST_SLOTS;

	free(s->slots);
	s->slots = calloc(slots, sizeof(*s->slots));
	s->v = realloc(s->v, slots / 2 * sizeof(*s->v));
	if (!s->slots || !s->v)
		abort();
	s->nslots = slots;
	for (size_t i = 0; i < s->n; i++)
		s->slots[find_slot(s, s->v[i])] = (uint32_t)i + 1;
}

size_t names_add(struct names *s, const char *name)
{
	size_t i = names_find(s, name);

	if (i < s->n)
		return i;
	if (s->n >= s->nslots / 2)
		grow(s);
	s->v[s->n] = strdup(name);
	if (!s->v[s->n])
		abort();
	s->slots[find_slot(s, name)] = (uint32_t)s->n + 1;
	return s->n++;
}

void names_release(struct names *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	free(s->slots);
	*s = (struct names){0};
}
