/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Statements to C. */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>
#include <string.h>

void emit_var_names(struct emit *e, struct var *v)
{
	const char *base = v->name->s;

	if (v->type->kind == T_OPTION) {
		v->c_ptr = emit_unique(e, fmt(e->h, "%s_ptr", base));
		v->c_name = emit_unique(e, base);
	} else {
		v->c_name = emit_unique(e, base);
	}
}

/* Takes the snapshot of a number just found, or zeroes what a record's fields do not cover. */
static void emit_load(struct emit *e, struct var *v)
{
	struct strct *s = v->type->strct;

	if (v->type->kind == T_OPTION) {
		if (v->hoist)
			emit_line(e, "%s = *%s;", v->c_name, v->c_ptr);
		else
			emit_line(e, "%s %s = *%s;", type_c(e->h, v->type->elem), v->c_name,
				  v->c_ptr);
		return;
	}
	if (v->type->kind != T_RECORD || v->is_param || !s)
		return;
	if (v->zero_all)
		emit_line(e, "__builtin_memset(%s, 0, %" PRIu64 ");", v->c_name, v->reserved);
	else if (s->end < v->reserved && !v->bare)
		/* From the word that holds the last field's end: fields are written later. */
		emit_line(e, "__builtin_memset((__u64 *)%s + %u, 0, %" PRIu64 ");", v->c_name,
			  s->end / 8, v->reserved - s->end / 8 * 8);
}

void emit_loads(struct emit *e, const struct var_list *l)
{
	for (; l; l = l->next)
		emit_load(e, l->var);
}

static bool by_branches(const struct node *n)
{
	return n->kind == N_IF || n->kind == N_CASE || n->kind == N_BLOCK;
}

static void declare_option(struct emit *e, struct var *v)
{
	emit_var_names(e, v);
	if (v->hoist)
		emit_line(e, "%s = 0;", emit_declare(e, type_c(e->h, v->type->elem), v->c_name));
}

/* x = value where x is a number in a map, or nil */
static void assign_option(struct emit *e, struct node *n, struct var *v, bool first)
{
	if (first)
		declare_option(e, v);
	if (by_branches(n->b)) {
		if (first) {
			e->needs->null = true;
			emit_line(e, "%s = NULL;",
				  emit_declare(e, type_c(e->h, v->type), v->c_ptr));
		}
		emit_value_to(e, n->b, v->c_ptr, v->type);
		return;
	}
	if (type_is_nilable(n->b->type) && n->b->kind != N_NAME) {
		const char *value = emit_ptr(e, n->b);

		emit_line(e, "%s = %s;",
			  first ? emit_declare(e, type_c(e->h, v->type), v->c_ptr) : v->c_ptr,
			  value);
		return;
	}
	emit_line(e, "%s = %s;", v->c_name, emit_text(e, n->b, PREC_TERNARY));
	emit_line(e, "%s = &%s;",
		  first ? emit_declare(e, type_c(e->h, v->type), v->c_ptr) : v->c_ptr, v->c_name);
}

static void assign_var(struct emit *e, struct node *n, struct var *v)
{
	bool first = !v->c_declared && v->loop == e->loop;
	const char *type = type_c(e->h, v->type), *value;

	if (v->type->kind == T_LITERAL)
		type = v->type->sgn ? "__s64" : "__u64";
	v->c_declared = true;
	if (v->type->kind == T_OPTION) {
		assign_option(e, n, v, first);
		return;
	}
	if (v->type->kind == T_STRUCT && n->b->kind == N_STRUCT) {
		if (first)
			emit_var_names(e, v);
		emit_struct_to(e, n->b, emit_var(e, v), first);
		return;
	}
	if (by_branches(n->b)) {
		if (first) {
			emit_var_names(e, v);
			emit_line(e, "%s;", emit_declare(e, type, v->c_name));
		}
		emit_value_to(e, n->b, emit_var(e, v), v->type);
		return;
	}
	value = type_is_nilable(v->type) ? emit_ptr(e, n->b) : emit_text(e, n->b, PREC_TERNARY);
	if (!first) {
		emit_line(e, "%s = %s;", emit_var(e, v), value);
		return;
	}
	emit_var_names(e, v);
	if (v->type->kind == T_STRUCT)
		emit_stack(e, v->type->strct->size);
	emit_line(e, "%s = %s;", emit_declare(e, type, v->c_name), value);
}

