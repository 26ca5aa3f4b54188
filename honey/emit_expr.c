/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Expressions to C. Arithmetic is done in 64 bits whatever the operands' width, so a cast is
 * written where C would do it in 32. What needs statements of its own writes them before.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>
#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"

static struct cexpr primary(const char *s)
{
	return (struct cexpr){s, PREC_PRIMARY};
}

static const char *wrap(struct emit *e, struct cexpr x, enum prec least)
{
	return x.prec < least ? fmt(e->h, "(%s)", x.s) : x.s;
}

const char *emit_text(struct emit *e, struct node *n, enum prec least)
{
	return wrap(e, emit_expr(e, n), least);
}

const char *emit_string(struct honey *h, const char *s)
{
	struct strbuf sb = STRBUF_INIT;
	char *text;

	strbuf_addch(&sb, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\n')
			strbuf_addstr(&sb, "\\n");
		else if (c == '"' || c == '\\')
			strbuf_addf(&sb, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f || c == '?')
			strbuf_addf(&sb, c == '?' ? "?" : "\\%03o", c);
		else
			strbuf_addch(&sb, c);
	}
	strbuf_addch(&sb, '"');
	text = arena_strdup(&h->arena, sb.s);
	strbuf_release(&sb);
	return text;
}

/* A new local of type @t holding @value. */
const char *emit_temp(struct emit *e, const struct type *t, const char *base, const char *value)
{
	const char *name = emit_unique(e, base);

	emit_stack(e, MAX(type_size(t), 8u));
	emit_line(e, "%s = %s;", emit_declare(e, type_c(e->h, t), name), value);
	return name;
}

const char *emit_var(struct emit *e, const struct var *v)
{
	const char *name = v->c_name ? v->c_name : v->name->s;

	if (v->loop == e->loop)
		return name;
	return v->type->kind == T_STRUCT ? fmt(e->h, "(*c->%s)", name) : fmt(e->h, "c->%s", name);
}

const char *emit_var_ptr(struct emit *e, const struct var *v)
{
	return v->type->kind == T_OPTION ? v->c_ptr : emit_var(e, v);
}

/* Does writing @n as C write statements first? */
bool emit_needs_stmts(const struct node *n)
{
	if (!n)
		return false;
	if (n->loads)
		return true;
	switch (n->kind) {
	case N_IF:
	case N_CASE:
	case N_BLOCK:
	case N_ASSIGN:
	case N_STRUCT:
	case N_RETURN:
	case N_EACH: return true;
	case N_CALL:
		if (n->loop ||
		    (n->helper && (strpbrk(n->helper->args, "kvpoz") || n->helper->result == 'L')))
			return true;
		for (uint32_t i = 0; i < n->n; i++)
			if (emit_needs_stmts(n->list[i]))
				return true;
		return false;
	default: return emit_needs_stmts(n->a) || emit_needs_stmts(n->b);
	}
}

static bool is_constant(const struct node *n)
{
	return n->kind == N_INT || n->kind == N_BOOL || n->kind == N_ATOM || n->kind == N_STRING ||
	       n->kind == N_NIL;
}

static struct cexpr literal(struct emit *e, const struct node *n, const char *suffix)
{
	if (!*suffix && n->value > 0xffffffff)
		suffix = n->value > INT64_MAX ? "ULL" : "LL";
	return primary(fmt(e->h, n->hex ? "%#" PRIx64 "%s" : "%" PRIu64 "%s", n->value, suffix));
}

/* @n with a C type of 64 bits: sign as in @sgn. */
static const char *widened(struct emit *e, struct node *n, bool sgn)
{
	if (n->kind == N_INT)
		return literal(e, n, sgn ? "LL" : "ULL").s;
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
	return wrap(e, x, least);
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

	return primary(fmt(e->h, "%s(%s, %s)", func, a, emit_text(e, n->b, PREC_TERNARY)));
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
	return primary(name);
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

static struct cexpr binary(struct emit *e, struct node *n)
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

static struct cexpr unary(struct emit *e, struct node *n)
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
			return (struct cexpr){fmt(e->h, "-%s", literal(e, n->a, "").s), PREC_UNARY};
		return (struct cexpr){fmt(e->h, "-(__s64)%s", emit_text(e, n->a, PREC_UNARY)),
				      PREC_UNARY};
	}
}

static const struct section *section_of(const struct node *n)
{
	while (n && n->type->kind != T_CTX)
		n = n->a;
	return n ? n->type->section : NULL;
}

