/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Statements, blocks, and the words with a block of their own: if, unless, for, case, cond, fn.
 *
 * The parser is recursive descent over an array of tokens; p->tok is the next one. After an error
 * p->panic silences all others until parse_stmts() finds a place to begin anew (parse_sync), so one
 * mistake is one message. parse_enter() bounds how deep rules call each other.
 *
 * cond, and case with nil, names or guards, become if here: later passes know only if and switch.
 */
#include "lib/base.h"
#include "honey/parse.h"

#include <stdarg.h>
#include <string.h>

/* --- the hand on the tokens --- */

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

/* 1 opens, -1 closes, 0 is none. */
static int parse_bracket(const struct token *t)
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

/* As above, blocks included. */
static int nesting_of(const struct token *t)
{
	if (t->kind == TOK_DO || t->kind == TOK_FN)
		return 1;
	return t->kind == TOK_END ? -1 : parse_bracket(t);
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

/* --- statements and blocks --- */

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

/* Does an expression go on from the line that ends before @t: an operator on either side? */
static bool continues(const struct token *t)
{
	const struct token *before = t - 1;

	if (before->kind == TOK_OP && !parse_bracket(before) && before->op != OP_ARROW &&
	    before->op != OP_SEMI)
		return true;
	return t->kind == TOK_OP && !parse_bracket(t) && t->op != OP_ADD && t->op != OP_SUB &&
	       t->op != OP_NOT && t->op != OP_BANG && t->op != OP_BNOT && t->op != OP_CARET &&
	       t->op != OP_AMP && t->op != OP_PERCENT;
}

/* Does a clause of case or cond begin here: is there a -> before the expression ends? */
static bool parse_at_clause(const struct parser *p)
{
	const struct token *before = p->tok - 1;
	int depth = 0;

	if (!p->tok->nl_before && !(before->kind == TOK_OP && before->op == OP_SEMI))
		return false;
	for (const struct token *t = p->tok; t->kind != TOK_EOF; t++) {
		if (t != p->tok && !depth &&
		    (t->nl_before ? !continues(t) : t->kind == TOK_OP && t->op == OP_SEMI))
			return false;
		if (t->kind == TOK_OP && t->op == OP_ARROW && !depth)
			return true;
		depth += nesting_of(t);
		if (depth < 0)
			return false;
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

static uint32_t column_of(const struct parser *p, struct span at)
{
	return srcmap_place(p->h, at.file, at.start).column;
}

/* A def that is indented further than the one it stands in is meant to be inside it. */
static bool is_nested_def(const struct parser *p)
{
	return p->def && column_of(p, p->tok->span) > column_of(p, p->def->span);
}

/* What a writer of another language, or of another Elixir, puts between statements. */
static bool skip_foreign(struct parser *p)
{
	const struct token *t = p->tok;
	int depth = 0;

	if (t->kind == TOK_IDENT && t->nl_before &&
	    (parse_is_word(p, "elsif") || parse_is_word(p, "elseif") || parse_is_word(p, "elif"))) {
		diag_at(p->h, H005, t->span, "use cond do ... -> ... end", "Elixir has no %s",
			t->name->s);
		while (p->tok->kind != TOK_DO && p->tok->kind != TOK_EOF && !p->tok[1].nl_before)
			p->tok++;
		p->tok += p->tok->kind != TOK_EOF;
		return true;
	}
	if (!at_stray_decl(p) || !is_nested_def(p))
		return false;
	diag_at(p->h, H005, t->span, "move it out: every def belongs to the module",
		"a %s cannot stand inside a def", t->name->s);
	do {
		depth += nesting_of(p->tok++);
	} while (p->tok->kind != TOK_EOF && !(depth == 0 && p->tok->nl_before));
	return true;
}

/* What a match gives its names belongs to the block it stands in. */
static void add_statement(struct parser *p, struct node *block, struct node *n)
{
	if (!n->splice) {
		node_add(p->h, block, n);
		return;
	}
	for (uint32_t i = 0; i < n->n; i++)
		node_add(p->h, block, n->list[i]);
}

/* Operators that Elixir has, or another language, and a program has not. */
static const char *instead_of_operator(struct parser *p, const struct token *t)
{
	static const struct {
		const char *text, *help;
	} rows[] = {
		{"'**'", "a power is Integer.pow(x, 3)"},
		{"'<>'", "texts are not joined: print both, bpf_printk(\"%d %d\", a, b)"},
		{"'++'", "a list is known when compiled: write it out"},
		{"'=~'", "a field is compared byte by byte: event.comm[0] == ?a"},
		{"'//'", "a comment begins with '#'"},
		{"'when'", "guards stand behind a def's head and in clauses of case"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].text, parse_token_text(p, t)))
			return rows[i].help;
	return "one expression a line, or separate them with ';'";
}

static void unexpected(struct parser *p)
{
	const struct token *t = p->tok;

	if (t->kind == TOK_OP && (t->op == OP_LISTCAT || t->op == OP_LISTSUB) &&
	    (t[1].nl_before || t[1].kind == TOK_END))
		parse_error(p, t,
			    t->op == OP_LISTCAT ? "write it out: x = x + 1"
						: "write it out: x = x - 1",
			    "Elixir has no '%s' behind a name", op_text(t->op));
	else
		parse_error(p, t, instead_of_operator(p, t), "did not expect %s here",
			    parse_token_text(p, t));
}

/* stmts = { expr (newline | ;) } */
static struct node *parse_stmts(struct parser *p, bool in_clause)
{
	struct node *block = node_new(p->h, N_BLOCK, p->tok->span);
	uint32_t mark = p->known_mark, blocks = p->open_blocks;

	p->known_mark = p->n_known;
	block->span.end = block->span.start;
	for (;;) {
		const struct token *start;

		while (parse_accept_op(p, OP_SEMI))
			;
		if (parse_at_end(p) || (at_stray_decl(p) && !is_nested_def(p)) || p->h->stop ||
		    (in_clause && parse_at_clause(p)))
			break;
		if (skip_foreign(p))
			continue;
		start = p->tok;
		add_statement(p, block, parse_expr(p));
		if (!p->panic && !parse_at_end(p) && !p->tok->nl_before &&
		    !parse_is_op(p, OP_SEMI) && !parse_is_op(p, OP_RPAREN) &&
		    !parse_is_op(p, OP_COMMA))
			unexpected(p);
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
	sugar_forget(p, p->known_mark);
	p->known_mark = mark;
	p->open_blocks = blocks;
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

/* --- if, for, case, cond, fn --- */

/* FN = fn [params] -> stmts end */
struct node *parse_fn(struct parser *p)
{
	struct node *n = node_new(p->h, N_FN, p->tok->span);
	const struct token *open = p->tok++;
	bool parens = parse_accept_op(p, OP_LPAREN);

	while (p->tok->kind == TOK_IDENT || parse_is_op(p, OP_LBRACE)) {
		if (parse_is_op(p, OP_LBRACE)) {
			node_add(p->h, n, parse_expr(p)); /* {key, value} */
		} else {
			node_add(p->h, n, parse_name_node(p, N_NAME, p->tok));
			p->tok++;
		}
		if (p->panic || !parse_accept_op(p, OP_COMMA))
			break;
	}
	if (parens)
		parse_expect_op(p, OP_RPAREN, "after the parameters");
	if (p->panic || !parse_expect_op(p, OP_ARROW, "after fn's parameters"))
		return n;
	if (!parse_enter(p))
		return n;
	n->a = parse_stmts(p, false);
	parse_leave(p);
	if (p->tok->kind == TOK_END) {
		n->span.end = p->tok->span.end;
		p->tok++;
	} else if (!p->panic) {
		diag_at(p->h, H006, open->span, "close it with 'end'", "this fn does not end");
		p->panic = true;
	}
	return n;
}

void parse_no_block(struct parser *p, struct span outer, uint32_t blocks)
{
	if (!p->panic && p->open_blocks != blocks)
		diag_at(p->h, W016, outer, "put ( ) around what has the block",
			"Elixir gives the do block to this word");
	p->open_blocks = blocks;
}

/* do-block or keyword form: what follows the head of if, unless, for */
static void parse_branches(struct parser *p, struct node *n, const struct token *open)
{
	uint32_t blocks = p->open_blocks;

	if (p->tok->kind == TOK_DO) {
		p->tok++;
		n->b = parse_block(p, open->span, open->name->s);
		if (p->tok[-1].kind == TOK_ELSE)
			n->c = parse_block(p, open->span, open->name->s);
		while (p->tok[-1].kind == TOK_ELSE && !p->panic) {
			diag_at(p->h, H005, p->tok[-1].span, "use cond for more than two ways",
				"this %s has its else already", open->name->s);
			parse_block(p, open->span, open->name->s);
		}
		n->span.end = p->tok[-1].span.end;
		p->open_blocks = blocks + 1;
		return;
	}
	if (parse_is_op(p, OP_COMMA) && parse_peek(p, 1)->kind == TOK_KEY)
		p->tok++;
	while (!p->panic && p->tok->kind == TOK_KEY) {
		bool is_do = !strcmp(p->tok->name->s, "do");
		struct node *block = node_new(p->h, N_BLOCK, p->tok->span);
		struct node **side = is_do ? &n->b : &n->c;

		if (*side)
			diag_at(p->h, W016, p->tok->span, "put ( ) around the inner one",
				"Elixir gives this %s: to the inner %s", p->tok->name->s,
				open->name->s);
		if (*side || (!is_do && strcmp(p->tok->name->s, "else")))
			break;
		p->tok++;
		node_add(p->h, block, parse_expr(p));
		block->span = block->list[0]->span;
		n->span.end = block->span.end;
		*side = block;
		if (!(parse_is_op(p, OP_COMMA) && parse_peek(p, 1)->kind == TOK_KEY))
			break;
		p->tok++;
	}
	if (!n->b)
		parse_error(p, p->tok, "blocks open with 'do' and close with 'end'",
			    "expected 'do' after the %s, found %s",
			    n->kind == N_FOR ? "range" : "condition", parse_token_text(p, p->tok));
}

/* if(condition, do: ...): is there a comma before do: within these parentheses? */
static bool is_call_form(const struct parser *p)
{
	int depth = 0;

	if (!parse_is_op(p, OP_LPAREN) || p->tok->space_before)
		return false;
	for (const struct token *t = p->tok; t->kind != TOK_EOF; t++) {
		if (t->kind == TOK_KEY && depth == 1 && !strcmp(t->name->s, "do"))
			return true;
		depth += nesting_of(t);
		if (!depth)
			return false;
	}
	return false;
}

/* IF = (if | unless) expr branches | (if | unless)(expr, do: expr [, else: expr]) */
struct node *parse_if(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *n = node_new(p->h, N_IF, open->span);

	bool call = is_call_form(p);

	uint32_t blocks = p->open_blocks;

	n->negated = !strcmp(open->name->s, "unless");
	p->tok += call;
	n->a = parse_expr(p);
	if (!call)
		parse_no_block(p, open->span, blocks);
	if (!p->panic && p->tok->kind != TOK_DO && !call) {
		parse_branches(p, n, open);
		parse_no_block(p, open->span, blocks);
	} else if (!p->panic) {
		parse_branches(p, n, open);
	}
	if (call)
		p->open_blocks = blocks;
	if (call && !p->panic)
		parse_expect_op(p, OP_RPAREN, "to close '('");
	return n;
}

/* FOR = for name <- expr branches | for(name <- expr, do: expr) */
struct node *parse_for(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *n = node_new(p->h, N_FOR, open->span);
	bool parens = parse_accept_op(p, OP_LPAREN);

	if (p->tok->kind != TOK_IDENT) {
		parse_error(p, p->tok, "for i <- 0..9 do", "expected the counter's name, found %s",
			    parse_token_text(p, p->tok));
		return n;
	}
	n->name = p->tok->name;
	n->name_span = p->tok->span;
	p->tok++;
	if (!parse_expect_op(p, OP_BIND, "after the counter"))
		return n;
	n->a = parse_expr(p);
	if (parens && !p->panic && parse_is_op(p, OP_COMMA)) {
		parse_branches(p, n, open);
		if (!p->panic)
			parse_expect_op(p, OP_RPAREN, "to close '('");
		return n;
	}
	if (parens && !p->panic)
		parse_expect_op(p, OP_RPAREN, "after the range");
	if (!p->panic)
		parse_branches(p, n, open);
	return n;
}

/* CLAUSE = pattern [when expr] -> stmts */
static struct node *parse_clause(struct parser *p)
{
	struct node *n = node_new(p->h, N_CLAUSE, p->tok->span);

	n->a = parse_expr(p);
	if (!p->panic && parse_accept_op(p, OP_WHEN))
		n->b = parse_expr(p);
	if (p->panic || !parse_expect_op(p, OP_ARROW, "after the pattern"))
		return n;
	n->c = parse_stmts(p, true);
	n->span = span_join(n->span, n->c->span);
	return n;
}

/* Turns cond's clauses, last first, into if ... else if ... else. */
static struct node *cond_to_if(struct parser *p, struct node *n)
{
	struct node *rest = NULL, *inner, *block;

	for (uint32_t i = n->n; i-- > 0;) {
		struct node *clause = n->list[i];

		if (clause->a->kind == N_BOOL && clause->a->value) {
			rest = clause->c;
			continue;
		}
		inner = node_new(p->h, N_IF, clause->a->span);
		inner->a = clause->a;
		inner->b = clause->c;
		inner->c = rest;
		inner->span = clause->span;
		inner->of_case = n->of_case;
		if (!i)
			return inner;
		block = node_new(p->h, N_BLOCK, inner->span);
		node_add(p->h, block, inner);
		rest = block;
	}
	return rest ? rest : n;
}

static bool is_name(const struct node *n)
{
	return n->kind == N_NAME && strcmp(n->name->s, "_");
}

/* A switch compares with numbers alone; nil, names and guards need tests in order. */
static bool is_switch(const struct node *n)
{
	uint32_t bools = 0, others = 0;

	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *c = n->list[i];

		if (c->kind != N_CLAUSE || c->b || c->a->kind == N_NIL || is_name(c->a) ||
		    c->a->kind == N_STRING || (c->a->kind == N_UNARY && c->a->op == OP_CARET))
			return false;
		bools += c->a->kind == N_BOOL;
		others += c->a->kind != N_BOOL && c->a->kind != N_NAME;
	}
	return !bools || !others;
}

/* pattern [when guard] as a condition on the subject's name */
static struct node *clause_test(struct parser *p, struct node *clause, struct name *subject)
{
	struct node *test = NULL, *guard = clause->b;
	bool named = false;

	if (clause->a->kind == N_UNARY && clause->a->op == OP_CARET)
		clause->a = clause->a->a; /* ^name: the value it has */
	else if (clause->a->kind == N_NAME)
		named = true;
	if (!named) {
		test = sugar_binary(p, OP_EQ, sugar_name(p, subject, clause->a->span), clause->a);
		test->lenient = true;
	} else if (is_name(clause->a) && guard)
		sugar_rename(guard, clause->a->name, subject);
	if (test && guard)
		return sugar_binary(p, OP_AND, test, guard);
	return test ? test : guard;
}

/* The body of a clause whose pattern is a name: the name is a variable of its own. */
static struct node *clause_body(struct parser *p, struct node *clause, struct name *subject)
{
	struct node *body, *own;

	own = sugar_assign(p, clause->a->name, sugar_name(p, subject, clause->a->span), true);
	own->pattern = true;
	body = node_new(p->h, N_BLOCK, clause->c->span);
	node_add(p->h, body, own);
	for (uint32_t k = 0; k < clause->c->n; k++)
		node_add(p->h, body, clause->c->list[k]);
	return body;
}

/* What case compares with: its name where it has one, else a name of the compiler's, which takes
 * the text of the first clause's name, so that the C is called as the source is. */
static struct name *case_subject(struct parser *p, const struct node *n)
{
	if (n->a->kind == N_NAME)
		return n->a->name;
	for (uint32_t i = 0; i < n->n; i++)
		if (is_name(n->list[i]->a))
			return name_hidden(p->h, n->list[i]->a->name->s);
	return name_hidden(p->h, "subject");
}

/* The guard comes before the names have their values. */
static void substitute(struct node *n, const struct name *name, const struct node *value)
{
	if (!n)
		return;
	if (n->kind == N_NAME && n->name == name) {
		*n = *value;
		return;
	}
	for (uint32_t i = 0; i < node_parts(n); i++)
		substitute(node_part(n, i), name, value);
}

/* case of a tuple, a list or a text: its parts are compared with those of the patterns. */
static struct node *case_of_known(struct parser *p, struct node *n)
{
	struct node *cond = node_new(p->h, N_COND, n->span);

	for (uint32_t i = 0; i < n->n; i++) {
		struct node *clause = n->list[i], *binds = node_new(p->h, N_BLOCK, clause->span);
		struct node *test = sugar_test(p, clause->a, n->a, binds);

		for (uint32_t k = 0; k < binds->n; k++)
			substitute(clause->b, binds->list[k]->a->name, binds->list[k]->b);
		if (test && clause->b)
			test = sugar_binary(p, OP_AND, test, clause->b);
		else if (clause->b)
			test = clause->b;
		if (!test) {
			test = node_new(p->h, N_BOOL, clause->a->span);
			test->value = 1;
		}
		for (uint32_t k = 0; k < binds->n; k++)
			binds->list[k]->own = true;
		for (uint32_t k = 0; k < clause->c->n; k++)
			node_add(p->h, binds, clause->c->list[k]);
		clause->a = test;
		clause->b = NULL;
		clause->c = binds;
		node_add(p->h, cond, clause);
	}
	cond->of_case = true;
	return cond_to_if(p, cond);
}

/* case with nil, names or guards: { subject = expr; if ... } */
static struct node *case_to_if(struct parser *p, struct node *n)
{
	struct name *subject = case_subject(p, n);
	struct node *block = node_new(p->h, N_BLOCK, n->span), *cond;

	if (n->a->kind != N_NAME) {
		node_add(p->h, block, sugar_assign(p, subject, n->a, true));
	}
	cond = node_new(p->h, N_COND, n->span);
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *clause = n->list[i], *test;
		bool pinned = clause->a->kind == N_UNARY;

		test = clause_test(p, clause, subject);
		if (pinned) {
			/* compared, not bound */
		} else if (is_name(clause->a) && subject->hidden &&
			   !strcmp(subject->s, clause->a->name->s))
			sugar_rename(clause->c, clause->a->name, subject);
		else if (is_name(clause->a) && clause->a->name != subject)
			clause->c = clause_body(p, clause, subject);
		if (!test) {
			test = node_new(p->h, N_BOOL, clause->a->span);
			test->value = 1;
		}
		clause->a = test;
		clause->b = NULL;
		node_add(p->h, cond, clause);
	}
	cond->of_case = true;
	node_add(p->h, block, cond_to_if(p, cond));
	return block;
}

enum { MAX_CLAUSES = 100 };

/* CASE = case expr do { CLAUSE } end;  COND = cond do { CLAUSE } end */
struct node *parse_case(struct parser *p, enum node_kind kind)
{
	const struct token *open = p->tok++;
	struct node *n = node_new(p->h, kind, open->span);
	uint32_t blocks = p->open_blocks;

	if (kind == N_CASE) {
		n->a = sugar_cons(p, parse_expr(p));
		parse_no_block(p, open->span, blocks);
	}
	if (!p->panic && p->tok->kind != TOK_DO)
		parse_error(p, p->tok, NULL, "expected 'do' after %s, found %s", open->name->s,
			    parse_token_text(p, p->tok));
	if (p->panic || !parse_enter(p))
		return n;
	p->tok++;
	while (!p->panic && p->tok->kind != TOK_END && p->tok->kind != TOK_EOF)
		node_add(p->h, n, parse_clause(p));
	parse_leave(p);
	n->span.end = p->tok->span.end;
	if (p->panic && !p->h->stop) {
		/* The rest of the clauses, so that their end does not close what is around. */
		for (int depth = 0; p->tok->kind != TOK_EOF; p->tok++) {
			if (p->tok->kind == TOK_END && !depth--)
				break;
			depth += p->tok->kind == TOK_DO || p->tok->kind == TOK_FN;
		}
		if (p->tok->kind == TOK_END) {
			p->tok++;
			p->panic = false;
		}
		return n;
	}
	if (p->panic)
		return n;
	p->open_blocks = blocks + 1;
	if (p->tok->kind == TOK_END) {
		p->tok++;
	} else {
		diag_at(p->h, H006, open->span, "close it with 'end'", "this %s does not end",
			open->name->s);
		p->panic = true;
		return n;
	}
	if (!n->n)
		diag_at(p->h, H005, n->span, "pattern -> value", "this %s has no clause",
			open->name->s);
	else if (n->n > MAX_CLAUSES && (kind == N_COND || !is_switch(n)))
		parse_too_deep(p, open->span);
	else if (kind == N_COND)
		return cond_to_if(p, n);
	else if (sugar_known(n->a))
		return case_of_known(p, n);
	else if (!is_switch(n))
		return case_to_if(p, n);
	return n;
}
