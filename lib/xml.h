/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text in XML and HTML. */
#ifndef LIB_XML_H
#define LIB_XML_H

#include <stdio.h>

/* Writes @s with what means something there ("<", ">", "&", a quote) as its entity. */
void xml_put(FILE *out, const char *s);

#endif
