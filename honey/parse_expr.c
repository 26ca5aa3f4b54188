/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Expressions. Each function is named for its rule and is called at its first token; parse_power()
 * climbs over Elixir's table of precedences (bindings[]), parse_unary() and parse_postfix() bind
 * tighter than all of it, parse_primary() reads what operators stand between: literals, names,
 * calls, brackets, struct literals.
 */
#include "lib/base.h"
#include "honey/parse.h"

#include <string.h>

#include "lib/strbuf.h"

/* --- what operators stand between --- */

struct node *parse_name_node(struct parser *p, enum node_kind kind, const struct token *t)
{
	struct node *n = node_new(p->h, kind, t->span);

	n->name = t->name;
	return n;
}

/* Where something is missing. */
static struct node *parse_error_node(struct parser *p)
{
	return node_new(p->h, N_ERROR, p->tok->span);
}

/* KEYVALUE = name: expr */
static struct node *key_value(struct parser *p)
{
	struct node *n = parse_name_node(p, N_KEYVALUE, p->tok++);

	return parse_combine(p, n, parse_expr(p), NULL);
}

/* items = [ (KEYVALUE | expr) { , (KEYVALUE | expr) } [ , ] ] close */
static void parse_items(struct parser *p, struct node *list, enum op close)
{
	while (!p->panic && !parse_is_op(p, close)) {
		struct node *item = p->tok->kind == TOK_KEY ? key_value(p) : parse_expr(p);

		node_add(p->h, list, item);
		list->depth = MAX(list->depth, (uint16_t)(item->depth + 1));
		if (!parse_accept_op(p, OP_COMMA))
			break;
	}
	if (list->depth > HONEY_MAX_DEPTH)
		parse_too_deep(p, list->name_span);
	list->span.end = MAX(list->span.end, p->tok->span.end);
	if (!p->panic)
		parse_expect_op(p, close, "here");
}

/* Can a call without parentheses begin its arguments with this token? Signs cannot: f -1. */
static bool starts_argument(const struct token *t)
{
	if (t->nl_before || !t->space_before)
		return false;
	switch (t->kind) {
	case TOK_INT:
	case TOK_STRING:
	case TOK_ATOM:
	case TOK_IDENT:
	case TOK_ALIAS:
	case TOK_KEY:
	case TOK_AT:
	case TOK_FN: return true;
	case TOK_OP:
		return t->op == OP_PERCENT || t->op == OP_LBRACKET || t->op == OP_NOT ||
		       t->op == OP_BANG;
	default: return false;
	}
}

struct node *parse_args(struct parser *p, struct node *call, bool parens)
{
	if (parens) {
		parse_items(p, call, OP_RPAREN);
		return call;
	}
	do {
		struct node *item = p->tok->kind == TOK_KEY ? key_value(p) : parse_expr(p);

		node_add(p->h, call, item);
		call->span = span_join(call->span, item->span);
	} while (!p->panic && parse_accept_op(p, OP_COMMA));
	return call;
}

/* STRUCT = % name { KEYVALUE, ... } */
static struct node *parse_struct_literal(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *n = node_new(p->h, N_STRUCT, open->span);

	if (p->tok->kind != TOK_IDENT && p->tok->kind != TOK_ALIAS) {
		if (parse_is_op(p, OP_LBRACE)) {
			diag_at(p->h, H008, open->span,
				"declare it with defstruct and write %name{field: value}; change "
				"a "
				"field with value.field = ...",
				"maps of Elixir have no fixed layout");
			p->panic = true;
			return n;
		}
		parse_error(p, p->tok, "%name{field: value}", "expected a struct's name, found %s",
			    parse_token_text(p, p->tok));
		return n;
	}
	n->name = p->tok->name;
	n->name_span = p->tok->span;
	p->tok++;
	if (parse_expect_op(p, OP_LBRACE, "after the struct's name"))
		parse_items(p, n, OP_RBRACE);
	return n;
}

/* RETURN = return [expr] */
static struct node *parse_return(struct parser *p)
{
	const struct token *open = p->tok++, *t = p->tok;
	struct node *n = node_new(p->h, N_RETURN, open->span);
	bool ends = t->nl_before || t->kind == TOK_END || t->kind == TOK_ELSE ||
		    t->kind == TOK_EOF ||
		    (t->kind == TOK_OP &&
		     (t->op == OP_SEMI || t->op == OP_RPAREN || t->op == OP_COMMA));

