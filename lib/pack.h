/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers and texts as bytes of a file: short where they are small, little endian. */
#ifndef LIB_PACK_H
#define LIB_PACK_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
void pack_varint(struct strbuf *out, uint64_t v);
/* Small ones of either sign are short. */
void pack_signed(struct strbuf *out, int64_t v);
void pack_double(struct strbuf *out, double v);
/* The length, then the bytes up to the NUL or @max. */
void pack_text(struct strbuf *out, const char *s, size_t max);

/* What is still to be read. A read beyond the end gives 0 and sets @bad, which stays. */
struct unpack {
	const unsigned char *at, *end;
	bool bad;
};

uint64_t unpack_varint(struct unpack *u);
int64_t unpack_signed(struct unpack *u);
double unpack_double(struct unpack *u);
/* Into @out, always ended by a NUL; longer than @size - 1 bytes is bad. */
void unpack_text(struct unpack *u, char *out, size_t size);
/* A count of things that take at least @each bytes: more of them than can follow is bad. */
size_t unpack_count(struct unpack *u, size_t each);

#endif
