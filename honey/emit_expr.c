/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Expressions to C: operators, memory, calls.
 *
 * Each function gives a struct cexpr: the text and how tightly its outermost operator binds, so
 * that emit_wrap() writes ( ) only where C or a reader needs them. What needs statements of its own
 * (a key's address, a branch's value) writes them before, with emit_line(); an operand to its left
 * is then kept in a local first. Arithmetic is done in 64 bits whatever the operands' width, so a
 * cast is written where C would do it in 32.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"

const char *const emit_flags[EMIT_FLAGS] = {"BPF_ANY", "BPF_NOEXIST", "BPF_EXIST"};

/* --- text --- */

static struct cexpr emit_primary(const char *s)
{
	return (struct cexpr){s, PREC_PRIMARY};
}

/* With ( ) where @x binds less than @least. */
static const char *emit_wrap(struct emit *e, struct cexpr x, enum prec least)
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

/* A new local of type @t holding @value. */
static const char *emit_temp(struct emit *e, const struct type *t, const char *base,
			     const char *value)
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

/* --- calls --- */

/* Can the variable itself be pointed at as a key or value of type @t? */
static bool addressable(const struct node *n, const struct type *t)
{
	const struct type *v = n->kind == N_NAME && n->var ? n->var->type : NULL;

	if (!v || (n->var->is_counter && n->var->range_max != UINT64_MAX))
		return false; /* the address of a for's counter would hide its bound */
	if (v->kind == T_OPTION)
		v = v->elem;
	return v->kind == T_INT && t->kind == T_INT && v->bits == t->bits;
}

static const char *address_of(struct emit *e, struct node *n, const struct type *t,
			      const char *base)
{
	const char *name;

	if (n->type->kind == T_POINTER || n->type->kind == T_RECORD)
		return emit_ptr(e, n);
	if (addressable(n, t)) {
		emit_stack(e, 8);
		return fmt(e->h, "&%s", emit_var(e, n->var));
	}
	if (n->type->kind == T_STRUCT) {
		if (n->kind == N_NAME)
			return emit_var_address(e, n->var);
		if (n->kind == N_FIELD)
			return fmt(e->h, "&%s", emit_text(e, n, PREC_PRIMARY));
		name = emit_unique(e, base);
		emit_struct_to(e, n, name, true);
		return fmt(e->h, "&%s", name);
	}
	return fmt(e->h, "&%s", emit_temp(e, t, base, emit_text(e, n, PREC_TERNARY)));
}

/* %d of a 64-bit number prints half of it: widen the text's conversions, as the writer means. */
static const char *widen_format(struct emit *e, const char *s, struct node *args)
{
	struct strbuf sb = STRBUF_INIT;
	uint32_t arg = 1;
	const char *text;

	for (; *s; s++) {
		strbuf_addch(&sb, *s);
		if (*s != '%')
			continue;
		if (s[1] == '%') {
			strbuf_addch(&sb, *++s);
			continue;
		}
		for (s++; *s && !isalpha((unsigned char)*s); s++)
			strbuf_addch(&sb, *s);
		while (*s == 'l' || *s == 'h')
			s++;
		if (*s && strchr("duxXi", *s) && arg < args->n)
			strbuf_addstr(&sb, "ll");
		if (!*s)
			break;
		strbuf_addch(&sb, *s);
		arg++;
	}
	text = emit_string(e->h, sb.s);
	strbuf_release(&sb);
	return text;
}

static struct cexpr emit_printk(struct emit *e, struct node *n)
{
	struct node *args = n->n == 1 && n->list[0]->kind == N_LIST ? n->list[0] : n;
	const char *text = fmt(e->h, "bpf_printk(%s", widen_format(e, args->list[0]->str, args));

