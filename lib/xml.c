/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text in XML and HTML. */
#include "lib/base.h"
#include "lib/xml.h"

void xml_put(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else
			fputc(*s, out);
	}
}