static void assign_memory(struct emit *e, struct node *n)
{
	const char *to, *value;
	struct type *t = n->a->type, *from = n->b->type;

	if (t->kind == T_ARRAY) {
		uint32_t size =
			from->kind == T_STRING ? (uint32_t)strlen(n->b->str) + 1 : type_size(from);

		value = emit_text(e, n->b, PREC_PRIMARY);
		to = emit_text(e, n->a, PREC_PRIMARY);
		if (size < type_size(t))
			emit_line(e, "__builtin_memset(%s, 0, %u);", to, type_size(t));
		emit_line(e, "__builtin_memcpy(%s, %s, %u);", to, value, size);
		return;
	}
	value = emit_text(e, n->b, PREC_TERNARY);
	to = emit_text(e, n->a, PREC_PRIMARY);
	emit_line(e, "%s = %s;", to, value);
}

/* @n's value into @target, through its branches. */
void emit_value_to(struct emit *e, struct node *n, const char *target, const struct type *t)
{
	if (n->kind == N_IF || n->kind == N_CASE) {
		const char *old = e->inst->c_target;
		const struct type *old_type = e->inst->c_target_type;

		e->inst->c_target = target;
		e->inst->c_target_type = t;
		emit_stmt(e, n);
		e->inst->c_target = old;
		e->inst->c_target_type = old_type;
		return;
	}
	if (n->kind == N_BLOCK) {
		emit_loads(e, n->loads);
		for (uint32_t i = 0; i < n->n; i++) {
			if (i + 1 == n->n && n->list[i]->kind != N_RETURN) {
				e->span = n->list[i]->span;
				emit_value_to(e, n->list[i], target, t);
			} else {
				emit_stmt(e, n->list[i]);
			}
		}
		return;
	}
	if (!strcmp(target, "return"))
		emit_line(e, "return %s;",
			  type_is_nilable(t) ? emit_ptr(e, n) : emit_text(e, n, PREC_TERNARY));
	else
		emit_line(e, "%s = %s;", target,
			  type_is_nilable(t) ? emit_ptr(e, n) : emit_text(e, n, PREC_TERNARY));
}

/* The statements of a block, braces and indent are the caller's. */
void emit_block(struct emit *e, struct node *n)
{
	const char *target = e->inst->c_target;

	emit_open(e);
	if (target && n->want_tail) {
		e->inst->c_target = NULL;
		emit_value_to(e, n, target, e->inst->c_target_type);
		e->inst->c_target = target;
	} else {
		e->inst->c_target = NULL;
		emit_loads(e, n->loads);
		for (uint32_t i = 0; i < n->n; i++)
			emit_stmt(e, n->list[i]);
		e->inst->c_target = target;
	}
	emit_close(e);
}

static bool is_else_if(const struct node *c)
{
	return c->n == 1 && c->list[0]->kind == N_IF && !c->loads &&
	       !emit_needs_stmts(c->list[0]->a) && !c->list[0]->read_now;
}

static void emit_if(struct emit *e, struct node *n)
{
	const char *target = e->inst->c_target, *word = "if";

	for (;;) {
		const char *cond;

		e->inst->c_target = NULL;
		cond = n->negated ? emit_not(e, n->a) : emit_cond(e, n->a);
		e->inst->c_target = target;
		emit_line(e, "%s (%s) {", word, cond);
		n->b->want_tail = n->want;
		emit_block(e, n->b);
		if (!n->c || !is_else_if(n->c) || n->c->list[0]->loads_after || n->else_loads)
			break;
		n->c->list[0]->want = n->want;
		n = n->c->list[0];
		e->span = n->a->span;
		word = "} else if";
	}
	if (n->c && (n->c->n || n->c->loads)) {
		emit_line(e, "} else {");
		n->c->want_tail = n->want;
		emit_block(e, n->c);
	} else if (n->else_loads) {
		emit_line(e, "} else {");
		emit_open(e);
		emit_loads(e, n->else_loads);
		emit_close(e);
	}
	emit_line(e, "}");
	emit_loads(e, n->loads_after);
}

/* A case label needs braces where its statements declare something. */
static bool needs_scope(const struct node *block)
{
	if (block->loads)
		return true;
	for (uint32_t i = 0; i < block->n; i++) {
		const struct node *s = block->list[i];

		if (s->kind == N_IF && !emit_needs_stmts(s->a) && !s->loads_after)
			continue;
		if (s->kind == N_ASSIGN && s->a->kind != N_NAME && !emit_needs_stmts(s->b))
			continue;
		if (s->kind == N_RETURN && !emit_needs_stmts(s->a))
			continue;
		if (s->kind == N_ASSIGN || emit_needs_stmts(s) || s->read_now)
			return true;
	}
	return false;
}

