/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Operators to C. Arithmetic is done in 64 bits whatever the operands' width, so a cast is written
 * where C would do it in 32.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>

static bool is_constant(const struct node *n)
{
	return n->kind == N_INT || n->kind == N_BOOL || n->kind == N_ATOM || n->kind == N_STRING ||
	       n->kind == N_NIL;
}

struct cexpr emit_literal(struct emit *e, const struct node *n, const char *suffix)
{
	if (!*suffix && n->value > 0xffffffff)
		suffix = n->value > INT64_MAX ? "ULL" : "LL";
	return emit_primary(
		fmt(e->h, n->hex ? "%#" PRIx64 "%s" : "%" PRIu64 "%s", n->value, suffix));
}

/* @n with a C type of 64 bits: sign as in @sgn. */
static const char *widened(struct emit *e, struct node *n, bool sgn)
{
	if (n->kind == N_INT)
		return emit_literal(e, n, sgn ? "LL" : "ULL").s;
	return fmt(e->h, "(%s)%s", sgn ? "__s64" : "__u64", emit_text(e, n, PREC_UNARY));
}

static const struct type *value_type(const struct node *n)
{
	return n->type->kind == T_OPTION ? n->type->elem : n->type;
}

static bool is_wide(const struct node *n)
{
	const struct type *t = value_type(n);

	return t->kind == T_INT && t->bits == 64;
}

/* The left operand, kept in a local when the right one writes statements. */
static const char *left_operand(struct emit *e, struct node *n, bool widen, bool sgn,
				enum prec least)
{
	struct cexpr x;

	if (widen)
		x = (struct cexpr){widened(e, n->a, sgn), PREC_UNARY};
	else
		x = emit_expr(e, n->a);
	if (emit_needs_stmts(n->b) && !is_constant(n->a))
		return emit_temp(e,
				 widen				    ? type_int(e->h, 64, sgn)
				 : value_type(n->a)->kind == T_BOOL ? &e->h->types.bool_
				 : value_type(n->a)->kind == T_INT ? (struct type *)value_type(n->a)
								   : type_int(e->h, 64, false),
				 "left", x.s);
	return emit_wrap(e, x, least);
}

static struct cexpr infix(struct emit *e, struct node *n, const char *op, enum prec prec,
			  bool widen, bool sgn)
{
	/* Bitwise and shift operators get parentheses that C does not need but readers do. */
	bool strict = prec == PREC_SHIFT || (prec >= PREC_BOR && prec <= PREC_BAND);
	enum prec left = strict ? PREC_UNARY : prec, right = strict ? PREC_UNARY : prec + 1;
	const char *a = left_operand(e, n, widen, sgn, left);

	return (struct cexpr){fmt(e->h, "%s %s %s", a, op, emit_text(e, n->b, right)), prec};
}

static struct cexpr two_args(struct emit *e, struct node *n, const char *func)
{
	const char *a = left_operand(e, n, false, false, PREC_TERNARY);

	return emit_primary(fmt(e->h, "%s(%s, %s)", func, a, emit_text(e, n->b, PREC_TERNARY)));
}

static struct cexpr shift(struct emit *e, struct node *n)
{
	const struct type *t = value_type(n->a);
	bool sgn = t->sgn;
	uint64_t k = 0;
	bool known = const_eval(e->h, n->b, &k);
	bool widen =
		!is_wide(n->a) && !(n->op == OP_SHR && known && k < 32 && t->kind == T_INT && !sgn);
	const char *a = left_operand(e, n, widen, sgn, PREC_UNARY), *b;

	if (n->op == OP_SHL && sgn)
		a = fmt(e->h, "(__u64)%s", a);
	b = known && k < 64 && n->b->kind == N_INT ? emit_text(e, n->b, PREC_UNARY)
	    : known				   ? fmt(e->h, "%" PRIu64, k & 63)
		    : fmt(e->h, "(%s & 63)", emit_text(e, n->b, PREC_UNARY));
	return (struct cexpr){fmt(e->h, "%s %s %s", a, n->op == OP_SHL ? "<<" : ">>", b),
			      PREC_SHIFT};
}

static struct cexpr divide(struct emit *e, struct node *n, bool sgn)
{
	uint64_t k;
	bool plain = !sgn && const_eval(e->h, n->b, &k) && k;
	bool rem = n->op == OP_REM;
	bool *need = sgn ? (rem ? &e->needs->srem : &e->needs->sdiv)
			 : (rem ? &e->needs->rem : &e->needs->div);

	if (plain)
		return infix(e, n, rem ? "%" : "/", PREC_MUL, !is_wide(n->a), false);
	*need = true;
	return two_args(e, n,
			sgn ? (rem ? "honey_srem" : "honey_sdiv")
			    : (rem ? "honey_rem" : "honey_div"));
}

static struct cexpr arithmetic(struct emit *e, struct node *n)
{
	bool sgn = n->type->sgn;
	bool widen = !is_wide(n->a) && !is_wide(n->b);

	switch (n->op) {
	case OP_ADD: return infix(e, n, "+", PREC_ADD, widen, sgn);
	case OP_SUB: return infix(e, n, "-", PREC_ADD, widen, sgn);
	case OP_MUL: return infix(e, n, "*", PREC_MUL, widen, sgn);
	case OP_DIV:
	case OP_REM: return divide(e, n, sgn);
	case OP_MIN:
		*(sgn ? &e->needs->smin : &e->needs->min) = true;
		return two_args(e, n, sgn ? "honey_smin" : "honey_min");
	case OP_MAX:
		*(sgn ? &e->needs->smax : &e->needs->max) = true;
		return two_args(e, n, sgn ? "honey_smax" : "honey_max");
	case OP_SHL:
	case OP_SHR: return shift(e, n);
	case OP_BAND: return infix(e, n, "&", PREC_BAND, false, false);
	case OP_BOR: return infix(e, n, "|", PREC_BOR, false, false);
	default: return infix(e, n, "^", PREC_BXOR, false, false);
	}
}

