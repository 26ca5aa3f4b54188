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

static struct node *parse_power(struct parser *p, unsigned int least);
static struct node *parse_operators(struct parser *p, struct node *left, unsigned int least);

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
	uint32_t blocks = p->open_blocks;

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
	p->open_blocks = blocks;
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
		if (t->op == OP_NOT && t[1].kind == TOK_OP && t[1].op == OP_IN)
			return false; /* not in */
		return t->op == OP_PERCENT || t->op == OP_LBRACKET || t->op == OP_NOT ||
		       t->op == OP_BANG;
	default: return false;
	}
}

struct node *parse_args(struct parser *p, struct node *call, bool parens)
{
	uint32_t blocks = p->open_blocks;

	if (parens) {
		parse_items(p, call, OP_RPAREN);
		return call;
	}
	do {
		struct node *item = p->tok->kind == TOK_KEY ? key_value(p) : parse_expr(p);

		node_add(p->h, call, item);
		call->span = span_join(call->span, item->span);
	} while (!p->panic && parse_accept_op(p, OP_COMMA));
	parse_no_block(p, call->name_span, blocks);
	return call;
}

/* %{e | a: 2} */
static bool is_update(const struct token *brace)
{
	return brace[1].kind == TOK_IDENT && brace[2].kind == TOK_OP && brace[2].op == OP_BAR;
}

static void struct_update(struct parser *p, struct span at, const struct token *brace)
{
	const struct token *key = &brace[3];

	diag_at(p->h, H008, at,
		fmt(p->h, "write %s.%s = ...", brace[1].name->s,
		    key->kind == TOK_KEY ? key->name->s : "field"),
		"a struct is changed where it is, not copied");
	p->panic = true;
}

/* STRUCT = % name { KEYVALUE, ... } */
static struct node *parse_struct_literal(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *n = node_new(p->h, N_STRUCT, open->span);

	if (p->tok->kind != TOK_IDENT && p->tok->kind != TOK_ALIAS) {
		if (parse_is_op(p, OP_LBRACE) && is_update(p->tok)) {
			struct_update(p, open->span, p->tok);
			return n;
		}
		if (p->in_defmap && parse_accept_op(p, OP_LBRACE)) {
			n->kind = N_LIST;
			parse_items(p, n, OP_RBRACE);
			return n;
		}
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
	if (parse_is_op(p, OP_LBRACE) && is_update(p->tok)) {
		struct_update(p, open->span, p->tok);
		return n;
	}
	if (parse_expect_op(p, OP_LBRACE, "after the struct's name"))
		parse_items(p, n, OP_RBRACE);
	return n;
}

/* RETURN = return | return expr | return(expr), which is a call: return(a) + b adds to it. */
static struct node *parse_return(struct parser *p)
{
	const struct token *open = p->tok++, *t = p->tok;
	struct node *n = node_new(p->h, N_RETURN, open->span);
	uint32_t blocks = p->open_blocks;
	bool ends = t->nl_before || t->kind == TOK_END || t->kind == TOK_ELSE ||
		    t->kind == TOK_EOF ||
		    (t->kind == TOK_OP &&
		     (t->op == OP_SEMI || t->op == OP_RPAREN || t->op == OP_COMMA));

	if (ends)
		return n;
	if (!parse_is_op(p, OP_LPAREN) || t->space_before) {
		parse_combine(p, n, parse_expr(p), NULL);
		parse_no_block(p, n->name_span, blocks);
		return n;
	}
	p->tok++;
	if (!parse_is_op(p, OP_RPAREN))
		parse_combine(p, n, parse_expr(p), NULL);
	if (!p->panic)
		parse_expect_op(p, OP_RPAREN, "to close '('");
	return n;
}

/* return = value makes it a name of this function; with no value behind it, it is read. */
static bool is_return_name(struct parser *p)
{
	const struct token *t = parse_peek(p, 1);

	if (t->kind == TOK_OP && t->op == OP_ASSIGN && !t->nl_before)
		p->return_is_name = true;
	return p->return_is_name && !(t->space_before && !t->nl_before && starts_argument(t)) &&
	       !(t->kind == TOK_OP && t->op == OP_LPAREN);
}

static const char forms[] = "Honey has if, unless, cond, case, for and return";
static const char at_the_top[] = "leave it out: operators and helpers are always there";

static const struct {
	const char *word, *help;
} foreign_words[] = {
	{"with", "write it as case or if within each other"},
	{"while", "write for i <- 0..9 do .. end, or bpf_loop(n, fn i -> .. end)"},
	{"try", forms},
	{"receive", forms},
	{"quote", forms},
	{"spawn", forms},
	{"raise", forms},
	{"throw", forms},
	{"send", forms},
	{"super", forms},
	{"import", at_the_top},
	{"require", at_the_top},
	{"alias", at_the_top},
};

/* with {:ok, x} <- .., while (a) do: no name of one's own has that behind it on its line. */
static bool at_foreign_head(const struct token *t)
{
	return t->kind == TOK_OP && t->space_before && !t->nl_before &&
	       (t->op == OP_LBRACE || t->op == OP_LPAREN);
}

/* Is the name before this the left side of a match? */
static bool parse_at_match(const struct parser *p)
{
	return parse_is_op(p, OP_ASSIGN) || parse_is_op(p, OP_ARROW) || parse_is_op(p, OP_WHEN);
}

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
	if (parse_is_word(p, "return") && !is_return_name(p))
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
		if (strcmp(foreign_words[i].word, t->name->s) ||
		    (p->tok->kind != TOK_DO && !starts_argument(p->tok) &&
		     !at_foreign_head(p->tok)))
			continue;
		if (!p->panic)
			diag_at(p->h, H008, t->span, foreign_words[i].help,
				"'%s' is not part of Honey", t->name->s);
		p->panic = true;
		return parse_error_node(p);
	}
	n = parse_name_node(p, N_NAME, t);
	if (t->name->known && !parse_at_match(p)) {
		struct node *known = node_clone(p->h, t->name->known);

		known->name = t->name;
		known->span = t->span;
		known->stands = true;
		return known;
	}
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

	if (p->in_defmap && !parse_is_op(p, OP_DOT)) { /* type: BPF_MAP_TYPE_HASH */
		n->kind = N_ATOM;
		n->name = open->name;
		return n;
	}
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
		parse_args(p, n, true);
	} else if (starts_argument(p->tok)) {
		parse_args(p, n, false);
	}
	/* What is piped into it is still missing. */
	return open[-1].kind == TOK_OP && open[-1].op == OP_PIPE ? n : sugar_call(p, n);
}

