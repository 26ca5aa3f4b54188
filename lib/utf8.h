/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Characters of UTF-8 text. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include "lib/base.h"

/* The well-formed character (RFC 3629) at @s, of which @left bytes follow: its number in *@c and
 * how many bytes it has. 0 where there is none. */
size_t utf8_decode(const char *s, size_t left, uint32_t *c);

#endif