static struct cexpr compare(struct emit *e, struct node *n)
{
	static const struct {
		enum op op;
		const char *c;
		enum prec prec;
	} rows[] = {{OP_EQ, "==", PREC_EQ}, {OP_NE, "!=", PREC_EQ},  {OP_LT, "<", PREC_REL},
		    {OP_GT, ">", PREC_REL}, {OP_LE, "<=", PREC_REL}, {OP_GE, ">=", PREC_REL}};
	const struct type *a = value_type(n->a), *b = value_type(n->b);
	bool mixed = type_is_number(a) && type_is_number(b) && a->sgn != b->sgn &&
		     !(a->kind == T_LITERAL && !a->sgn) && !(b->kind == T_LITERAL && !b->sgn);
	size_t i = 0;

	while (i < ARRAY_SIZE(rows) - 1 && rows[i].op != n->op)
		i++;
	/* Of 32 bits and of different signs: C would make both unsigned. */
	return infix(e, n, rows[i].c, rows[i].prec, mixed && !is_wide(n->a) && !is_wide(n->b),
		     true);
}

/* The side of a nil test that is not nil. */
static struct node *tested(struct node *n)
{
	if (n->kind != N_BINARY || (n->op != OP_EQ && n->op != OP_NE))
		return NULL;
	return n->a->kind == N_NIL ? n->b : n->b->kind == N_NIL ? n->a : NULL;
}

static struct cexpr logical_with_stmts(struct emit *e, struct node *n)
{
	const char *name = emit_temp(e, &e->h->types.bool_, "yes", emit_cond(e, n->a));

	emit_line(e, n->op == OP_AND ? "if (%s) {" : "if (!%s) {", name);
	emit_open(e);
	emit_loads(e, n->b->loads);
	emit_line(e, "%s = %s;", name, emit_cond(e, n->b));
	emit_close(e);
	emit_line(e, "}");
	return emit_primary(name);
}

static struct cexpr logical(struct emit *e, struct node *n)
{
	enum prec prec = n->op == OP_AND ? PREC_AND : PREC_OR;
	const char *a, *p;

	if (n->op == OP_OR && n->type->kind != T_BOOL) { /* value || default */
		p = emit_ptr(e, n->a);
		if (n->a->kind != N_NAME)
			p = emit_temp(e, n->a->type, "found", p);
		return (struct cexpr){fmt(e->h, "%s ? *%s : %s", p, p, emit_text(e, n->b, PREC_OR)),
				      PREC_TERNARY};
	}
	if (emit_needs_stmts(n->b))
		return logical_with_stmts(e, n);
	a = emit_cond(e, n->a);
	if (n->a->kind == N_BINARY && (n->a->op == OP_AND || n->a->op == OP_OR) &&
	    n->a->op != n->op)
		a = fmt(e->h, "(%s)", a);
	p = emit_cond(e, n->b);
	if (n->b->kind == N_BINARY && (n->b->op == OP_AND || n->b->op == OP_OR))
		p = fmt(e->h, "(%s)", p);
	return (struct cexpr){fmt(e->h, "%s %s %s", a, n->op == OP_AND ? "&&" : "||", p), prec};
}

struct cexpr emit_binary(struct emit *e, struct node *n)
{
	struct node *x = tested(n);

	if (x)
		return (struct cexpr){fmt(e->h, n->op == OP_EQ ? "!%s" : "%s", emit_ptr(e, x)),
				      PREC_UNARY};
	if (n->op == OP_AND || n->op == OP_OR)
		return logical(e, n);
	if (n->type->kind == T_BOOL)
		return compare(e, n);
	return arithmetic(e, n);
}

struct cexpr emit_unary(struct emit *e, struct node *n)
{
	switch (n->op) {
	case OP_NOT: return (struct cexpr){emit_not(e, n->a), PREC_UNARY};
	case OP_TYPE:
		return (struct cexpr){
			fmt(e->h, "(%s)%s", type_c(e->h, n->type), emit_text(e, n->a, PREC_UNARY)),
			PREC_UNARY};
	case OP_BNOT:
		return (struct cexpr){fmt(e->h, "~%s",
					  is_wide(n->a) ? emit_text(e, n->a, PREC_UNARY)
							: widened(e, n->a, n->type->sgn)),
				      PREC_UNARY};
	default:
		if (n->a->kind == N_INT)
			return (struct cexpr){fmt(e->h, "-%s", emit_literal(e, n->a, "").s),
					      PREC_UNARY};
		return (struct cexpr){fmt(e->h, "-(__s64)%s", emit_text(e, n->a, PREC_UNARY)),
				      PREC_UNARY};
	}
}

const char *emit_not(struct emit *e, struct node *n)
{
	struct node *x = tested(n);

	if (x)
		return fmt(e->h, n->op == OP_EQ ? "%s" : "!%s", emit_ptr(e, x));
	if (type_is_nilable(n->type))
		return fmt(e->h, "!%s", emit_ptr(e, n));
	if (n->kind == N_UNARY && n->op == OP_NOT)
		return emit_cond(e, n->a);
	return fmt(e->h, "!%s", emit_text(e, n, PREC_UNARY));
}
