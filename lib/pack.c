/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers and texts as bytes of a file. */
#include "lib/base.h"
#include "lib/pack.h"

#include <endian.h>
#include <string.h>

void pack_varint(struct strbuf *out, uint64_t v)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (unsigned char)(v | 0x80);
	bytes[n++] = (unsigned char)v;
	strbuf_add(out, bytes, n);
}

void pack_signed(struct strbuf *out, int64_t v)
{
	pack_varint(out, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void pack_double(struct strbuf *out, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	bits = htole64(bits);
	strbuf_add(out, &bits, sizeof(bits));
}

void pack_text(struct strbuf *out, const char *s, size_t max)
{
	size_t len = strnlen(s, max);

	pack_varint(out, len);
	strbuf_add(out, s, len);
}

uint64_t unpack_varint(struct unpack *u)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64 && u->at < u->end; shift += 7) {
		unsigned char byte = *u->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			/* The tenth byte has room for one bit only. */
			if (shift == 63 && byte > 1)
				break;
			return v;
		}
	}
	u->bad = true;
	return 0;
}

int64_t unpack_signed(struct unpack *u)
{
	uint64_t v = unpack_varint(u);

	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

double unpack_double(struct unpack *u)
{
	uint64_t bits;
	double v;

	if ((size_t)(u->end - u->at) < sizeof(bits)) {
		u->bad = true;
		return 0;
	}
	memcpy(&bits, u->at, sizeof(bits));
	u->at += sizeof(bits);
	bits = le64toh(bits);
	memcpy(&v, &bits, sizeof(v));
	return v;
}

void unpack_text(struct unpack *u, char *out, size_t size)
{
	uint64_t len = unpack_varint(u);

	memset(out, 0, size);
	if (u->bad || len >= size || len > (size_t)(u->end - u->at)) {
		u->bad = true;
		return;
	}
	memcpy(out, u->at, len);
	u->at += len;
}

size_t unpack_count(struct unpack *u, size_t each)
{
	uint64_t n = unpack_varint(u);

	if (!u->bad && n <= (size_t)(u->end - u->at) / each)
		return n;
	u->bad = true;
	return 0;
}