	if (parse_is_op(p, OP_LPAREN) && parse_peek(p, 1)->kind == TOK_OP &&
	    parse_peek(p, 1)->op == OP_RPAREN) {
		p->tok += 2;
		ends = true;
	}
	return ends ? n : parse_combine(p, n, parse_expr(p), NULL);
}

static const char *const foreign_words[] = {"with",  "try",   "receive", "quote", "spawn",
					    "raise", "throw", "import",	 "send",  "super"};

/* name, call, or one of the words with a form of their own */
static struct node *parse_word(struct parser *p)
{
	const struct token *t = p->tok;
	struct node *n;

	if (parse_is_word(p, "if") || parse_is_word(p, "unless"))
		return parse_if(p);
	if (parse_is_word(p, "case"))
		return parse_case(p, N_CASE);
	if (parse_is_word(p, "cond"))
		return parse_case(p, N_COND);
	if (parse_is_word(p, "for"))
		return parse_for(p);
	if (parse_is_word(p, "return"))
		return parse_return(p);
	p->tok++;
	if (!strcmp(t->name->s, "nil"))
		return node_new(p->h, N_NIL, t->span);
	if (!strcmp(t->name->s, "true") || !strcmp(t->name->s, "false")) {
		n = node_new(p->h, N_BOOL, t->span);
		n->value = t->name->s[0] == 't';
		return n;
	}
	for (size_t i = 0; i < ARRAY_SIZE(foreign_words); i++) {
		if (strcmp(foreign_words[i], t->name->s) ||
		    (p->tok->kind != TOK_DO && !starts_argument(p->tok)))
			continue;
		if (!p->panic)
			diag_at(p->h, H008, t->span,
				"Honey has if, unless, cond, case, for and return",
				"'%s' is not part of Honey", t->name->s);
		p->panic = true;
		return parse_error_node(p);
	}
	n = parse_name_node(p, N_NAME, t);
	if (parse_is_op(p, OP_LPAREN) && !p->tok->space_before) {
		p->tok++;
		n->kind = N_CALL;
		return parse_args(p, n, true);
	}
	if (starts_argument(p->tok)) {
		n->kind = N_CALL;
		return parse_args(p, n, false);
	}
	return n;
}

/* remote = Alias { . Alias } . name args */
static struct node *parse_remote(struct parser *p)
{
	const struct token *open = p->tok++;
	struct strbuf path = STRBUF_INIT;
	struct node *n = node_new(p->h, N_CALL, open->span);

	strbuf_addstr(&path, open->name->s);
	while (parse_is_op(p, OP_DOT) && parse_peek(p, 1)->kind == TOK_ALIAS) {
		strbuf_addf(&path, ".%s", p->tok[1].name->s);
		p->tok += 2;
	}
	n->module = arena_strdup(&p->h->arena, path.s);
	strbuf_release(&path);
	if (!parse_is_op(p, OP_DOT) || (p->tok[1].kind != TOK_IDENT)) {
		parse_error(p, p->tok, "helpers are called as Honey.BpfHelpers.name(...)",
			    "expected '.' and a function's name after %s, found %s", n->module,
			    parse_token_text(p, p->tok));
		return n;
	}
	n->name = p->tok[1].name;
	n->name_span = p->tok[1].span;
	n->span.end = n->name_span.end;
	p->tok += 2;
	if (parse_is_op(p, OP_LPAREN) && !p->tok->space_before) {
		p->tok++;
		return parse_args(p, n, true);
	}
	return starts_argument(p->tok) ? parse_args(p, n, false) : n;
}

/* @name, read */
static struct node *parse_attr(struct parser *p)
{
	const struct token *t = p->tok++;
	struct node *n;

	if (!t->name->attr) {
		diag_at(p->h, H017, t->span, fmt(p->h, "set it before: @%s 1024", t->name->s),
			"@%s is not set", t->name->s);
		return node_new(p->h, N_ERROR, t->span);
	}
	n = node_clone(p->h, t->name->attr->value);
	n->span = n->name_span = t->span;
	n->parens = true;
	return n;
}