/* @name, read */
static struct node *parse_attr(struct parser *p)
{
	const struct token *t = p->tok++;
	struct node *n;

	if (!strcmp(t->name->s, "sec")) {
		parse_error(p, t, "write it above the def: @sec \"tracepoint/...\"",
			    "@sec stands before a def, not inside one");
		return parse_error_node(p);
	}
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
	uint32_t blocks = p->open_blocks;
	struct node *n;

	if (open->op == OP_LPAREN) {
		n = parse_expr(p);
		p->open_blocks = blocks;
		if (!p->panic)
			parse_expect_op(p, OP_RPAREN, "to close '('");
		n->parens = true;
		return n;
	}
	n = node_new(p->h, open->op == OP_LBRACKET ? N_LIST : N_TUPLE, open->span);
	parse_items(p, n, open->op == OP_LBRACKET ? OP_RBRACKET : OP_RBRACE);
	return n;
}

/* &name/2, &Module.name/2 and &(&1 + 1) are functions; &1 is what one of them is given. */
static struct node *parse_capture(struct parser *p)
{
	const struct token *amp = p->tok++;
	struct node *n;

	if (p->tok->kind == TOK_INT && !p->tok->space_before && p->tok->value >= 1 &&
	    p->tok->value <= SUGAR_MOST_PARAMS) {
		n = node_new(p->h, N_NAME, amp->span);
		n->name = sugar_capture_name(p, p->tok++->value);
		return n;
	}
	if (!parse_enter(p))
		return parse_error_node(p);
	n = parse_power(p, 35);
	parse_leave(p);
	return p->panic ? n : sugar_capture(p, n, amp->span);
}

