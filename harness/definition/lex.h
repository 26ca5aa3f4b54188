/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text of a definition to tokens, by bpftrace's lexical rules as far as the subset has them. */
#ifndef HARNESS_DEFINITION_LEX_H
#define HARNESS_DEFINITION_LEX_H

#include "lib/arena.h"
#include "lib/base.h"
#include "lib/strbuf.h"

struct definition;

/* Line and column of a character, from 1; the column counts bytes. */
struct place {
	uint32_t line, column;
};

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_TEXT,
	TOKEN_WORD,  /* a name: pid, if, tracepoint */
	TOKEN_VAR,   /* $x */
	TOKEN_PARAM, /* $1 */
	TOKEN_MAP,   /* @x, @ */
	/* Operators, in the order of op_texts. */
	TOKEN_ARROW,
	TOKEN_INC,
	TOKEN_DEC,
	TOKEN_SHL_SET,
	TOKEN_SHR_SET,
	TOKEN_SHL,
	TOKEN_SHR,
	TOKEN_LE,
	TOKEN_GE,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_ADD_SET,
	TOKEN_SUB_SET,
	TOKEN_MUL_SET,
	TOKEN_DIV_SET,
	TOKEN_MOD_SET,
	TOKEN_BAND_SET,
	TOKEN_BOR_SET,
	TOKEN_XOR_SET,
	TOKEN_ADD,
	TOKEN_SUB,
	TOKEN_MUL,
	TOKEN_DIV,
	TOKEN_MOD,
	TOKEN_BAND,
	TOKEN_BOR,
	TOKEN_XOR,
	TOKEN_LT,
	TOKEN_GT,
	TOKEN_SET,
	TOKEN_NOT,
	TOKEN_INVERT,
	TOKEN_QUESTION,
	TOKEN_COLON,
	TOKEN_SEMICOLON,
	TOKEN_COMMA,
	TOKEN_DOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
};

struct token {
	enum token_kind kind;
	struct place at;
	const char *text; /* terminated; of a TOKEN_TEXT: without quotes, escapes done */
	size_t len;
	uint64_t number;  /* also of a TOKEN_PARAM */
	const char *from; /* in the source: where it begins */
	const char *to;	  /* and ends */
};

/*
 * All tokens of @text, the last one TOKEN_END; they live in the arena of @def. Returns 0 or
 * -EINVAL after saying why.
 */
int lex(struct definition *def, const char *text, struct token **tokens, size_t *n,
	struct strbuf *why);

/* "+", "{": what an operator looks like. */
const char *token_text(enum token_kind kind);

#endif
