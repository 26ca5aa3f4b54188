/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parse*.c files share: the parser's state, and the rules that call each other. */
#ifndef HONEY_PARSE_H
#define HONEY_PARSE_H

#include "lib/base.h"
#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/honey.h"

struct parser {
	struct honey *h;
	const struct token *tok; /* the next one */
	unsigned int nesting;
	bool panic; /* an error was reported and no statement began since */
	const char *pending_sec;
	struct span pending_sec_span;
	struct span suspect; /* opener of a block whose 'end' stands further left */
	bool has_suspect;
};

/* parse.c */
const struct token *parse_peek(const struct parser *p, int ahead);
bool parse_is_op(const struct parser *p, enum op op);
bool parse_is_word(const struct parser *p, const char *word);
bool parse_accept_op(struct parser *p, enum op op); /* takes it when it is next */
/* As above, and complains when it is not. @where: "after the parameters" */
bool parse_expect_op(struct parser *p, enum op op, const char *where);
/* Reports at @t, and sets panic: until a statement begins anew, errors are not reported. */
void parse_error(struct parser *p, const struct token *t, const char *help, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
const char *parse_token_text(struct parser *p, const struct token *t); /* for messages */
/* Around each rule that nests. False: too deep, the whole parse was given up. */
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);
void parse_too_deep(struct parser *p, struct span span);
/* @what was opened at @open, for the message when its end is missing. */
struct node *parse_block(struct parser *p, struct span open, const char *what);
void parse_no_end(struct parser *p, struct span open, const char *what);
bool parse_at_end(const struct parser *p);
void parse_sync(struct parser *p); /* to the next line on this level of blocks */
struct node *parse_fn(struct parser *p);
struct node *parse_if(struct parser *p);
struct node *parse_for(struct parser *p);
struct node *parse_case(struct parser *p, enum node_kind kind);

/* parse_expr.c */
struct node *parse_expr(struct parser *p);
/* Completes a node of @a and @b: its span and its height. */
struct node *parse_combine(struct parser *p, struct node *n, struct node *a, struct node *b);
struct node *parse_args(struct parser *p, struct node *call, bool parens); /* adds to @call */
struct node *parse_name_node(struct parser *p, enum node_kind kind, const struct token *t);

#endif
