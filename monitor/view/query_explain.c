/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shows where a query is wrong. */
#include "lib/base.h"
#include "monitor/view/query.h"

#include <string.h>

#include "monitor/view/column.h"

enum { AROUND = 30 }; /* cells of a long query that are shown to each side of what is wrong */

/* Appends @n bytes of @text made harmless; returns the cells. */
static int piece(const char *text, size_t n, int cells, struct strbuf *out)
{
	struct strbuf copy = STRBUF_INIT;
	int used;

	strbuf_add(&copy, text, n);
	for (size_t i = 0; i < copy.len; i++)
		if (copy.s[i] == '\n' || copy.s[i] == '\t' || copy.s[i] == '\r')
			copy.s[i] = ' ';
	used = column_text(copy.s, cells, out);
	strbuf_release(&copy);
	return used;
}

static bool inside_character(char c)
{
	return (c & 0xc0) == 0x80;
}

void query_explain(const char *text, const struct query_error *e, struct strbuf *out)
{
	size_t len = strlen(text), at = MIN(e->at, len), n = MIN(e->length, len - at), from = 0;
	int before, wrong;

	if (at > 2 * AROUND) {
		from = at - AROUND;
		while (from < at && inside_character(text[from]))
			from++;
	}
	strbuf_addf(out, "%s\n  %s", e->text, from ? "..." : "");
	before = piece(text + from, at - from, -1, out) + (from ? 3 : 0);
	wrong = piece(text + at, n, 2 * AROUND, out);
	piece(text + at + n, len - at - n, AROUND, out);
	strbuf_addf(out, "%s\n  %*s", len - at - n > AROUND ? "..." : "", before, "");
	for (int i = 0; i < MAX(wrong, 1); i++)
		strbuf_addch(out, '^');
}
