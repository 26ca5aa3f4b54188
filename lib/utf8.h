/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Characters of UTF-8 text. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include "lib/base.h"

/* The well-formed character (RFC 3629) at @s, of which @left bytes follow: its number in *@c and
 * how many bytes it has. 0 where there is none. */
size_t utf8_decode(const char *s, size_t left, uint32_t *c);

/* Cells of a terminal that the character takes; -1: it is none that is seen (controls, marks of
 * direction, spaces of no width) or looks like another (a no-break space). */
int utf8_cells(uint32_t c);
/* The name of a character that is not seen, or NULL. */
const char *utf8_unseen(uint32_t c);
/* Is it one that turns the direction of what follows? */
bool utf8_is_bidi(uint32_t c);

#endif
