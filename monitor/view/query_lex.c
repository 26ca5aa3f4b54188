/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes a query's text apart into words and operators. */
#include "lib/base.h"
#include "monitor/view/query_lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const query_ops[OP_COUNT] = {
	[OP_EQ] = "=", [OP_NE] = "!=", [OP_LT] = "<",	 [OP_LE] = "<=",
	[OP_GT] = ">", [OP_GE] = ">=", [OP_MATCH] = "~", [OP_NOMATCH] = "!~",
};

int query_fail(struct query_error *e, size_t at, size_t length, const char *fmt, ...)
{
	va_list ap;

	if (e->text[0])
		return -EINVAL;
	e->at = at;
	e->length = length;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void lexer_init(struct lexer *lx, const char *text, struct query_error *e)
{
	*lx = (struct lexer){.text = text, .error = e, .token = {.word = STRBUF_INIT}};
}

void lexer_release(struct lexer *lx)
{
	strbuf_release(&lx->token.word);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void set(struct lexer *lx, enum token_kind kind, size_t length)
{
	lx->token.kind = kind;
	lx->token.length = length;
	lx->at += length;
}

/* A backslash takes the meaning of the quotation mark alone: in an expression it means more. */
static void quoted(struct lexer *lx)
{
	const char *s = lx->text + lx->at;
	size_t i = 1;

	lx->token.quoted = true;
	for (; s[i] && s[i] != s[0]; i++) {
		if (s[i] == '\\' && s[i + 1] == s[0])
			i++;
		strbuf_addch(&lx->token.word, s[i]);
	}
	if (!s[i]) {
		query_fail(lx->error, lx->at, i, "this quotation has no end");
		set(lx, TOKEN_BAD, i);
		return;
	}
	set(lx, TOKEN_WORD, i + 1);
}

static bool keyword(const char *s, size_t n, enum token_kind *kind)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} words[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (n == strlen(words[i].word) && !strncasecmp(s, words[i].word, n)) {
			*kind = words[i].kind;
			return true;
		}
	return false;
}

/* Where the word at @s ends. Parentheses inside that close again are part of an expression. */
static size_t word_length(const char *s, bool value)
{
	enum token_kind kind;
	size_t depth = 0, n = 0;

	for (; s[n] && !is_blank(s[n]); n++) {
		if ((s[n] == '&' && s[n + 1] == '&') || (s[n] == '|' && s[n + 1] == '|'))
			break;
		if (!value && !depth && strchr("=!<>~", s[n]))
			break;
		if (s[n] == '\\' && s[n + 1] && !is_blank(s[n + 1]))
			n++;
		else if (s[n] == '(' && !value && (!n || keyword(s, n, &kind)))
			break;
		else if (s[n] == '(')
			depth++;
		else if (s[n] == ')' && !depth--)
			break;
	}
	return n;
}

static void begin(struct lexer *lx)
{
	while (is_blank(lx->text[lx->at]))
		lx->at++;
	strbuf_reset(&lx->token.word);
	lx->token.at = lx->at;
	lx->token.quoted = false;
}

static void word(struct lexer *lx, bool value)
{
	const char *s = lx->text + lx->at;
	enum token_kind kind = TOKEN_WORD;
	size_t n = word_length(s, value);

	if (!n) {
		query_fail(lx->error, lx->at, 1, "'%c' cannot stand here", s[0]);
		set(lx, TOKEN_BAD, 1);
		return;
	}
	if (value || !keyword(s, n, &kind)) {
		kind = TOKEN_WORD;
		strbuf_add(&lx->token.word, s, n);
	}
	set(lx, kind, n);
}

void lexer_value(struct lexer *lx)
{
	char c;

	begin(lx);
	c = lx->text[lx->at];
	if (!c || c == ')' || !strncmp(lx->text + lx->at, "&&", 2) ||
	    !strncmp(lx->text + lx->at, "||", 2))
		lexer_next(lx);
	else if (c == '"' || c == '\'')
		quoted(lx);
	else
		word(lx, true);
}

static void operator(struct lexer *lx)
{
	const char *s = lx->text + lx->at, *meant = "";
	size_t n = strspn(s, "=!<>~");
	enum query_op op;

	for (op = 0; op < OP_COUNT; op++)
		if (strlen(query_ops[op]) == n && !strncmp(s, query_ops[op], n))
			break;
	if (op < OP_COUNT) {
		lx->token.op = op;
		set(lx, TOKEN_OP, n);
		return;
	}
	/* `!` alone, also in `!!x` and `!(..)` */
	if (s[0] == '!' && s[1] != '=' && s[1] != '~') {
		set(lx, TOKEN_NOT, 1);
		return;
	}
	if (!strncmp(s, "==", n))
		meant = ": write =";
	else if (!strncmp(s, "=~", n) || !strncmp(s, "~=", n))
		meant = ": write ~";
	else if (!strncmp(s, "<>", n))
		meant = ": write !=";
	else if (!strncmp(s, "=<", n) || !strncmp(s, "=>", n))
		meant = s[1] == '<' ? ": write <=" : ": write >=";
	query_fail(lx->error, lx->at, n, "no operator '%.*s'%s", (int)MIN(n, (size_t)8), s, meant);
	set(lx, TOKEN_BAD, n);
}

void lexer_next(struct lexer *lx)
{
	const char *s;

	begin(lx);
	s = lx->text + lx->at;
	if (!*s)
		set(lx, TOKEN_END, 0);
	else if (*s == '(')
		set(lx, TOKEN_OPEN, 1);
	else if (*s == ')')
		set(lx, TOKEN_CLOSE, 1);
	else if (!strncmp(s, "&&", 2))
		set(lx, TOKEN_AND, 2);
	else if (!strncmp(s, "||", 2))
		set(lx, TOKEN_OR, 2);
	else if (strchr("=!<>~", *s))
		operator(lx);
	else if (*s == '"' || *s == '\'')
		quoted(lx);
	else
		word(lx, false);
}
