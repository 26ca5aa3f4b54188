/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The C text as such: lines, and names that are free. */
#include "lib/base.h"
#include "honey/emit.h"

#include <string.h>

#include "honey/helpers.h"
#include "honey/passes.h"

enum { COLUMNS = 100, TAB = 8 };

/* --- lines --- */

/* Where to break a line of @s that is too long: after the last ", " or before the last operator
 * that fits in @room; sets @depth_at to the open bracket that encloses it. */
static size_t find_break(const char *s, size_t room, size_t *bracket)
{
	size_t best = 0, stack[32], depth = 0;
	bool quoted = false;

	for (size_t i = 0; s[i] && i < room; i++) {
		if (s[i] == '"' && (!i || s[i - 1] != '\\'))
			quoted = !quoted;
		if (quoted)
			continue;
		if (s[i] == '(' && depth < ARRAY_SIZE(stack))
			stack[depth++] = i;
		else if (s[i] == ')' && depth)
			depth--;
		else if (s[i] == ' ' && i &&
			 (s[i - 1] == ',' || (i > 1 && strchr("|&+=", s[i - 1]) && s[i - 1] &&
					      s[i - 2] == s[i - 1]))) {
			best = i;
			*bracket = depth ? stack[depth - 1] + 1 : 0;
		}
	}
	return best;
}

static void add_indent(struct strbuf *out, size_t columns)
{
	for (; columns >= TAB; columns -= TAB)
		strbuf_addch(out, '\t');
	for (; columns; columns--)
		strbuf_addch(out, ' ');
}

/* One line of C at the current indent, broken like clang-format does when it is longer than 100. */
static void add_line(struct emit *e, const char *s)
{
	size_t indent = e->indent * TAB, bracket = 0, at;

	add_indent(e->out, indent);
	while (indent + strlen(s) > COLUMNS && indent < COLUMNS - 20) {
		at = find_break(s, COLUMNS - indent + 1, &bracket);
		if (!at)
			break;
		strbuf_add(e->out, s, at);
		strbuf_addch(e->out, '\n');
		e->presumed_line++;
		indent = bracket ? indent + bracket : indent + TAB;
		if (indent > COLUMNS - 30)
			indent = e->indent * TAB + TAB;
		add_indent(e->out, indent);
		s += at + 1;
	}
	strbuf_addstr(e->out, s);
	strbuf_addch(e->out, '\n');
}

void emit_line(struct emit *e, const char *format, ...)
{
	struct place p;
	va_list ap;
	char small[512], *s = small;
	int n;

	if (e->lines) {
		p = srcmap_place(e->h, e->span.file, e->span.start);
		if (p.line != e->presumed_line || e->span.file != e->presumed_file)
			strbuf_addf(e->out, "#line %u \"%s\"\n", p.line, p.src->name);
		e->presumed_file = e->span.file;
		e->presumed_line = p.line + 1;
	}
	va_start(ap, format);
	n = vsnprintf(small, sizeof(small), format, ap);
	va_end(ap);
	if (n >= (int)sizeof(small)) {
		s = arena_alloc(&e->h->arena, (size_t)n + 1);
		va_start(ap, format);
		vsnprintf(s, (size_t)n + 1, format, ap);
		va_end(ap);
	}
	add_line(e, s);
}

const char *emit_declare(struct honey *h, const char *type, const char *name)
{
	size_t n = strlen(type);

	return fmt(h, type[n - 1] == '*' ? "%s%s" : "%s %s", type, name);
}

/* --- names --- */

static const char *const words[] = {
	"auto",	   "break",    "case",	      "char",	"const",    "continue", "default",
	"do",	   "double",   "else",	      "enum",	"extern",   "float",	"for",
	"goto",	   "if",       "inline",      "int",	"long",	    "register", "restrict",
	"return",  "short",    "signed",      "sizeof", "static",   "struct",	"switch",
	"typedef", "union",    "unsigned",    "void",	"volatile", "while",	"asm",
	"typeof",  "NULL",     "SEC",	      "__u8",	"__u16",    "__u32",	"__u64",
	"__s8",	   "__s16",    "__s32",	      "__s64",	"__wsum",   "__be16",	"__be32",
	"__be64",  "offsetof", "container_of"};

/* Not words of C, but in use: fields may have these names, nothing else. */
static const char *const reserved[] = {"c",	"LICENSE", "barrier",	       "main",
				       "linux", "unix",	   "bpf_stream_printk"};

bool emit_is_c_word(const char *s, bool is_field)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], s))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(reserved) && !is_field; i++)
		if (!strcmp(reserved[i], s))
			return true;
	return false;
}

const char *emit_identifier(struct honey *h, const char *base)
{
	char *s = arena_strdup(&h->arena, base);

	for (char *p = s; *p; p++)
		if (*p == '?' || *p == '!' || (unsigned char)*p >= 0x80)
			*p = '_';
	return s;
}

static bool is_taken(const struct emit *e, const struct name *n)
{
	if (n->map || n->func || n->param || n->c_global || helper_find(n) ||
	    n->c_stamp == e->stamp)
		return true;
	if (!strncmp(n->s, "honey_", 6) || !strncmp(n->s, "BPF_", 4))
		return true;
	return emit_is_c_word(n->s, false);
}

const char *emit_unique(struct emit *e, const char *base)
{
	const char *stem = emit_identifier(e->h, base);
	struct name *n = name_intern(e->h, stem, strlen(stem));
	struct local *l = arena_new(&e->h->arena, struct local);

	for (unsigned int i = 2; is_taken(e, n); i++) {
		const char *s = fmt(e->h, "%s_%u", stem, i);

		n = name_intern(e->h, s, strlen(s));
	}
	l->stamp = n->c_stamp;
	n->c_stamp = e->stamp;
	l->name = n;
	l->next = e->locals;
	l->stack = e->stack;
	e->locals = l;
	return n->s;
}

void emit_open(struct emit *e)
{
	struct local *mark = arena_new(&e->h->arena, struct local);

	mark->next = e->locals;
	mark->stack = e->stack;
	e->locals = mark;
	e->indent++;
}

void emit_close(struct emit *e)
{
	while (e->locals->name) {
		e->locals->name->c_stamp = e->locals->stamp;
		e->locals = e->locals->next;
	}
	e->stack = e->locals->stack;
	e->locals = e->locals->next;
	e->indent--;
}

void emit_stack(struct emit *e, uint32_t bytes)
{
	e->stack += (bytes + 7) & ~7u;
	e->stack_max = MAX(e->stack_max, e->stack);
}
