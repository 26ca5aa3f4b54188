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
	struct name **known;	      /* names with ->known, of the function being read */
	uint32_t n_known, known_mark; /* those of the blocks around: that many */
	bool return_is_name;	      /* return = value stood in this function */
	bool in_defmap;		      /* %{type: BPF_MAP_TYPE_HASH} are options here */
	bool panic;		      /* an error was reported and no statement began since */
	uint32_t written;	      /* nodes that sugar.c copied */
	uint32_t open_blocks;	      /* do blocks read outside of brackets, since some place */
	const struct token *def;      /* whose body is read */
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
/* Elixir gives a do block to the outermost word without parentheses, Honey to the one it follows:
 * warns where a block was read since there were @blocks. */
void parse_no_block(struct parser *p, struct span outer, uint32_t blocks);
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

/* sugar.c: forms of Elixir that are written with others */
enum { SUGAR_MOST_PARAMS = 8 };
/* A node of the compiler's own making. */
struct node *sugar_op(struct parser *p, enum node_kind kind, enum op op, struct span span);
struct node *sugar_name(struct parser *p, struct name *name, struct span span);
struct node *sugar_binary(struct parser *p, enum op op, struct node *a, struct node *b);
struct node *sugar_int(struct parser *p, uint64_t value, struct span span);
/* name = value. @own: a new variable of this block */
struct node *sugar_assign(struct parser *p, struct name *name, struct node *value, bool own);
/* Gives the name another meaning wherever it stands, where it is bound too. */
void sugar_rename(struct node *n, const struct name *from, struct name *to);
/* pattern = value, where that is more than giving a name a value: tuples, lists, texts, constants.
 * NULL: it is no more. A block that the statements around it take in (->splice). */
struct node *sugar_match(struct parser *p, struct node *pattern, struct node *value);
/* Is @pattern what @value is? Names in it are given their parts in *@binds. NULL: always. */
struct node *sugar_test(struct parser *p, struct node *pattern, struct node *value,
			struct node *binds);
struct node *sugar_cons(struct parser *p, struct node *n); /* [1 | [2, 3]] is [1, 2, 3] */
struct node *sugar_known(const struct node *n); /* the tuple, list or text that it is, or NULL */
void sugar_forget(struct parser *p, uint32_t mark); /* at the end of a block */
/* x in set */
struct node *sugar_in(struct parser *p, struct node *x, struct node *set, struct span at);
struct name *sugar_capture_name(struct parser *p, uint64_t i); /* of &1 */
struct node *sugar_capture(struct parser *p, struct node *body, struct span span);
/* The one body and the parameters of a function that may have several heads. */
void sugar_heads(struct parser *p, struct func *f);
/* A call, or what is written for it: Enum.sum(1..9). */
struct node *sugar_call(struct parser *p, struct node *call);

#endif
