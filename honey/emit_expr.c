/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expressions to C. What needs statements of its own writes them before. */
#include "lib/base.h"
#include "honey/emit.h"

#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"

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

/* Of the context that @n is read from; emit_module.c writes what is marked as used. */
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

const char *const emit_flags[EMIT_FLAGS] = {"BPF_ANY", "BPF_NOEXIST", "BPF_EXIST"};

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