	for (uint32_t i = 1; i < args->n; i++) {
		struct node *a = args->list[i];
		const char *v = emit_text(e, a, PREC_UNARY);

		if (type_is_number(a->type) || a->type->kind == T_OPTION)
			v = fmt(e->h, "(__u64)%s", v);
		text = fmt(e->h, "%s, %s", text, v);
	}
	return emit_primary(fmt(e->h, "%s)", text));
}

static const char *out_address(struct emit *e, struct node *n)
{
	const char *s = emit_text(e, n, PREC_PRIMARY);

	return n->type->kind == T_ARRAY ? s : fmt(e->h, "&%s", s);
}

static const char *reserve_size(struct emit *e, struct node *n, const struct strct *s)
{
	if (n->value == s->size)
		return fmt(e->h, "sizeof(struct %s)", s->name->s);
	return fmt(e->h, "%llu", (unsigned long long)n->value);
}

static const char *map_address(struct emit *e, const struct node *n)
{
	return fmt(e->h, "&%s", n->map ? n->map->name->s : "?");
}

static const char *helper_arg(struct emit *e, struct node *n, char code, uint32_t i)
{
	struct node *arg = n->list[i];

	switch (code) {
	case 'm': return map_address(e, arg);
	case 'k': return address_of(e, arg, n->map->key, "key");
	case 'v': return address_of(e, arg, n->map->value, "value");
	case 'o': return out_address(e, arg);
	case 'b': return address_of(e, arg, arg->type, "record");
	case 'S': return reserve_size(e, n, n->type->strct);
	case 'r':
	case 't': return emit_ptr(e, arg);
	case 'p': return fmt(e->h, "(const void *)%s", emit_text(e, arg, PREC_UNARY));
	case 'd':
		if (arg->kind == N_NIL)
			return emit_text(e, arg, PREC_TERNARY);
		return address_of(e, arg, n->map->value, "value");
	default: return emit_text(e, arg, PREC_TERNARY);
	}
}

/* What stands for an argument that was left out. */
static const char *default_arg(struct emit *e, struct node *n, char code)
{
	if (code == 'f') {
		e->needs->flags[0] = true;
		return emit_flags[0];
	}
	if (code == 'd') {
		e->needs->null = true;
		return "NULL";
	}
	if (code == 'z')
		return fmt(e->h, "sizeof(struct %s)", n->list[1]->type->strct->name->s);
	return "0";
}

static struct cexpr emit_helper(struct emit *e, struct node *n)
{
	const struct helper *p = n->helper;
	const char *text = fmt(e->h, "%s(", p->name), *code = p->args, *found;
	uint32_t i = 0;
	bool lookup = p->id == HELPER_bpf_map_lookup_elem; /* its default is no argument in C */

	for (; *code; code++) {
		if (*code == '?')
			continue;
		if (lookup && *code == 'd')
			break;
		text = fmt(e->h, "%s%s%s", text, i ? ", " : "",
			   i < n->n ? helper_arg(e, n, *code, i) : default_arg(e, n, *code));
		i++;
	}
	if (p->id == HELPER_bpf_get_current_task_btf || p->id == HELPER_bpf_task_storage_get)
		e->needs->task = true;
	text = fmt(e->h, "%s)", text);
	if (!lookup || n->n < 3)
		return emit_primary(text);
	found = emit_temp(e, type_option(e->h, n->map->value), "found", text);
	return (struct cexpr){
		fmt(e->h, "%s ? *%s : %s", found, found, emit_text(e, n->list[2], PREC_OR)),
		PREC_TERNARY};
}

/* After the callbacks: numbers they assigned come back. */
static void read_back(struct emit *e, const struct loop *l)
{
	for (const struct var_list *v = l->captured; v; v = v->next)
		if (v->var->assigned_again &&
		    (v->var->type->kind == T_INT || v->var->type->kind == T_BOOL ||
		     v->var->type->kind == T_LITERAL))
			emit_line(e, "%s = %s.%s;", emit_var(e, v->var), l->c_ctx, v->var->c_name);
}

