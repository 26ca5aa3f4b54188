/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Statements and blocks, and the missing 'end' of one. An error ends a statement, not the block. */
#include "lib/base.h"
#include "honey/parse.h"

#include <string.h>

bool parse_at_end(const struct parser *p)
{
	return p->tok->kind == TOK_END || p->tok->kind == TOK_ELSE || p->tok->kind == TOK_EOF;
}

/* Skips to the next line's first token on this level of blocks. */
void parse_sync(struct parser *p)
{
	const struct token *start = p->tok;
	int depth = 0;

	for (; p->tok->kind != TOK_EOF; p->tok++) {
		if (depth == 0 && ((p->tok->nl_before && p->tok != start) || parse_at_end(p)))
			break;
		if (p->tok->kind == TOK_DO || p->tok->kind == TOK_FN)
			depth++;
		else if (p->tok->kind == TOK_END)
			depth--;
	}
	p->panic = false;
}

bool parse_at_clause(const struct parser *p)
{
	int depth = 0;

	if (!p->tok->nl_before)
		return false;
	for (const struct token *t = p->tok; t->kind != TOK_EOF; t++) {
		if (t != p->tok && t->nl_before && !depth)
			return false;
		if (t->kind == TOK_FN || t->kind == TOK_DO)
			return false;
		if (t->kind == TOK_OP && t->op == OP_ARROW && !depth)
			return true;
		depth += parse_bracket(t);
	}
	return false;
}

/* A declaration inside a body: an 'end' is missing above. */
static bool at_stray_decl(const struct parser *p)
{
	if (!p->tok->nl_before || p->tok->kind != TOK_IDENT || strncmp(p->tok->name->s, "def", 3))
		return false;
	return parse_is_word(p, "def") || parse_is_word(p, "defp") || parse_is_word(p, "defmap") ||
	       parse_is_word(p, "defstruct") || parse_is_word(p, "defmodule") ||
	       parse_is_word(p, "defparam");
}

/* stmts = { expr (newline | ;) } */
struct node *parse_stmts(struct parser *p, bool in_clause)
{
	struct node *block = node_new(p->h, N_BLOCK, p->tok->span);

	block->span.end = block->span.start;
	for (;;) {
		const struct token *start;

		while (parse_accept_op(p, OP_SEMI))
			;
		if (parse_at_end(p) || at_stray_decl(p) || p->h->stop ||
		    (in_clause && parse_at_clause(p)))
			break;
		start = p->tok;
		node_add(p->h, block, parse_expr(p));
		if (!p->panic && !parse_at_end(p) && !p->tok->nl_before &&
		    !parse_is_op(p, OP_SEMI) && !parse_is_op(p, OP_RPAREN) &&
		    !parse_is_op(p, OP_COMMA))
			parse_error(p, p->tok, "one expression a line, or separate them with ';'",
				    "did not expect %s here", parse_token_text(p, p->tok));
		if (p->panic) {
			/* What stands first in its line may be sound already. */
			if (p->tok == start || !p->tok->nl_before)
				parse_sync(p);
			p->panic = false;
			if (p->tok == start && p->tok->kind != TOK_EOF)
				p->tok++;
		} else if (parse_is_op(p, OP_RPAREN) || parse_is_op(p, OP_COMMA)) {
			break;
		}
	}
	if (block->n)
		block->span = span_join(block->list[0]->span, block->list[block->n - 1]->span);
	return block;
}

/* Remembers a block whose 'end' stands further left than its opener: if an end turns out to be
 * missing, it is probably this one's. */
static void note_indent(struct parser *p, struct span open)
{
	const struct source *src = &p->h->sources[open.file];
	struct place from = srcmap_place(p->h, open.file, open.start);
	struct place to = srcmap_place(p->h, p->tok->span.file, p->tok->span.start);
	size_t len, indent = 0;
	const char *line = srcmap_line(src, from.line, &len);

	if (p->has_suspect || !p->tok->nl_before)
		return;
	while (indent < len && (line[indent] == ' ' || line[indent] == '\t'))
		indent++;
	if (to.column > indent)
		return;
	p->suspect = open;
	p->has_suspect = true;
}

void parse_no_end(struct parser *p, struct span open, const char *what)
{
	struct diag d = {.code = H006, .span = open, .help = "close it with 'end'"};

	if (p->h->stop)
		return;
	d.text = fmt(p->h, "this %s does not end", what);
	if (p->has_suspect && p->suspect.start != open.start) {
		d.note = "by its indentation, this is where an 'end' is missing";
		d.note_span = p->suspect;
	}
	diag_report(p->h, &d);
}

/* block = stmts (end | else); the 'do' was taken. The closing word is taken too. */
struct node *parse_block(struct parser *p, struct span open, const char *what)
{
	struct node *block;

	if (!parse_enter(p))
		return node_new(p->h, N_BLOCK, open);
	block = parse_stmts(p, false);
	parse_leave(p);
	if (p->tok->kind == TOK_END || p->tok->kind == TOK_ELSE) {
		note_indent(p, open);
		p->tok++;
	} else if (!p->panic) {
		parse_no_end(p, open, what);
		p->panic = true;
	}
	return block;
}
