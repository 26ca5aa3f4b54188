/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* FNV-1a of 64 bits: names what is equal by a number, and finds it in a table. It guards against
 * nobody: who wants two texts of one hash can make them. Basis and prime: RFC 9923, FNV-1a. */
#ifndef LIB_FNV_H
#define LIB_FNV_H

#include "lib/base.h"

#include <string.h>

#define FNV_BEGIN 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

/* @hash (FNV_BEGIN to begin with) with the @n bytes of @data behind. */
static inline uint64_t fnv_add(uint64_t hash, const void *data, size_t n)
{
	const unsigned char *byte = data;

	while (n--)
		hash = (hash ^ *byte++) * FNV_PRIME;
	return hash;
}

/* Of a text, without its terminator. */
static inline uint64_t fnv_text(const char *s)
{
	return fnv_add(FNV_BEGIN, s, strlen(s));
}

#endif