static struct cexpr ctx_field(struct emit *e, struct node *n)
{
	struct section *s = (struct section *)section_of(n);
	const char *ctx = emit_text(e, n->a, PREC_PRIMARY);

	if (n->ctx_field->type->kind == T_ARGS) {
		s->args_used = true;
		return primary(fmt(e->h, "%s->args[%u]", ctx, n->ctx_field->offset));
	}
	s->used[n->ctx_field - s->fields] = true;
	return primary(fmt(e->h, "%s->%s", ctx, n->ctx_field->name));
}

static struct cexpr field(struct emit *e, struct node *n)
{
	const char *base, *arrow = n->a->type->kind == T_STRUCT ? "." : "->";

	if (n->ctx_field)
		return ctx_field(e, n);
	base = emit_text(e, n->a, PREC_PRIMARY);
	if (!strncmp(base, "(*c->", 5)) /* a captured struct travels as a pointer */
		return primary(fmt(e->h, "%.*s->%s", (int)strlen(base) - 3, base + 2, n->name->s));
	return primary(fmt(e->h, "%s%s%s", base, arrow, n->name->s));
}

static struct cexpr index_of(struct emit *e, struct node *n)
{
	struct section *s;

	if (n->a->type->kind != T_ARGS)
		return primary(fmt(e->h, "%s[%s]", emit_text(e, n->a, PREC_PRIMARY),
				   emit_text(e, n->b, PREC_TERNARY)));
	s = (struct section *)section_of(n->a);
	s->args_used = true;
	if (s->ctx == CTX_ARGS_ARRAY)
		return primary(fmt(e->h, "%s[%s]", emit_text(e, n->a->a, PREC_PRIMARY),
				   emit_text(e, n->b, PREC_TERNARY)));
	return primary(fmt(e->h, "%s->args[%s]", emit_text(e, n->a->a, PREC_PRIMARY),
			   emit_text(e, n->b, PREC_TERNARY)));
}

static struct cexpr by_statements(struct emit *e, struct node *n)
{
	const char *name;

	if (n->kind == N_ASSIGN) {
		emit_stmt(e, n);
		return emit_expr(e, n->a);
	}
	name = emit_unique(e, n->kind == N_STRUCT ? n->name->s : "value");
	if (n->kind == N_STRUCT) {
		emit_struct_to(e, n, name, true);
		return primary(name);
	}
	emit_line(e, "%s;", emit_declare(e, type_c(e->h, n->type), name));
	emit_value_to(e, n, name, n->type);
	return primary(name);
}

static struct cexpr atom(struct emit *e, const struct node *n)
{
	static const char *const flags[] = {"BPF_ANY", "BPF_NOEXIST", "BPF_EXIST"};

	if (n->map)
		return primary(fmt(e->h, "&%s", n->map->name->s));
	e->needs->flags[n->value % 3] = true;
	return primary(flags[n->value % 3]);
}

struct cexpr emit_expr(struct emit *e, struct node *n)
{
	switch (n->kind) {
	case N_INT: return literal(e, n, "");
	case N_BOOL: return primary(n->value ? "1" : "0");
	case N_NIL: e->needs->null = true; return primary("NULL");
	case N_STRING: return primary(emit_string(e->h, n->str));
	case N_ATOM: return atom(e, n);
	case N_NAME:
		if (n->map)
			return primary(fmt(e->h, "&%s", n->map->name->s));
		return primary(n->var ? emit_var(e, n->var) : n->name->s);
	case N_FIELD: return field(e, n);
	case N_INDEX: return index_of(e, n);
	case N_UNARY: return unary(e, n);
	case N_BINARY: return binary(e, n);
	case N_CALL: return emit_call(e, n);
	default: return by_statements(e, n);
	}
}

const char *emit_ptr(struct emit *e, struct node *n)
{
	if (n->kind == N_ASSIGN) {
		emit_stmt(e, n);
		n = n->a;
	}
	if (n->kind == N_NAME && n->var)
		return emit_var_ptr(e, n->var);
	return emit_text(e, n, PREC_UNARY);
}

const char *emit_cond(struct emit *e, struct node *n)
{
	if (type_is_nilable(n->type))
		return emit_ptr(e, n);
	return emit_text(e, n, PREC_TERNARY);
}

/* The opposite of @n, without !(...) where C has a word for it. */
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
