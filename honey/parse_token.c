/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parser's hand on the tokens: looking ahead, taking what is expected, complaining, and the
 * limit on how deep rules may call each other. */
#include "lib/base.h"
#include "honey/parse.h"

#include <stdarg.h>
#include <string.h>

void parse_error(struct parser *p, const struct token *t, const char *help, const char *format, ...)
{
	char text[400];
	va_list ap;

	if (!p->panic && t->kind != TOK_ERROR) {
		va_start(ap, format);
		vsnprintf(text, sizeof(text), format, ap);
		va_end(ap);
		diag_at(p->h, H005, t->span, help, "%s", text);
	}
	p->panic = true;
}

const char *parse_token_text(struct parser *p, const struct token *t)
{
	const struct source *src = &p->h->sources[t->span.file];
	size_t len = t->span.end - t->span.start;

	if (t->kind == TOK_EOF)
		return "the end of the file";
	return fmt(p->h, "'%.*s'", (int)MIN(len, (size_t)40), src->text + t->span.start);
}

const struct token *parse_peek(const struct parser *p, int ahead)
{
	const struct token *last = &p->h->tokens[p->h->n_tokens - 1], *t = p->tok;

	for (; ahead && t < last && t->kind != TOK_EOF; ahead--)
		t++;
	return t;
}

int parse_bracket(const struct token *t)
{
	if (t->kind != TOK_OP)
		return 0;
	switch (t->op) {
	case OP_LPAREN:
	case OP_LBRACKET:
	case OP_LBRACE: return 1;
	case OP_RPAREN:
	case OP_RBRACKET:
	case OP_RBRACE: return -1;
	default: return 0;
	}
}

bool parse_is_op(const struct parser *p, enum op op)
{
	return p->tok->kind == TOK_OP && p->tok->op == op;
}

bool parse_accept_op(struct parser *p, enum op op)
{
	if (!parse_is_op(p, op))
		return false;
	p->tok++;
	return true;
}

bool parse_expect_op(struct parser *p, enum op op, const char *where)
{
	if (parse_accept_op(p, op))
		return true;
	parse_error(p, p->tok, NULL, "expected '%s' %s, found %s", op_text(op), where,
		    parse_token_text(p, p->tok));
	return false;
}

bool parse_is_word(const struct parser *p, const char *word)
{
	return p->tok->kind == TOK_IDENT && !strcmp(p->tok->name->s, word);
}

/* Gives up the whole parse: what follows would only repeat the same complaint. */
void parse_too_deep(struct parser *p, struct span span)
{
	if (!p->h->stop)
		diag_at(p->h, H007, span, "split it into helpers (defp)",
			"nested more than %d levels deep", HONEY_MAX_NESTING);
	p->h->stop = true;
	p->panic = true;
	p->tok = &p->h->tokens[p->h->n_tokens - 1];
}

bool parse_enter(struct parser *p)
{
	if (++p->nesting <= HONEY_MAX_NESTING)
		return true;
	parse_too_deep(p, p->tok->span);
	return false;
}

void parse_leave(struct parser *p)
{
	p->nesting--;
}
