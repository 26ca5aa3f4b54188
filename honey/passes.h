/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The passes, in the order of the data (honey.h has the picture). Each reads what the one before
 * left in struct honey, and reports by diag_report() instead of returning. */
#ifndef HONEY_PASSES_H
#define HONEY_PASSES_H

#include "lib/base.h"

struct honey;
struct strbuf;

/* Appends the tokens of source @file to h->tokens, ending with TOK_EOF. */
void lex_file(struct honey *h, uint32_t file);
void parse_module(struct honey *h);
void resolve_module(struct honey *h);
/* All instances reachable from the handlers (and helpers nobody calls), with types. */
void infer_module(struct honey *h);
void check_module(struct honey *h);
void opt_module(struct honey *h);
/* The whole C text. @lines: with #line for the object, without for people. */
void emit_module(struct honey *h, struct strbuf *out, bool lines);
/* Words of C and of bpf_helpers.h that no name of the source may be in the object. */
bool emit_is_c_word(const char *s, bool is_field);

#endif
