/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text to tokens. lex() skips what lies between them and calls the function for what begins there:
 * a word, a number, a string, an operator. The first thing that is no token ends it with an error.
 */
#include "lib/base.h"
#include "harness/definition/lex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/definition/tree.h"
#include "lib/utf8.h"

/* Longer ones first where one begins with another. */
static const char op_texts[][4] = {
	"->", "++", "--", "<<=", ">>=", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=",
	"*=", "/=", "%=", "&=",	 "|=",	"^=", "+",  "-",  "*",	"/",  "%",  "&",  "|",	"^",  "<",
	">",  "=",  "!",  "~",	 "?",	":",  ";",  ",",  ".",	"(",  ")",  "{",  "}",	"[",  "]",
};

const char *token_text(enum token_kind kind)
{
	if (kind < TOKEN_ARROW)
		return "";
	return op_texts[kind - TOKEN_ARROW];
}

struct lexer {
	struct definition *def;
	struct strbuf *why;
	const char *s;	  /* what comes next */
	const char *line; /* where its line begins */
	uint32_t number;  /* of that line */
	struct token *tokens;
	size_t n;
};

static struct place here(const struct lexer *lx)
{
	return (struct place){lx->number, (uint32_t)(lx->s - lx->line) + 1};
}

static void newline(struct lexer *lx)
{
	lx->number++;
	lx->line = lx->s + 1;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Past blanks and comments. */
static int skip(struct lexer *lx)
{
	for (;; lx->s++) {
		if (*lx->s == '\n') {
			newline(lx);
		} else if (lx->s[0] == '#' && lx->s[1] == '!' && lx->s == lx->line &&
			   lx->number == 1) {
			lx->s += strcspn(lx->s, "\n") - 1;
		} else if (lx->s[0] == '/' && lx->s[1] == '/') {
			lx->s += strcspn(lx->s, "\n") - 1;
		} else if (lx->s[0] == '/' && lx->s[1] == '*') {
			struct place at = here(lx);

			for (lx->s += 2; lx->s[0] != '*' || lx->s[1] != '/'; lx->s++) {
				if (!*lx->s)
					return definition_error(lx->def, at, lx->why,
								"this comment has no end; close it "
								"with */");
				if (*lx->s == '\n')
					newline(lx);
			}
			lx->s++;
		} else if (*lx->s != ' ' && *lx->s != '\t' && *lx->s != '\r') {
			return 0;
		}
	}
}

static struct token *push(struct lexer *lx, enum token_kind kind, const char *from)
{
	struct token t = {.kind = kind, .from = from, .to = lx->s};

	t.at = (struct place){lx->number, (uint32_t)(from - lx->line) + 1};
	t.len = (size_t)(lx->s - from);
	t.text = arena_strndup(&lx->def->arena, from, t.len);
	arena_push(&lx->def->arena, lx->tokens, lx->n, t);
	return &lx->tokens[lx->n - 1];
}

/* Digits in base 10, 16 or (as bpftrace has it) with an exponent: 1e6. Underscores between them. */
static int number(struct lexer *lx)
{
	const char *from = lx->s;
	struct place at = here(lx);
	uint64_t base = 10, v = 0, add;
	bool over = false, any = false;
	struct token *t;

	if (from[0] == '0' && (from[1] == 'x' || from[1] == 'X')) {
		base = 16;
		lx->s += 2;
	} else if (from[0] == '0' && isdigit((unsigned char)from[1])) {
		base = 8;
	}
	for (; isxdigit((unsigned char)*lx->s) || *lx->s == '_'; lx->s++) {
		int c = tolower((unsigned char)*lx->s);

		if (c == '_')
			continue;
		add = (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
		if (add >= base)
			break;
		over |= __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, add, &v);
		any = true;
	}
	if (base == 10 && *lx->s == 'e' && isdigit((unsigned char)lx->s[1])) {
		unsigned long e = strtoul(lx->s + 1, (char **)&lx->s, 10);

		for (; e && v && !over; e--)
			over |= __builtin_mul_overflow(v, 10, &v);
	}
	if (is_name(*lx->s) || !any) {
		while (is_name(*lx->s))
			lx->s++;
		return definition_error(lx->def, at, lx->why,
					"'%.*s' is no number; write 1000000, 1e6, 0x1f or 017",
					(int)(lx->s - from), from);
	}
	if (over)
		return definition_error(lx->def, at, lx->why, "'%.*s' does not fit into 64 bits",
					(int)(lx->s - from), from);
	t = push(lx, TOKEN_NUMBER, from);
	t->number = v;
	return 0;
}

/* What stands behind a backslash; the lexer stands on it and goes to its last character. */
static int escape(struct lexer *lx, char *out)
{
	static const char from[] = "nrtabfv0\"\\'", to[] = "\n\r\t\a\b\f\v\0\"\\'";
	char hex[3] = {0};
	const char *at;

	if (*lx->s == 'x' && isxdigit((unsigned char)lx->s[1]) &&
	    isxdigit((unsigned char)lx->s[2])) {
		memcpy(hex, lx->s + 1, 2);
		*out = (char)strtoul(hex, NULL, 16);
		lx->s += 2;
		return 0;
	}
	if (*lx->s >= '0' && *lx->s <= '3' && isdigit((unsigned char)lx->s[1]) &&
	    isdigit((unsigned char)lx->s[2])) {
		*out = (char)((lx->s[0] - '0') * 64 + (lx->s[1] - '0') * 8 + lx->s[2] - '0');
		lx->s += 2;
		return 0;
	}
	at = *lx->s ? strchr(from, *lx->s) : NULL;
	if (!at)
		return definition_error(
			lx->def, here(lx), lx->why,
			"'\\%c' is no escape of a string; write \\n, \\t, \\\", \\\\ "
			"or \\x41",
			isprint((unsigned char)*lx->s) ? *lx->s : '?');
	*out = to[at - from];
	return 0;
}

static int string(struct lexer *lx)
{
	const char *from = lx->s;
	struct place at = here(lx);
	struct strbuf text = STRBUF_INIT;
	struct token *t;
	int err = 0;

	for (lx->s++; *lx->s != '"' && !err; lx->s++) {
		char c = *lx->s;

		if (!c || c == '\n') {
			err = definition_error(lx->def, at, lx->why,
					       "this string has no end; close it with \" on its "
					       "line");
			break;
		}
		if (c == '\\') {
			lx->s++;
			err = escape(lx, &c);
		}
		strbuf_addch(&text, c);
	}
	if (!err) {
		lx->s++;
		t = push(lx, TOKEN_TEXT, from);
		/* Up to a terminator, as C has it. */
		t->len = strlen(text.s);
		t->text = arena_strndup(&lx->def->arena, text.s, t->len);
	}
	strbuf_release(&text);
	return err;
}

static void name(struct lexer *lx)
{
	while (is_name(*lx->s))
		lx->s++;
}

static int dollar(struct lexer *lx)
{
	const char *from = lx->s++;
	struct place at = {lx->number, (uint32_t)(from - lx->line) + 1};
	struct token *t;
	char *end;

	if (isdigit((unsigned char)*lx->s)) {
		errno = 0;
		unsigned long n = strtoul(lx->s, &end, 10);

		lx->s = end;
		if (errno || n < 1 || n > 64 || is_name(*end))
			return definition_error(lx->def, at, lx->why,
						"'%.*s' is no parameter; they are $1 to $64",
						(int)(lx->s - from), from);
		t = push(lx, TOKEN_PARAM, from);
		t->number = n;
		return 0;
	}
	if (!is_name(*lx->s))
		return definition_error(lx->def, at, lx->why,
					"a '$' without a name; a variable is $x, a parameter $1");
	name(lx);
	push(lx, TOKEN_VAR, from);
	return 0;
}

static int operator(struct lexer *lx)
{
	uint32_t c;
	size_t bytes;

	for (size_t i = 0; i < ARRAY_SIZE(op_texts); i++) {
		size_t len = strlen(op_texts[i]);

		if (strncmp(lx->s, op_texts[i], len))
			continue;
		lx->s += len;
		push(lx, TOKEN_ARROW + (enum token_kind)i, lx->s - len);
		return 0;
	}
	bytes = utf8_decode(lx->s, strlen(lx->s), &c);
	if (bytes && utf8_cells(c) > 0)
		return definition_error(lx->def, here(lx), lx->why,
					"'%.*s' has no meaning here; remove it", (int)bytes, lx->s);
	return definition_error(lx->def, here(lx), lx->why,
				"the byte 0x%02x has no meaning here; remove it",
				(unsigned char)*lx->s);
}

static int one(struct lexer *lx)
{
	const char *from = lx->s;

	if (isdigit((unsigned char)*from))
		return number(lx);
	if (*from == '"')
		return string(lx);
	if (*from == '$')
		return dollar(lx);
	if (*from == '@') {
		lx->s++;
		name(lx);
		push(lx, TOKEN_MAP, from);
		return 0;
	}
	if (is_name(*from)) {
		name(lx);
		push(lx, TOKEN_WORD, from);
		return 0;
	}
	return operator(lx);
}

int lex(struct definition *def, const char *text, struct token **tokens, size_t *n,
	struct strbuf *why)
{
	struct lexer lx = {.def = def, .why = why, .s = text, .line = text, .number = 1};
	int err;

	for (;;) {
		err = skip(&lx);
		if (err)
			return err;
		if (!*lx.s)
			break;
		err = one(&lx);
		if (err)
			return err;
	}
	push(&lx, TOKEN_END, lx.s);
	*tokens = lx.tokens;
	*n = lx.n;
	return 0;
}
