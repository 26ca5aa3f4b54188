/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words of a query, and numbers with units: what query.c is built of. Prints nothing. */
#ifndef MONITOR_QUERY_LEX_H
#define MONITOR_QUERY_LEX_H

#include "monitor/view/column.h"
#include "monitor/view/query.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD, /* a name, a value, or a quoted string */
	TOKEN_OP,   /* = != < <= > >= ~ !~ */
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_BAD, /* a quotation without an end, an operator that is none: @error was filled in */
};

enum query_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_MATCH, OP_NOMATCH, OP_COUNT };
extern const char *const query_ops[OP_COUNT];

struct token {
	enum token_kind kind;
	size_t at, length; /* in the text */
	enum query_op op;
	bool quoted;
	struct strbuf word; /* without quotes; owned by the lexer until the next token */
};

struct lexer {
	const char *text;
	size_t at;
	struct token token; /* the latest */
	struct query_error *error;
};

void lexer_init(struct lexer *lx, const char *text, struct query_error *e);
void lexer_release(struct lexer *lx);
/* Moves on to the next token. */
void lexer_next(struct lexer *lx);
/* The same where a value is due: nothing in it is an operator or a keyword, and parentheses that
 * close again belong to it. */
void lexer_value(struct lexer *lx);

/* Fills in the error, unless there is one already; the text is cut to what fits. Returns -EINVAL.
 */
int query_fail(struct query_error *e, size_t at, size_t length, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* The number that @word says, in the unit of @c; false after saying in @why what is wrong. */
bool query_number(const struct column *c, const char *word, double *out, char *why, size_t size);

#endif