/* bpf_loop and bpf_for_each_map_elem */
static struct cexpr emit_with_callback(struct emit *e, struct node *n)
{
	const char *func, *ctx, *first;

	first = n->helper->id == HELPER_bpf_loop ? emit_text(e, n->list[0], PREC_TERNARY)
						 : map_address(e, n->list[0]);
	emit_callback(e, n, &func, &ctx);
	first = fmt(e->h, "%s(%s, %s, %s, 0)", n->helper->name, first, func, ctx);
	if (!n->want) {
		emit_line(e, "%s;", first);
		read_back(e, n->loop);
		return emit_primary("");
	}
	first = emit_temp(e, type_int(e->h, 64, true), "rounds", first);
	read_back(e, n->loop);
	return emit_primary(first);
}

void emit_each(struct emit *e, struct node *n)
{
	const char *func, *ctx;

	emit_callback(e, n, &func, &ctx);
	emit_line(e, "bpf_for_each_map_elem(&%s, %s, %s, 0);", n->map->name->s, func, ctx);
	read_back(e, n->loop);
}

static struct cexpr emit_local(struct emit *e, struct node *n)
{
	const struct inst *callee = n->callee;
	bool now = callee->takes_now && e->now;
	const char *text = fmt(e->h, "%s(", now ? callee->c_name_now : callee->c_name);
	bool first = true;

	for (uint32_t i = 0; i < n->n; i++) {
		struct node *arg = n->list[i];
		const char *s;

		if (callee->arg_maps[i])
			continue; /* it is part of the instance */
		s = type_is_nilable(arg->type) && arg->type->kind != T_OPTION
			    ? emit_ptr(e, arg)
			    : emit_text(e, arg, PREC_TERNARY);
		for (uint32_t k = i + 1; k < n->n; k++) {
			if (!emit_needs_stmts(n->list[k]) || arg->kind == N_INT ||
			    arg->kind == N_NAME)
				continue;
			s = emit_temp(e, callee->arg_types[i], "arg", s);
			break;
		}
		text = fmt(e->h, "%s%s%s", text, first ? "" : ", ", s);
		first = false;
	}
	if (now)
		text = fmt(e->h, "%s%s%s", text, first ? "" : ", ", e->now);
	e->stack_max = MAX(e->stack_max, e->stack + callee->stack_bytes);
	return emit_primary(fmt(e->h, "%s)", text));
}

static struct cexpr emit_call(struct emit *e, struct node *n)
{
	uint64_t k;

	if (n->callee)
		return emit_local(e, n);
	if (!n->helper)
		return emit_primary(const_eval(e->h, n, &k)
					    ? fmt(e->h, "sizeof(struct %s)",
						  resolve_struct(e->h, n->list[0]->name)->name->s)
					    : "0");
	if (n->loop)
		return emit_with_callback(e, n);
	if (n->use_now && e->now)
		return emit_primary(e->now);
	if (n->helper->id == HELPER_bpf_printk)
		return emit_printk(e, n);
	if (n->in_place)
		return emit_primary(fmt(e->h, "*%s = %s", n->in_place->c_ptr,
					emit_text(e, n->list[2], PREC_TERNARY)));
	return emit_helper(e, n);
}

/* --- operators --- */

static bool is_constant(const struct node *n)
{
	return n->kind == N_INT || n->kind == N_BOOL || n->kind == N_ATOM || n->kind == N_STRING ||
	       n->kind == N_NIL;
}

static struct cexpr emit_literal(struct emit *e, const struct node *n, const char *suffix)
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

static struct cexpr emit_binary(struct emit *e, struct node *n)
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

static struct cexpr emit_unary(struct emit *e, struct node *n)
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
		return emit_primary(fmt(e->h, "%s->args[%u]", ctx, n->ctx_field->offset));
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

struct cexpr emit_expr(struct emit *e, struct node *n)
{
	switch (n->kind) {
	case N_INT: return emit_literal(e, n, "");
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
