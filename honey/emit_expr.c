/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Expressions to C: operators, names, memory.
 *
 * Each function gives a struct cexpr: the text and how tightly its outermost operator binds, so
 * that emit_wrap() writes ( ) only where C or a reader needs them. What needs statements of its own
 * (a key's address, a branch's value) writes them before, with emit_line(); an operand to its left
 * is then kept in a local first. Arithmetic is done in 64 bits whatever the operands' width, so a
 * cast is written where C would do it in 32.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>
#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"

const char *const emit_flags[EMIT_FLAGS] = {"BPF_ANY", "BPF_NOEXIST", "BPF_EXIST"};

/* --- text --- */

struct cexpr emit_primary(const char *s)
{
	return (struct cexpr){s, PREC_PRIMARY, {0, false}};
}

const char *emit_wrap(struct emit *e, struct cexpr x, enum prec least)
{
	return x.prec < least ? fmt(e->h, "(%s)", x.s) : x.s;
}

const char *emit_text(struct emit *e, struct node *n, enum prec least)
{
	return emit_wrap(e, emit_expr(e, n), least);
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

const char *emit_temp(struct emit *e, const struct type *t, const char *base, const char *value)
{
	const char *name = emit_unique(e, base);

	emit_stack(e, MAX(type_size(t), 8u));
	emit_line(e, "%s = %s;", emit_declare(e->h, type_c(e->h, t), name), value);
	return name;
}

const char *emit_var(struct emit *e, const struct var *v)
{
	const char *name = v->c_name ? v->c_name : v->name->s;

	if (v->loop == e->loop)
		return name;
	return v->type->kind == T_STRUCT ? fmt(e->h, "(*c->%s)", name) : fmt(e->h, "c->%s", name);
}

const char *emit_var_address(struct emit *e, const struct var *v)
{
	return fmt(e->h, v->loop == e->loop ? "&%s" : "c->%s", v->c_name);
}

static const char *var_ptr(struct emit *e, const struct var *v)
{
	return v->type->kind == T_OPTION ? v->c_ptr : emit_var(e, v);
}

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

/* --- operators --- */

/* What C makes of a number: its width and sign; no bits for what is no number. */
static struct cint cint_of(const struct type *t)
{
	switch (t->kind) {
	case T_INT: return (struct cint){t->bits, t->sgn};
	case T_LITERAL: return (struct cint){64, t->sgn};
	case T_BOOL: return (struct cint){1, false};
	default: return (struct cint){0, false};
	}
}

static bool same_cint(struct cint a, struct cint b)
{
	return a.bits == b.bits && a.sgn == b.sgn;
}

/* C's integer promotion, and the type in which it computes with both. */
static struct cint common(struct cint a, struct cint b)
{
	static const struct cint c_int = {32, true};

	a = a.bits < 32 ? c_int : a;
	b = b.bits < 32 ? c_int : b;
	if (a.bits != b.bits)
		return a.bits > b.bits ? a : b;
	return (struct cint){a.bits, a.sgn && b.sgn};
}

/* A constant as C writes it: an int where it fits, like the writer's. */
static struct cexpr literal(struct emit *e, const struct node *n, const char *suffix)
{
	struct cint c = {32, true};

	if (!*suffix && n->value > 0xffffffff)
		suffix = n->value > INT64_MAX ? "ULL" : "LL";
	if (*suffix)
		c = (struct cint){64, *suffix == 'L' && n->value <= INT64_MAX};
	else if (n->value > INT32_MAX)
		c = n->hex ? (struct cint){32, false} : (struct cint){64, true};
	return (struct cexpr){
		fmt(e->h, n->hex ? "%#" PRIx64 "%s" : "%" PRIu64 "%s", n->value, suffix),
		PREC_PRIMARY, c};
}

static const struct type *value_type(const struct node *n)
{
	return n->type->kind == T_OPTION ? n->type->elem : n->type;
}

static bool is_constant(struct emit *e, const struct node *n)
{
	uint64_t k;

	return n->kind == N_BOOL || n->kind == N_ATOM || n->kind == N_STRING || n->kind == N_NIL ||
	       const_eval(e->h, n, &k);
}

/* @x, the C of @n, as a number of the C type @to. */
static struct cexpr cast(struct emit *e, const struct node *n, struct cexpr x, struct cint to)
{
	if (n->kind == N_INT && to.bits == 64)
		return literal(e, n, to.sgn ? "LL" : "ULL");
	return (struct cexpr){fmt(e->h, "(%s)%s", type_c(e->h, type_int(e->h, to.bits, to.sgn)),
				  emit_wrap(e, x, PREC_UNARY)),
			      PREC_UNARY, to};
}

/*
 * The rule of operands: what stands beside an operator has in C exactly the type that inference
 * gave it, for C would compare, divide and shift by its own. A place (a variable, a field, a
 * parameter) converts by itself, there no cast is needed. Constants take the type of what they
 * stand beside.
 * --check-types has clang hold every operand against the rule.
 */
struct cexpr emit_operand(struct emit *e, struct node *n)
{
	struct cexpr x = emit_expr(e, n);
	const struct type *t = value_type(n);
	struct cint want = cint_of(t);

	if (!type_is_number(t))
		return x;
	if (t->kind == T_LITERAL && x.c.bits < 64 && (x.c.sgn || !want.sgn))
		return x;
	if (n->kind != N_INT && x.c.bits && !same_cint(x.c, want))
		x = cast(e, n, x, want);
	if (e->h->opt.check_types && t->kind == T_INT)
		x = (struct cexpr){fmt(e->h, "honey_is(%u, %d, %s)", want.bits, want.sgn, x.s),
				   PREC_PRIMARY, x.c};
	return x;
}

/* The left operand, kept in a local when the right one writes statements. */
static struct cexpr left_operand(struct emit *e, struct node *n)
{
	struct cexpr x = emit_operand(e, n->a);
	const struct type *t = value_type(n->a);

	if (!emit_needs_stmts(n->b) || is_constant(e, n->a))
		return x;
	if (t->kind == T_LITERAL)
		t = type_int(e->h, 64, t->sgn);
	return (struct cexpr){emit_temp(e, t, "left", x.s), PREC_PRIMARY, cint_of(t)};
}

static bool is_u64(struct emit *e, const struct node *n)
{
	const struct type *t = value_type(n);
	uint64_t k;

	if (t->sgn)
		return false;
	return t->kind == T_INT ? t->bits == 64 : const_eval(e->h, n, &k) && k > INT64_MAX;
}

/* C's own choice of a type, @c, keeps the values of both sides unless it is unsigned and one of
 * them is not: then 64 signed bits do. Beside a u64 nothing does, and the u64 decides. */
static struct cint as_c_would(struct emit *e, const struct node *n, struct cint c)
{
	bool sgn = value_type(n->a)->sgn || value_type(n->b)->sgn;

	if (n->type->kind == T_INT && n->type->bits < 64)
		return c; /* a mask: what leaves 32 bits needs no more of its operands */
	return c.sgn || !sgn || is_u64(e, n->a) || is_u64(e, n->b) ? c : (struct cint){64, true};
}

/* Both operands of @n and the operator of C between them, done in the C type @in; no bits: in the
 * one that C takes. */
static struct cexpr infix(struct emit *e, struct node *n, const char *op, enum prec prec,
			  struct cint in)
{
	/* Bitwise and shift operators get parentheses that C does not need but readers do. */
	bool strict = prec >= PREC_BOR && prec <= PREC_BAND;
	enum prec left = strict ? PREC_UNARY : prec, right = strict ? PREC_UNARY : prec + 1;
	struct cexpr a = left_operand(e, n), b = emit_operand(e, n->b);

	if (!in.bits)
		in = as_c_would(e, n, common(a.c, b.c));
	if (!same_cint(common(a.c, b.c), in)) {
		a = cast(e, n->a, a, in);
		if (!same_cint(common(a.c, b.c), in))
			b = cast(e, n->b, b, in);
	}
	return (struct cexpr){
		fmt(e->h, "%s %s %s", emit_wrap(e, a, left), op, emit_wrap(e, b, right)), prec,
		common(a.c, b.c)};
}

static struct cexpr two_args(struct emit *e, struct node *n, const char *func, bool sgn)
{
	struct cexpr a = left_operand(e, n), b = emit_operand(e, n->b);

	return (struct cexpr){fmt(e->h, "%s(%s, %s)", func, a.s, b.s), PREC_PRIMARY, {64, sgn}};
}

static struct cexpr shift(struct emit *e, struct node *n)
{
	const struct type *t = value_type(n->a);
	struct cint wide = {64, t->sgn};
	uint64_t k = 0;
	bool known = const_eval(e->h, n->b, &k);
	struct cexpr a = left_operand(e, n);
	const char *b;

	/* Shifting right by less than 32 leaves 32 bits as they are. */
	if (!same_cint(a.c, wide) &&
	    !(n->op == OP_SHR && known && k < 32 && t->kind == T_INT && !t->sgn))
		a = cast(e, n->a, a, wide);
	if (n->op == OP_SHL && t->sgn)
		a = (struct cexpr){fmt(e->h, "(__u64)%s", emit_wrap(e, a, PREC_UNARY)),
				   PREC_UNARY,
				   {64, false}};
	b = known && k < 64 && n->b->kind == N_INT ? emit_text(e, n->b, PREC_UNARY)
	    : known				   ? fmt(e->h, "%" PRIu64, k & 63)
		    : fmt(e->h, "(%s & 63)", emit_wrap(e, emit_operand(e, n->b), PREC_UNARY));
	return (struct cexpr){fmt(e->h, "%s %s %s", emit_wrap(e, a, PREC_UNARY),
				  n->op == OP_SHL ? "<<" : ">>", b),
			      PREC_SHIFT, common(a.c, a.c)};
}

/* The number a case looks at, in a C type that can tell all its patterns apart. */
const char *emit_subject(struct emit *e, struct node *n)
{
	struct cexpr x = emit_operand(e, n->a);
	struct cint c = common(x.c, x.c);
	__int128 v, most = ((__int128)1 << (c.bits - c.sgn)) - 1;

	for (uint32_t i = 0; i < n->n && c.bits < 64; i++)
		if (const_exact(e->h, n->list[i]->a, &v) &&
		    (v > most || v < (c.sgn ? -most - 1 : 0)))
			c = (struct cint){64, true};
	return same_cint(c, common(x.c, x.c)) ? x.s : cast(e, n->a, x, c).s;
}

static struct cexpr divide(struct emit *e, struct node *n, bool sgn)
{
	uint64_t k;
	bool plain = !sgn && !value_type(n->b)->sgn && const_eval(e->h, n->b, &k) && k;
	bool rem = n->op == OP_REM;
	bool *need = sgn ? (rem ? &e->needs->srem : &e->needs->sdiv)
			 : (rem ? &e->needs->rem : &e->needs->div);

	if (plain)
		return infix(e, n, rem ? "%" : "/", PREC_MUL, (struct cint){64, false});
	*need = true;
	return two_args(
		e, n, sgn ? (rem ? "honey_srem" : "honey_sdiv") : (rem ? "honey_rem" : "honey_div"),
		sgn);
}

static struct cexpr arithmetic(struct emit *e, struct node *n)
{
	/* Constants: -9 + 10 has no sign, but what it is made of has. */
	bool sgn = n->type->sgn ||
		   (n->type->kind == T_LITERAL && (value_type(n->a)->sgn || value_type(n->b)->sgn));
	struct cint in = {64, sgn};

	switch (n->op) {
	case OP_ADD: return infix(e, n, "+", PREC_ADD, in);
	case OP_SUB: return infix(e, n, "-", PREC_ADD, in);
	case OP_MUL: return infix(e, n, "*", PREC_MUL, in);
	case OP_DIV:
	case OP_REM: return divide(e, n, sgn);
	case OP_MIN:
		*(sgn ? &e->needs->smin : &e->needs->min) = true;
		return two_args(e, n, sgn ? "honey_smin" : "honey_min", sgn);
	case OP_MAX:
		*(sgn ? &e->needs->smax : &e->needs->max) = true;
		return two_args(e, n, sgn ? "honey_smax" : "honey_max", sgn);
	case OP_SHL:
	case OP_SHR: return shift(e, n);
	case OP_BAND: return infix(e, n, "&", PREC_BAND, (struct cint){0, false});
	case OP_BOR: return infix(e, n, "|", PREC_BOR, (struct cint){0, false});
	default: return infix(e, n, "^", PREC_BXOR, (struct cint){0, false});
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
	struct cexpr x;
	size_t i = 0;

	while (i < ARRAY_SIZE(rows) - 1 && rows[i].op != n->op)
		i++;
	x = infix(e, n, rows[i].c, rows[i].prec, (struct cint){0, false});
	x.c = (struct cint){32, true};
	return x;
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
	return (struct cexpr){name, PREC_PRIMARY, {1, false}};
}

struct cexpr emit_or_default(struct emit *e, const struct node *n, const char *found,
			     const struct type *elem, struct node *otherwise)
{
	struct cexpr a = {fmt(e->h, "*%s", found), PREC_UNARY, cint_of(elem)};
	struct cexpr b = emit_operand(e, otherwise);
	struct cint want = cint_of(n->type);

	if (b.c.bits && common(a.c, b.c).sgn != want.sgn && common(a.c, b.c).bits >= 32 &&
	    want.bits >= 32 && want.sgn) {
		a = cast(e, n, a, want);
		if (!same_cint(common(a.c, b.c), want))
			b = cast(e, otherwise, b, want);
	}
	return (struct cexpr){fmt(e->h, "%s ? %s : %s", found, a.s, emit_wrap(e, b, PREC_OR)),
			      PREC_TERNARY, b.c.bits ? common(a.c, b.c) : a.c};
}

static struct cexpr logical(struct emit *e, struct node *n)
{
	enum prec prec = n->op == OP_AND ? PREC_AND : PREC_OR;
	const char *a, *p;

	if (n->op == OP_OR && n->type->kind != T_BOOL) { /* value || default */
		p = emit_ptr(e, n->a);
		if (n->a->kind != N_NAME)
			p = emit_temp(e, n->a->type, "found", p);
		return emit_or_default(e, n, p, n->a->type->elem, n->b);
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
	return (struct cexpr){
		fmt(e->h, "%s %s %s", a, n->op == OP_AND ? "&&" : "||", p), prec, {32, true}};
}

static struct cexpr emit_binary(struct emit *e, struct node *n)
{
	struct node *x = tested(n);

	if (x)
		return (struct cexpr){fmt(e->h, n->op == OP_EQ ? "!%s" : "%s", emit_ptr(e, x)),
				      PREC_UNARY,
				      {32, true}};
	if (n->op == OP_AND || n->op == OP_OR)
		return logical(e, n);
	if (n->type->kind == T_BOOL)
		return compare(e, n);
	return arithmetic(e, n);
}

static struct cexpr emit_unary(struct emit *e, struct node *n)
{
	struct cint wide = {64, n->type->sgn};
	struct cexpr x;

	switch (n->op) {
	case OP_NOT: return (struct cexpr){emit_not(e, n->a), PREC_UNARY, {32, true}};
	case OP_TYPE: return cast(e, n, emit_expr(e, n->a), cint_of(n->type));
	case OP_BNOT:
		x = emit_operand(e, n->a);
		if (!same_cint(x.c, wide))
			x = cast(e, n->a, x, wide);
		break;
	default:
		wide.sgn = true;
		if (n->a->kind == N_INT && n->a->value <= INT64_MAX) {
			/* An unsigned constant would stay what it is under a sign of C. */
			x = literal(e, n->a, "");
			x = x.c.sgn ? x : literal(e, n->a, "LL");
			wide = x.c;
		} else {
			x = emit_expr(e, n->a);
			x = (struct cexpr){fmt(e->h, "(__s64)%s", emit_wrap(e, x, PREC_UNARY)),
					   PREC_UNARY, wide};
		}
	}
	return (struct cexpr){
		fmt(e->h, "%s%s", n->op == OP_BNOT ? "~" : "-", emit_wrap(e, x, PREC_UNARY)),
		PREC_UNARY, wide};
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

/* --- names, memory, and all of them --- */

/* Of the context that @n is read from; emit.c writes what is marked as used. */
static struct section *section_of(const struct node *n)
{
	while (n->type->kind != T_CTX)
		n = n->a;
	return (struct section *)n->type->section;
}

static struct cexpr ctx_field(struct emit *e, struct node *n)
{
	struct section *s = section_of(n);
	const char *ctx = emit_text(e, n->a, PREC_PRIMARY);

	if (n->ctx_field->type->kind == T_ARGS) {
		s->args_used = true;
		if (s->mmap_block) {
			e->needs->mmap_arg = true;
			return emit_primary(fmt(e->h, "honey_mmap_arg(%s->args[0], %u)", ctx,
						n->ctx_field->offset));
		}
		return emit_primary(fmt(e->h, s->ctx == CTX_ARGS_ARRAY ? "%s[%u]" : "%s->args[%u]",
					ctx, n->ctx_field->offset));
	}
	s->used[n->ctx_field - s->fields] = true;
	return emit_primary(fmt(e->h, "%s->%s", ctx, n->ctx_field->name));
}

static struct cexpr field(struct emit *e, struct node *n)
{
	const char *base, *arrow = n->a->type->kind == T_STRUCT ? "." : "->";

	if (n->ctx_field)
		return ctx_field(e, n);
	base = emit_text(e, n->a, PREC_PRIMARY);
	if (!strncmp(base, "(*c->", 5)) /* a captured struct travels as a pointer */
		return emit_primary(
			fmt(e->h, "%.*s->%s", (int)strlen(base) - 3, base + 2, n->name->s));
	return emit_primary(fmt(e->h, "%s%s%s", base, arrow, n->name->s));
}

static struct cexpr index_of(struct emit *e, struct node *n)
{
	struct node *base = n->a;
	const char *member = "", *index = emit_text(e, n->b, PREC_TERNARY);

	if (base->type->kind == T_ARGS) {
		struct section *s = section_of(base);

		s->args_used = true;
		base = base->a;
		if (s->mmap_block) {
			e->needs->mmap_arg = true;
			return emit_primary(fmt(e->h, "honey_mmap_arg(%s->args[0], %s)",
						emit_text(e, base, PREC_PRIMARY), index));
		}
		member = s->ctx == CTX_ARGS_ARRAY ? "" : "->args";
	}
	return emit_primary(fmt(e->h, "%s%s[%s]", emit_text(e, base, PREC_PRIMARY), member, index));
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
		return emit_primary(name);
	}
	emit_line(e, "%s;", emit_declare(e->h, type_c(e->h, n->type), name));
	emit_value_to(e, n, name, n->type);
	return emit_primary(name);
}

static struct cexpr atom(struct emit *e, const struct node *n)
{
	if (n->map)
		return emit_primary(fmt(e->h, "&%s", n->map->name->s));
	e->needs->flags[n->value % EMIT_FLAGS] = true;
	return emit_primary(emit_flags[n->value % EMIT_FLAGS]);
}

static struct cexpr any_expr(struct emit *e, struct node *n)
{
	switch (n->kind) {
	case N_INT: return literal(e, n, "");
	case N_BOOL: return emit_primary(n->value ? "1" : "0");
	case N_NIL: e->needs->null = true; return emit_primary("NULL");
	case N_STRING: return emit_primary(emit_string(e->h, n->str));
	case N_ATOM: return atom(e, n);
	case N_NAME:
		if (n->map)
			return emit_primary(fmt(e->h, "&%s", n->map->name->s));
		return emit_primary(n->var ? emit_var(e, n->var) : n->name->s);
	case N_FIELD: return field(e, n);
	case N_INDEX: return index_of(e, n);
	case N_UNARY: return emit_unary(e, n);
	case N_BINARY: return emit_binary(e, n);
	case N_CALL: return emit_call(e, n);
	default: return by_statements(e, n);
	}
}

struct cexpr emit_expr(struct emit *e, struct node *n)
{
	struct cexpr x = any_expr(e, n);

	/* What is read from where it is kept has the type it was declared with. */
	if (!x.c.bits)
		x.c = cint_of(value_type(n));
	return x;
}

const char *emit_ptr(struct emit *e, struct node *n)
{
	if (n->kind == N_ASSIGN) {
		emit_stmt(e, n);
		n = n->a;
	}
	if (n->kind == N_NAME && n->var)
		return var_ptr(e, n->var);
	return emit_text(e, n, PREC_UNARY);
}

const char *emit_cond(struct emit *e, struct node *n)
{
	if (type_is_nilable(n->type))
		return emit_ptr(e, n);
	return emit_text(e, n, PREC_TERNARY);
}
