/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that is given back all at once: for short-lived processes and passes that build trees.
 * Nothing taken from an arena is freed by itself.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stdarg.h>

#include "lib/base.h"

struct arena_block;

struct arena {
	struct arena_block *block; /* the newest; owned */
	size_t used, size;	   /* bytes of the newest */
	size_t total_bytes;	   /* taken so far */
};

#define ARENA_INIT                                                                                 \
	{                                                                                          \
		.block = NULL                                                                      \
	}

/* @size zeroed bytes, aligned for any type; never NULL: aborts when memory is exhausted. */
void *arena_alloc(struct arena *a, size_t size);
#define arena_new(a, type)	((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

/* @array of @n items of @size bytes with room for one more: it moves when @n is 4, 8, 16, ... */
void *arena_grow(struct arena *a, void *array, size_t n, size_t size);
/* Appends @item to an array that was begun as NULL and 0 and grows by this alone. */
#define arena_push(a, array, n, item)                                                              \
	((array) = arena_grow((a), (array), (n), sizeof(*(array))), (array)[(n)++] = (item))

/* A terminated copy of @len bytes at @s. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

void arena_release(struct arena *a); /* frees everything; the arena is empty and usable again */

#endif