/* A text in which a place stands for each value: %v. The values are its list. */
static struct node *parse_string(struct parser *p)
{
	const struct token *t = p->tok++;
	struct node *n = node_new(p->h, N_STRING, t->span);
	struct strbuf text = STRBUF_INIT;

	n->str = t->str;
	if (!t->more)
		return n;
	n->name_span.start = t->span.end - 2;
	for (;; t = p->tok++) {
		for (const char *s = t->str; *s; s++)
			strbuf_addstr(&text, *s == '%' ? "%%" : (char[]){*s, '\0'});
		n->span.end = n->name_span.end = t->span.end;
		if (!t->more)
			break;
		strbuf_addstr(&text, "%v");
		node_add(p->h, n, parse_expr(p));
		if (!p->panic && p->tok->kind != TOK_STRING)
			parse_error(p, p->tok, NULL, "did not expect %s here",
				    parse_token_text(p, p->tok));
		if (p->panic)
			break;
	}
	n->str = arena_strdup(&p->h->arena, text.s);
	strbuf_release(&text);
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
	case TOK_STRING: return parse_string(p);
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
		if (t->op == OP_AMP)
			return parse_capture(p);
		break;
	default: break;
	}
	parse_error(p, t,
		    !strcmp(parse_token_text(p, t), "'//'") ? "a comment begins with '#'" : NULL,
		    "expected an expression, found %s", parse_token_text(p, t));
	return parse_error_node(p);
}

/* postfix = primary { . name [args] | [ expr ] } */
static struct node *parse_postfix(struct parser *p)
{
	struct node *n = parse_primary(p), *outer;

