/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tokens, operators (ops.def) and interned names: what lex.c makes of text. */
#ifndef HONEY_LEX_H
#define HONEY_LEX_H

#include <stdio.h>

#include "lib/base.h"
#include "honey/srcmap.h"

struct honey;

enum token_kind {
	TOK_EOF,
	TOK_IDENT,
	TOK_ALIAS, /* Uppercase name */
	TOK_ATOM,  /* :name */
	TOK_KEY,   /* name: before a value */
	TOK_INT,
	TOK_STRING, /* "..." or a heredoc */
	TOK_AT,	    /* @name */
	TOK_OP,	    /* operators and brackets: @op */
	TOK_DO,
	TOK_END,
	TOK_ELSE,
	TOK_FN,
	TOK_ERROR, /* already reported */
};

enum op {
#define OP(name, text) OP_##name,
#include "honey/ops.def"
#undef OP
};

/* A name is interned: equal texts are the same pointer. What it means is found here in one step. */
struct name {
	const char *s;
	uint32_t len, hash;
	struct name *next; /* in its hash bucket */
	struct var *var;   /* innermost variable in scope during resolving */
	struct func *func; /* functions, linked by ->other_arity */
	struct map *map;
	struct strct *strct;
	struct attr *attr;
	struct param *param;
	uint32_t c_stamp;   /* emit.c: taken as a C name in the function of this stamp */
	bool c_global;	    /* emit.c: a function's name in the C */
	struct node *known; /* while parsing: the tuple, list or text that this name holds */
	bool hidden;	    /* the compiler's own: no text can name it */
};

struct token {
	enum token_kind kind;
	enum op op;
	struct span span;
	struct name *name; /* IDENT, ALIAS, ATOM, KEY, AT */
	const char *str;   /* STRING: the value */
	uint64_t value;	   /* INT */
	bool hex;	   /* INT was written in base 16 */
	bool more;	   /* STRING: a value follows, and then the next piece of the string */
	bool nl_before;	   /* first of its line */
	bool space_before;
};

const char *op_text(enum op op);
struct name *name_intern(struct honey *h, const char *s, size_t len);
/* One that no text can name; @s is what messages and the C call it. */
struct name *name_hidden(struct honey *h, const char *s);
void lex_dump(const struct honey *h, FILE *out);

#endif
