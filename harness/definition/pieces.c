/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A printf's format and its values, put together: each conversion with the text before it and the
 * value that it prints, and with a name. The name is what the format itself says ("path=%s",
 * "path: %s"), else that of the value.
 */
#include "lib/base.h"

#include <ctype.h>
#include <string.h>

#include "harness/definition/tree.h"

const char *node_name(const struct node *n)
{
	switch (n->kind) {
	case NODE_FIELD:
	case NODE_BUILTIN: return n->text;
	case NODE_VAR:
	case NODE_MAP: return n->text + 1;
	case NODE_STR:
	case NODE_CAST: return node_name(n->a);
	default: return "";
	}
}

/* "path" of "open path=", "" where there is none. */
static const char *name_in(struct definition *def, const char *text)
{
	const char *end = text + strlen(text), *from;

	while (end > text && end[-1] == ' ')
		end--;
	if (end == text || (end[-1] != '=' && end[-1] != ':'))
		return "";
	end--;
	for (from = end; from > text && (isalnum((unsigned char)from[-1]) || from[-1] == '_');)
		from--;
	return arena_strndup(&def->arena, from, (size_t)(end - from));
}

/* "%-10lld" at @s: fills @piece and returns where it ends; NULL: it is none that bpftrace knows. */
static const char *conversion(struct definition *def, const char *s, struct piece *piece)
{
	const char *from = s++;
	int longs = 0, shorts = 0;

	s += *s == '-';
	s += strspn(s, "0123456789");
	if (s - from > 6)
		return NULL;
	piece->flags = arena_strndup(&def->arena, from, (size_t)(s - from));
	for (; *s == 'l' && longs < 2; s++)
		longs++;
	for (; *s == 'h' && !longs && shorts < 2; s++)
		shorts++;
	if (!*s || !strchr("duxXscp", *s))
		return NULL;
	piece->conversion = *s;
	piece->bytes = longs || *s == 'p' ? 8 : shorts > 1 || *s == 'c' ? 1 : shorts ? 2 : 4;
	return s + 1;
}

int printf_pieces(struct definition *def, struct statement *s, const struct token *format,
		  struct node **values, size_t n, struct strbuf *why)
{
	struct strbuf before = STRBUF_INIT;
	size_t used = 0;
	int err = 0;

	for (const char *f = format->text;;) {
		struct piece piece = {0};

		if (*f == '%' && f[1] == '%') {
			strbuf_addch(&before, '%');
			f += 2;
			continue;
		}
		if (*f && *f != '%') {
			strbuf_addch(&before, *f++);
			continue;
		}
		piece.before = arena_strndup(&def->arena, before.s, before.len);
		strbuf_reset(&before);
		if (*f) {
			const char *end = conversion(def, f, &piece);

			if (!end) {
				err = definition_error(
					def, format->at, why,
					"'%.*s' is no conversion of printf() "
					"here; %%s, %%d, %%ld, %%u, %%lu, %%x, "
					"%%lx, %%c and %%p are, with a width",
					(int)(1 + strspn(f + 1, "-0123456789.lhzj+# ") + 1), f);
				break;
			}
			f = end;
			if (used < n)
				piece.value = values[used];
			used++;
		}
		if (piece.value) {
			piece.name = name_in(def, piece.before);
			if (!*piece.name)
				piece.name = node_name(piece.value);
			if (!*piece.name)
				piece.name = arena_printf(&def->arena, "field%zu", used);
		}
		arena_push(&def->arena, s->pieces, s->npieces, piece);
		if (!piece.conversion)
			break;
	}
	strbuf_release(&before);
	if (!err && used != n)
		err = definition_error(
			def, s->at, why,
			"this printf() has %zu conversions and %zu values; give each "
			"conversion its value",
			used, n);
	if (!err && n > DEFINITION_FIELDS_MAX)
		err = definition_error(def, s->at, why, "a printf() prints at most %d values",
				       DEFINITION_FIELDS_MAX);
	s->number = (uint32_t)def->nprintfs++;
	return err;
}