static struct node *parse_bracketed(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *n;

	if (open->op == OP_LPAREN) {
		n = parse_expr(p);
		if (!p->panic)
			parse_expect_op(p, OP_RPAREN, "to close '('");
		n->parens = true;
		return n;
	}
	n = node_new(p->h, open->op == OP_LBRACKET ? N_LIST : N_TUPLE, open->span);
	parse_items(p, n, open->op == OP_LBRACKET ? OP_RBRACKET : OP_RBRACE);
	return n;
}

/* primary = literal | name | call | ( expr ) | [ items ] | %name{...} | fn | @name */
static struct node *parse_primary(struct parser *p)
{
	const struct token *t = p->tok;
	struct node *n;

	switch (t->kind) {
	case TOK_INT:
		n = node_new(p->h, N_INT, t->span);
		n->value = t->value;
		n->hex = t->hex;
		p->tok++;
		return n;
	case TOK_STRING:
		n = node_new(p->h, N_STRING, t->span);
		n->str = t->str;
		p->tok++;
		return n;
	case TOK_ATOM: p->tok++; return parse_name_node(p, N_ATOM, t);
	case TOK_IDENT: return parse_word(p);
	case TOK_ALIAS: return parse_remote(p);
	case TOK_AT: return parse_attr(p);
	case TOK_FN: return parse_fn(p);
	case TOK_OP:
		if (t->op == OP_LPAREN || t->op == OP_LBRACKET || t->op == OP_LBRACE)
			return parse_bracketed(p);
		if (t->op == OP_PERCENT)
			return parse_struct_literal(p);
		if (t->op == OP_AMP) {
			diag_at(p->h, H008, t->span, "write fn x -> ... end",
				"captured functions (&) are not part of Honey");
			p->panic = true;
			return parse_error_node(p);
		}
		break;
	default: break;
	}
	parse_error(p, t, NULL, "expected an expression, found %s", parse_token_text(p, t));
	return parse_error_node(p);
}

/* postfix = primary { . name [args] | [ expr ] } */
static struct node *parse_postfix(struct parser *p)
{
	struct node *n = parse_primary(p), *outer;

	while (!p->panic) {
		if (parse_is_op(p, OP_DOT) && !p->tok->nl_before) {
			p->tok++;
			if (p->tok->kind != TOK_IDENT) {
				parse_error(p, p->tok, NULL,
					    "expected a field's name after '.', found %s",
					    parse_token_text(p, p->tok));
				return n;
			}
			outer = parse_name_node(p, N_FIELD, p->tok++);
			n = parse_combine(p, outer, n, NULL);
		} else if (parse_is_op(p, OP_LBRACKET) && !p->tok->space_before) {
			outer = node_new(p->h, N_INDEX, p->tok->span);
			p->tok++;
			n = parse_combine(p, outer, n, parse_expr(p));
			n->span.end = p->tok->span.end;
			if (!p->panic)
				parse_expect_op(p, OP_RBRACKET, "to close '['");
		} else {
			break;
		}
	}
	return n;
}

/* --- operators --- */

struct binding {
	enum op op, means;
	uint8_t power; /* higher binds tighter */
	bool right;
};

/* Elixir's operator table; & | << >> are the seeds' spelling of the bitwise ones. */
static const struct binding bindings[] = {
	{OP_MUL, OP_MUL, 100, false},	   {OP_DIV, OP_DIV, 100, false},
	{OP_ADD, OP_ADD, 90, false},	   {OP_SUB, OP_SUB, 90, false},
	{OP_RANGE, OP_RANGE, 80, true},	   {OP_BXOR, OP_BXOR, 75, false},
	{OP_PIPE, OP_PIPE, 65, false},	   {OP_SHL, OP_SHL, 65, false},
	{OP_SHR, OP_SHR, 65, false},	   {OP_SHORT_SHL, OP_SHL, 65, false},
	{OP_SHORT_SHR, OP_SHR, 65, false}, {OP_LT, OP_LT, 60, false},
	{OP_GT, OP_GT, 60, false},	   {OP_LE, OP_LE, 60, false},
	{OP_GE, OP_GE, 60, false},	   {OP_EQ, OP_EQ, 55, false},
	{OP_NE, OP_NE, 55, false},	   {OP_SEQ, OP_EQ, 55, false},
	{OP_SNE, OP_NE, 55, false},	   {OP_ANDAND, OP_AND, 50, false},
	{OP_AND, OP_AND, 50, false},	   {OP_BAND, OP_BAND, 50, false},
	{OP_AMP, OP_BAND, 50, false},	   {OP_OROR, OP_OR, 45, false},
	{OP_OR, OP_OR, 45, false},	   {OP_BOR, OP_BOR, 45, false},
	{OP_BAR, OP_BOR, 45, false},	   {OP_ASSIGN, OP_ASSIGN, 30, true},
};

