/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Trailers: a block's stack and size in its own last word, which glibc is asked for beside the
 * others. Only glibc's blocks have them, whose sizes stand in front of them; what a trailer cannot
 * say is in the live table (table.h).
 */
#ifndef MEMPROF_PRELOAD_TRAILER_H
#define MEMPROF_PRELOAD_TRAILER_H

#include "memprof/preload/table.h"

/* In the block's last word: 24 bits that only this block has (of its address and the salt; one of
 * them is always set, so that 0 is no trailer), whether its lifetime is measured, the room before
 * the trailer that was not asked for, the stack. */
enum { SLACK_BITS = 20, SLACK_MAX = 1 << SLACK_BITS, TRAILER_TIMED = 39, CHUNK_MAPPED = 2 };

/* The size in front of glibc's blocks (malloc.c, chunks: the lower bits are flags). */
INLINE size_t chunk_size(const void *p)
{
	return ((const size_t *)p)[-1];
}

/* What glibc's malloc_usable_size() says. */
INLINE size_t chunk_usable(const void *p)
{
	size_t size = chunk_size(p);

	return (size & ~7UL) - (size & CHUNK_MAPPED ? 16 : 8);
}

INLINE uint64_t *trailer_of(void *p)
{
	return (uint64_t *)((char *)p + chunk_usable(p) - 8);
}

INLINE uint64_t trailer_tag(const void *p)
{
	/* glibc's blocks begin at multiples of 16: nothing of @p reaches below bit 41. */
	return (uint64_t)p << 37 ^ memprof.trailer_salt;
}

INLINE bool trailer_put(void *p, size_t size, uint32_t id, bool is_timed)
{
	size_t room = chunk_usable(p) - 8;
	uint64_t *word = (uint64_t *)((char *)p + room), slack = room - size;

	if (unlikely(slack >= SLACK_MAX)) {
		*word = 0;
		return table_put((uint64_t)p, size, id, is_timed);
	}
	*word = trailer_tag(p) ^ (uint64_t)is_timed << TRAILER_TIMED ^ slack << TABLE_ID_BITS ^ id;
	return true;
}

/* As table_take(); what was in a trailer has its word in key. */
INLINE bool trailer_take(void *p, struct taken *out, bool keep)
{
	size_t room = chunk_usable(p) - 8;
	uint64_t *word = (uint64_t *)((char *)p + room), v = *word ^ trailer_tag(p);

	if (unlikely(v >> 40))
		return table_take((uint64_t)p, out, keep);
	out->line = NULL;
	out->near = NULL;
	out->key = *word;
	out->id = v & ((1U << TABLE_ID_BITS) - 1);
	out->timed = v >> TRAILER_TIMED & 1;
	out->size = room - (v >> TABLE_ID_BITS & (SLACK_MAX - 1));
	*word = 0;
	return true;
}

INLINE size_t padded(size_t size)
{
	return unlikely(size > SIZE_MAX - 8) ? size : size + memprof.trailer;
}

/* The same where there is a trailer. What has no room for it is refused as it is: no block is so
 * large. */
INLINE size_t longer(size_t size)
{
	size_t more;

	return unlikely(__builtin_add_overflow(size, 8, &more)) ? size : more;
}

#endif
