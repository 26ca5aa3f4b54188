/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A set of strings in order of first appearance. Finding one takes the same time in a large set. */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

#include "lib/base.h"

/* The strings are copies it owns. Zeroed: empty. */
struct names {
	char **v;
	size_t n;
	uint32_t *slots; /* private: a hash table of places in @v, + 1 */
	size_t nslots;
};

/* Index of @name; added when new. */
size_t names_add(struct names *s, const char *name);
/* Index of @name, or @s->n. */
size_t names_find(const struct names *s, const char *name);
void names_release(struct names *s);

#endif