static struct node *parse_power(struct parser *p, unsigned int least);

/* Completes a node of @a and @b: its span and its height. */
struct node *parse_combine(struct parser *p, struct node *n, struct node *a, struct node *b)
{
	n->a = a;
	n->b = b;
	n->depth = (uint16_t)(1 + MAX(a ? a->depth : 0, b ? b->depth : 0));
	if (a)
		n->span = span_join(n->span, a->span);
	if (b)
		n->span = span_join(n->span, b->span);
	if (n->depth > HONEY_MAX_DEPTH)
		parse_too_deep(p, n->name_span);
	return n;
}

/* unary = { - | + | not | ! | ~~~ } postfix */
static struct node *parse_unary(struct parser *p)
{
	const struct token *t = p->tok;
	struct node *n;

	if (t->kind != TOK_OP || (t->op != OP_SUB && t->op != OP_ADD && t->op != OP_NOT &&
				  t->op != OP_BANG && t->op != OP_BNOT))
		return parse_postfix(p);
	if (!parse_enter(p))
		return parse_error_node(p);
	p->tok++;
	n = node_new(p->h, N_UNARY, t->span);
	n->op = t->op == OP_BANG ? OP_NOT : t->op;
	parse_combine(p, n, parse_unary(p), NULL);
	parse_leave(p);
	return n->op == OP_ADD ? n->a : n;
}

static const struct binding *find_binding(const struct parser *p)
{
	const struct token *t = p->tok;

	if (t->kind != TOK_OP)
		return NULL;
	/* A sign that opens a line begins a new expression, any other operator continues. */
	if (t->nl_before && (t->op == OP_ADD || t->op == OP_SUB || t->op == OP_AMP))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(bindings); i++)
		if (bindings[i].op == t->op)
			return &bindings[i];
	return NULL;
}

/* a |> f(b) is f(a, b) */
static struct node *pipe_into(struct parser *p, struct node *left, struct node *call)
{
	struct node *n;

	if (call->kind != N_CALL && call->kind != N_NAME) {
		parse_error(p, p->tok - 1, "value |> helper(other)",
			    "'|>' needs a call on its right");
		return left;
	}
	n = node_new(p->h, N_CALL, call->span);
	n->name = call->name;
	n->name_span = call->name_span;
	n->module = call->module;
	node_add(p->h, n, left);
	for (uint32_t i = 0; i < call->n; i++)
		node_add(p->h, n, call->list[i]);
	parse_combine(p, n, left, call);
	n->a = n->b = NULL;
	return n;
}

static struct node *binary(struct parser *p, const struct binding *b, const struct token *op,
			   struct node *left)
{
	struct node *n, *right = parse_power(p, b->right ? b->power : b->power + 1u);

	if (b->means == OP_PIPE)
		return p->panic ? left : pipe_into(p, left, right);
	n = node_new(p->h,
		     b->means == OP_ASSIGN  ? N_ASSIGN
		     : b->means == OP_RANGE ? N_RANGE
					    : N_BINARY,
		     op->span);
	n->op = b->means;
	parse_combine(p, n, left, right);
	if (n->kind == N_RANGE && parse_accept_op(p, OP_STEP))
		n->c = parse_power(p, b->power + 1u);
	if (op->op == OP_SHORT_SHL || op->op == OP_SHORT_SHR)
		diag_at(p->h, W001, op->span,
			fmt(p->h, "write %s, which Elixir's Bitwise has", op_text(b->means)),
			"'%s' is taken as the shift '%s'", op_text(op->op), op_text(b->means));
	return n;
}

static struct node *parse_power(struct parser *p, unsigned int least)
{
	struct node *left;

	if (!parse_enter(p))
		return parse_error_node(p);
	left = parse_unary(p);
	while (!p->panic) {
		const struct binding *b = find_binding(p);
		const struct token *op = p->tok;

		if (!b || b->power < least)
			break;
		p->tok++;
		left = binary(p, b, op, left);
	}
	parse_leave(p);
	return left;
}

struct node *parse_expr(struct parser *p)
{
	return parse_power(p, 0);
}
