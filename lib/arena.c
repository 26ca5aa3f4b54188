/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory that is given back all at once. */
#include "lib/base.h"
#include "lib/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct arena_block {
	struct arena_block *older;
	alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b;
	void *p;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!a->block || a->size - a->used < size) {
		a->size = MAX(size, (size_t)BLOCK_BYTES);
		b = calloc(1, sizeof(*b) + a->size);
		if (!b)
			abort();
		b->older = a->block;
		a->block = b;
		a->used = 0;
	}
	p = a->block->data + a->used;
	a->used += size;
	a->total_bytes += size;
	return p;
}

void *arena_grow(struct arena *a, void *array, size_t n, size_t size)
{
	void *grown;

	if (n && (n < 4 || (n & (n - 1))))
		return array;
	grown = arena_alloc(a, size * (n ? n * 2 : 4));
	if (n)
		memcpy(grown, array, size * n);
	return grown;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = arena_alloc(a, (size_t)MAX(n, 0) + 1);
	vsnprintf(s, (size_t)MAX(n, 0) + 1, fmt, again);
	va_end(again);
	return s;
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->block, *older;

	for (; b; b = older) {
		older = b->older;
		free(b);
	}
	*a = (struct arena)ARENA_INIT;
}
