/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Characters of UTF-8 text: well-formed ones only, so no over-long forms and no surrogates. */
#include "lib/base.h"
#include "lib/utf8.h"

#include <locale.h>
#include <wchar.h>

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

const char *utf8_unseen(uint32_t c)
{
	static const struct {
		uint32_t first, last;
		const char *name;
	} rows[] = {
		{0x80, 0x9f, "a control character"},
		{0xa0, 0xa0, "a no-break space"},
		{0xad, 0xad, "a soft hyphen"},
		{0x61c, 0x61c, "a mark of direction"},
		{0x180e, 0x180e, "a space of no width"},
		{0x2000, 0x200a, "a space of its own width"},
		{0x200b, 0x200d, "a space of no width"},
		{0x200e, 0x200f, "a mark of direction"},
		{0x2028, 0x2029, "a separator of lines"},
		{0x202a, 0x202e, "a mark of direction"},
		{0x202f, 0x202f, "a no-break space"},
		{0x205f, 0x205f, "a space of its own width"},
		{0x2060, 0x2064, "a joiner of no width"},
		{0x2066, 0x2069, "a mark of direction"},
		{0x3000, 0x3000, "a wide space"},
		{0xfe00, 0xfe0f, "a variation selector"},
		{0xfeff, 0xfeff, "a byte-order mark"},
		{0xe0000, 0xe0fff, "a tag"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (c >= rows[i].first && c <= rows[i].last)
			return rows[i].name;
	return NULL;
}

bool utf8_is_bidi(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

int utf8_cells(uint32_t c)
{
	static locale_t utf8;
	locale_t was;
	int n;

	if (c < 0x80)
		return c < 0x20 || c == 0x7f ? -1 : 1;
	if (utf8_unseen(c))
		return -1;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return 1;
	was = uselocale(utf8);
	n = wcwidth((wchar_t)c);
	uselocale(was);
	return n;
}