static void emit_case(struct emit *e, struct node *n)
{
	const char *target = e->inst->c_target, *brace;

	e->inst->c_target = NULL;
	emit_line(e, "switch (%s) {", emit_text(e, n->a, PREC_TERNARY));
	e->inst->c_target = target;
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *c = n->list[i];

		e->span = c->a->span;
		brace = needs_scope(c->c) ? " {" : "";
		if (c->a->kind == N_NAME)
			emit_line(e, "default:%s", brace);
		else
			emit_line(e, "case %s:%s", emit_text(e, c->a, PREC_TERNARY), brace);
		c->c->want_tail = n->want;
		emit_block(e, c->c);
		e->indent++;
		if (!c->c->n || c->c->list[c->c->n - 1]->kind != N_RETURN)
			emit_line(e, "break;");
		e->indent--;
		if (*brace)
			emit_line(e, "}");
	}
	emit_line(e, "}");
}

static void emit_for(struct emit *e, struct node *n)
{
	uint64_t from = 0, to = 0, step = 1;
	const char *i, *type = type_c(e->h, n->var->type);

	const_eval(e->h, n->a->a, &from);
	const_eval(e->h, n->a->b, &to);
	if (n->a->c)
		const_eval(e->h, n->a->c, &step);
	emit_open(e);
	e->indent--;
	emit_var_names(e, n->var);
	n->var->c_declared = true;
	i = n->var->c_name;
	if ((int64_t)step < 0)
		emit_line(e, "for (%s %s = %" PRId64 "; %s >= %" PRId64 "; %s -= %" PRId64 ") {",
			  type, i, (int64_t)from, i, (int64_t)to, i, -(int64_t)step);
	else if (step == 1)
		emit_line(e, "for (%s %s = %" PRId64 "; %s <= %" PRId64 "; %s++) {", type, i,
			  (int64_t)from, i, (int64_t)to, i);
	else
		emit_line(e, "for (%s %s = %" PRId64 "; %s <= %" PRId64 "; %s += %" PRId64 ") {",
			  type, i, (int64_t)from, i, (int64_t)to, i, (int64_t)step);
	emit_block(e, n->b);
	emit_line(e, "}");
	e->indent++;
	emit_close(e);
}

static void emit_return(struct emit *e, struct node *n)
{
	uint64_t k = 0;

	if (e->loop) {
		if (n->a)
			const_eval(e->h, n->a, &k);
		emit_line(e, "return %u;", (unsigned int)k);
	} else if (!e->inst->want && !e->inst->is_handler) {
		if (n->a && n->a->kind == N_CALL)
			emit_stmt(e, n->a);
		emit_line(e, "return;");
	} else if (!n->a) {
		emit_line(e, "return 0;");
	} else if (!e->inst->want) {
		emit_line(e, "return 0;");
	} else {
		emit_value_to(e, n->a, "return", e->inst->result);
	}
}

void emit_tail(struct emit *e, struct node *n)
{
	if (n->kind == N_RETURN) {
		emit_stmt(e, n);
		return;
	}
	e->span = n->span;
	if (n->kind == N_IF || n->kind == N_CASE) {
		emit_value_to(e, n, "return", e->inst->result);
		/* A case without default falls out of its switch. */
		if (n->kind == N_CASE)
			emit_line(e, "return 0;");
		return;
	}
	if (n->kind == N_ASSIGN) {
		emit_stmt(e, n);
		n = n->a;
	}
	emit_value_to(e, n, "return", e->inst->result);
}

static void read_clock(struct emit *e)
{
	e->now = emit_unique(e, "now");
	emit_line(e, "__u64 %s = bpf_ktime_get_ns();", e->now);
}

void emit_stmt(struct emit *e, struct node *n)
{
	e->span = n->span;
	if (n->read_now)
		read_clock(e);
	if (n->elide)
		return;
	switch (n->kind) {
	case N_ASSIGN:
		if (n->a->kind == N_NAME)
			assign_var(e, n, n->a->var);
		else
			assign_memory(e, n);
		return;
	case N_IF: emit_if(e, n); return;
	case N_CASE: emit_case(e, n); return;
	case N_FOR: emit_for(e, n); return;
	case N_EACH: emit_each(e, n); return;
	case N_RETURN: emit_return(e, n); return;
	case N_BLOCK:
		emit_line(e, "{");
		emit_block(e, n);
		emit_line(e, "}");
		return;
	case N_CALL: {
		const char *s = emit_expr(e, n).s;

		if (*s)
			emit_line(e, n->helper || n->callee ? "%s;" : "(void)(%s);", s);
		return;
	}
	case N_INT:
	case N_NAME:
	case N_BOOL:
	case N_NIL:
	case N_ATOM:
	case N_STRING:
	case N_FN: return;
	default: emit_line(e, "(void)(%s);", emit_expr(e, n).s); return;
	}
}
