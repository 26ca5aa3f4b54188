/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What lex.c and lex_literal.c share: the place in the text, and the tokens' making. */
#ifndef HONEY_LEXER_H
#define HONEY_LEXER_H

#include "lib/base.h"
#include "honey/diag.h"
#include "honey/lex.h"

struct lexer {
	struct honey *h;
	uint32_t file;
	const char *start, *s, *end; /* the text, and what comes next */
	bool nl, space;		     /* since the last token */
};

/* Appends the token from @from to the place reached. It stays valid until the next one. */
struct token *lex_push(struct lexer *lx, enum token_kind kind, const char *from);
void lex_error(struct lexer *lx, enum diag_code code, const char *from, const char *to,
	       const char *help, const char *text);
bool lex_is_name(int c); /* may stand inside a name */

/* lex_literal.c: each is called at its first character, and goes past its last */
void lex_number(struct lexer *lx);
void lex_string(struct lexer *lx);
int lex_escape(int c); /* the byte that a backslash and @c mean */
/* Called after the opening quote; @close is what ends it. Strings end with their line. Returns NULL
 * where it does not end. */
const char *lex_find_close(struct lexer *lx, const char *close, bool one_line);

#endif
