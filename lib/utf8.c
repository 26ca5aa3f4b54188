/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Characters of UTF-8 text: well-formed ones only, so no over-long forms and no surrogates. */
#include "lib/base.h"
#include "lib/utf8.h"

size_t utf8_decode(const char *s, size_t left, uint32_t *c)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	const unsigned char *u = (const unsigned char *)s;

	for (size_t n = 0; n < ARRAY_SIZE(forms) && n < left; n++) {
		if ((u[0] & forms[n].mask) != forms[n].lead)
			continue;
		*c = u[0] & (unsigned char)~forms[n].mask;
		for (size_t i = 1; i <= n; i++) {
			if ((u[i] & 0xc0) != 0x80)
				return 0;
			*c = *c << 6 | (u[i] & 0x3f);
		}
		return *c >= forms[n].least && *c <= 0x10ffff && (*c & 0xfffff800) != 0xd800 ? n + 1
											     : 0;
	}
	return 0;
}
