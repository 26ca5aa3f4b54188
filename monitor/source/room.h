/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Room at the end of an array that grows. */
#ifndef MONITOR_SOURCE_ROOM_H
#define MONITOR_SOURCE_ROOM_H

#include "lib/base.h"

#include <stdlib.h>

/* Makes room for one element of @size bytes after the @n of @array, which has room for @cap; one
 * that is full grows by the @part-th of itself. Returns the array, or NULL with @no_memory set:
 * then it is as it was. */
static inline void *room_for_one(void *array, size_t n, size_t *cap, size_t size, size_t part,
				 bool *no_memory)
{
	size_t want = n + n / part + 64;
	void *to;

	if (n < *cap)
		return array;
	to = reallocarray(array, want, size);
	if (!to) {
		*no_memory = true;
		return NULL;
	}
	*cap = want;
	return to;
}

#endif