	while (!p->panic) {
		if (parse_is_op(p, OP_DOT) && !p->tok->nl_before) {
			p->tok++;
			if (parse_is_op(p, OP_LPAREN)) {
				parse_error(p, p->tok - 1,
					    "write a helper with defp and call it: name(x)",
					    "functions are no values in a BPF program");
				return n;
			}
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

/* Elixir's operator table; & | << >> are the reference documents' spelling of the bitwise ones. */
static const struct binding bindings[] = {
	{OP_MUL, OP_MUL, 100, false},	   {OP_DIV, OP_DIV, 100, false},
	{OP_ADD, OP_ADD, 90, false},	   {OP_SUB, OP_SUB, 90, false},
	{OP_RANGE, OP_RANGE, 80, true},	   {OP_BXOR, OP_BXOR, 75, false},
	{OP_IN, OP_IN, 70, false},	   {OP_NOT, OP_NOT, 70, false},
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
	const struct token *t = p->tok, *first = t + 1;
	struct node *n, *operand;

	if (t->kind != TOK_OP || (t->op != OP_SUB && t->op != OP_ADD && t->op != OP_NOT &&
				  t->op != OP_BANG && t->op != OP_BNOT && t->op != OP_CARET))
		return parse_postfix(p);
	if (!parse_enter(p))
		return parse_error_node(p);
	p->tok++;
	if (t->op == OP_BNOT)
		diag_at(p->h, W015, t->span, "write bnot(a)", "'~~~' is deprecated in Elixir");
	n = node_new(p->h, N_UNARY, t->span);
	n->op = t->op == OP_BANG ? OP_NOT : t->op;
	operand = parse_unary(p);
	/* Elixir's grammar: before a do block the sign takes all that follows, -if .. end + 3. */
	if (!p->panic && first->kind == TOK_IDENT && p->tok[-1].kind == TOK_END)
		operand = parse_operators(p, operand, 0);
	parse_combine(p, n, operand, NULL);
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
	if (t->op == OP_NOT && (t->nl_before || t[1].kind != TOK_OP || t[1].op != OP_IN))
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

/* What Elixir reads otherwise, or will not read for long. */
static void check_spelling(struct parser *p, const struct token *op, const struct node *n,
			   const struct node *left, const struct node *right)
{
	const struct token *before = op - 1, *after = op + 1;

	if (op->op == OP_BXOR)
		diag_at(p->h, W015, op->span, "write bxor(a, b)", "'^^^' is deprecated in Elixir");
	if (op->op == OP_DIV)
		diag_at(p->h, W017, op->span, "write div(a, b)",
			"'/' cuts the fraction that Elixir keeps");
	if ((op->op == OP_NE || op->op == OP_SNE) && !op->space_before && before->kind == TOK_IDENT)
		diag_at(p->h, W016, op->span, "put spaces around it",
			"Elixir reads %s!=.. as %s! = ..", before->name->s, before->name->s);
	if (op->op == OP_AMP)
		diag_at(p->h, W016, op->span, "write &&&",
			"'&' is no operator between values in Elixir");
	if (n->kind == N_ASSIGN && right->kind == N_BINARY && right->bar && !right->parens &&
	    left->kind != N_LIST)
		diag_at(p->h, W016, right->name_span, "write |||, or ( ) around it",
			"Elixir binds '|' less tightly than '='");
	if ((op->op == OP_SUB || op->op == OP_ADD) && op->space_before && !after->space_before &&
	    before->kind == TOK_IDENT)
		diag_at(p->h, W016, op->span, "put a space behind it too",
			"Elixir may read this as a call, %s(%s..)", before->name->s,
			op_text(op->op));
}

static struct node *binary(struct parser *p, const struct binding *b, const struct token *op,
			   struct node *left)
{
	bool negated = b->op == OP_NOT; /* not in: find_binding() saw the in */
	struct node *n, *right;

	p->tok += negated;
	right = parse_power(p, b->right ? b->power : b->power + 1u);
	if (negated || b->op == OP_IN) {
		if (p->panic)
			return left;
		/* Elixir's rule: not a in b is not (a in b), as a not in b is. */
		if (!negated && left->kind == N_UNARY && left->op == OP_NOT && !left->parens) {
			negated = true;
			left = left->a;
		}
		n = sugar_in(p, left, right, op->span);
		return negated ? parse_combine(p, sugar_op(p, N_UNARY, OP_NOT, op->span), n, NULL)
			       : n;
	}
	if (b->means == OP_PIPE)
		return p->panic ? left : sugar_call(p, pipe_into(p, left, right));
	n = node_new(p->h,
		     b->means == OP_ASSIGN  ? N_ASSIGN
		     : b->means == OP_RANGE ? N_RANGE
					    : N_BINARY,
		     op->span);
	n->op = b->means;
	n->bar = op->op == OP_BAR;
	if (!p->panic)
		check_spelling(p, op, n, left, right);
	if (n->kind == N_ASSIGN && !p->panic) {
		struct node *match = sugar_match(p, left, right);

		if (match)
			return match;
	}
	parse_combine(p, n, left, right);
	if (n->kind == N_RANGE && parse_accept_op(p, OP_STEP))
		n->c = parse_power(p, b->power + 1u);
	if (op->op == OP_SHORT_SHL || op->op == OP_SHORT_SHR)
		diag_at(p->h, W001, op->span,
			fmt(p->h, "write %s, which Elixir's Bitwise has", op_text(b->means)),
			"'%s' is taken as the shift '%s'", op_text(op->op), op_text(b->means));
	return n;
}

/* x += 1 of other languages */
static bool is_assignment_operator(const struct token *t)
{
	return t[1].kind == TOK_OP && t[1].op == OP_ASSIGN && !t[1].space_before && !t[1].nl_before;
}

/* { operator operand } after @left, as long as they bind at least as tightly as @least. */
static struct node *parse_operators(struct parser *p, struct node *left, unsigned int least)
{
	while (!p->panic) {
		const struct binding *b = find_binding(p);
		const struct token *op = p->tok;

		if (!b || b->power < least)
			break;
		if (is_assignment_operator(op)) {
			parse_error(p, op, fmt(p->h, "write it out: x = x %s 1", op_text(op->op)),
				    "Elixir has no '%s%s'", op_text(op->op),
				    op[1].op == OP_ASSIGN ? "=" : op_text(op->op));
			break;
		}
		p->tok++;
		left = binary(p, b, op, left);
	}
	return left;
}

static struct node *parse_power(struct parser *p, unsigned int least)
{
	struct node *left;

	if (!parse_enter(p))
		return parse_error_node(p);
	left = parse_operators(p, parse_unary(p), least);
	parse_leave(p);
	return left;
}

struct node *parse_expr(struct parser *p)
{
	return parse_power(p, 0);
}
