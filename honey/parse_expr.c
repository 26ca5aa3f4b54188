/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expressions, by precedence climbing over Elixir's table; each function is named for its rule. */
#include "lib/base.h"
#include "honey/parse.h"

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
