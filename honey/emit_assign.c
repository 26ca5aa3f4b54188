/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignments to C: where a variable gets its declaration, its copy of a number, its zeroes. */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>
#include <string.h>

/* What may be nil has two names: of the number, and of where it stands. */
static void name_var(struct emit *e, struct var *v)
{
	if (v->type->kind == T_OPTION)
		v->c_ptr = emit_unique(e, fmt(e->h, "%s_ptr", v->name->s));
	v->c_name = emit_unique(e, v->name->s);
}

void emit_head_var(struct emit *e, struct var *v)
{
	name_var(e, v);
	v->c_declared = true;
}

/* Takes the snapshot of a number just found, or zeroes what a record's fields do not cover. */
static void emit_load(struct emit *e, struct var *v)
{
	struct strct *s = v->type->strct;

	if (v->type->kind == T_OPTION) {
		emit_line(e, "%s = *%s;",
			  v->hoist ? v->c_name
				   : emit_declare(e->h, type_c(e->h, v->type->elem), v->c_name),
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

/* x = value where x is a number in a map, or nil */
static void assign_option(struct emit *e, struct node *n, struct var *v, bool first)
{
	const char *ptr = v->c_ptr;

	if (first) {
		name_var(e, v);
		ptr = emit_declare(e->h, type_c(e->h, v->type), v->c_ptr);
		if (v->hoist)
			emit_line(e, "%s = 0;",
				  emit_declare(e->h, type_c(e->h, v->type->elem), v->c_name));
	}
	if (by_branches(n->b)) {
		if (first) {
			e->needs->null = true;
			emit_line(e, "%s = NULL;", ptr);
		}
		emit_value_to(e, n->b, v->c_ptr, v->type);
	} else if (type_is_nilable(n->b->type) && n->b->kind != N_NAME) {
		emit_line(e, "%s = %s;", ptr, emit_ptr(e, n->b));
	} else {
		emit_line(e, "%s = %s;", v->c_name, emit_text(e, n->b, PREC_TERNARY));
		emit_line(e, "%s = &%s;", ptr, v->c_name);
	}
}

void emit_assign_var(struct emit *e, struct node *n, struct var *v)
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
			name_var(e, v);
		emit_struct_to(e, n->b, emit_var(e, v), first);
		return;
	}
	if (by_branches(n->b)) {
		if (first) {
			name_var(e, v);
			emit_line(e, "%s;", emit_declare(e->h, type, v->c_name));
		}
		emit_value_to(e, n->b, emit_var(e, v), v->type);
		return;
	}
	value = type_is_nilable(v->type) ? emit_ptr(e, n->b) : emit_text(e, n->b, PREC_TERNARY);
	if (!first) {
		emit_line(e, "%s = %s;", emit_var(e, v), value);
		return;
	}
	name_var(e, v);
	if (v->type->kind == T_STRUCT)
		emit_stack(e, v->type->strct->size);
	emit_line(e, "%s = %s;", emit_declare(e->h, type, v->c_name), value);
}

/* Bytes of a string or an array that is copied. */
static uint32_t array_bytes(const struct node *n)
{
	return n->type->kind == T_STRING ? (uint32_t)strlen(n->str) + 1 : type_size(n->type);
}

void emit_assign_memory(struct emit *e, struct node *n)
{
	const char *to, *value;
	struct type *t = n->a->type;

	if (t->kind == T_ARRAY) {
		uint32_t size = array_bytes(n->b);

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

/* --- struct literals --- */

static bool has_padding(const struct strct *s)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->n_fields; i++) {
		if (s->fields[i].offset != at ||
		    (s->fields[i].type->kind == T_STRUCT && has_padding(s->fields[i].type->strct)))
			return true;
		at += s->fields[i].size;
	}
	return at != s->size;
}

static bool plain_initialisers(const struct node *n)
{
	for (uint32_t i = 0; i < n->n; i++)
		if (n->list[i]->a->type->kind == T_ARRAY || emit_needs_stmts(n->list[i]->a))
			return false;
	return true;
}

static void store_field(struct emit *e, struct node *kv, const char *target)
{
	const char *to = fmt(e->h, "%s.%s", target, kv->name->s);
	struct type *t = kv->field->type;

	if (t->kind == T_ARRAY)
		emit_line(e, "__builtin_memcpy(%s, %s, %u);", to, emit_text(e, kv->a, PREC_PRIMARY),
			  array_bytes(kv->a));
	else
		emit_line(e, "%s = %s;", to, emit_text(e, kv->a, PREC_TERNARY));
}

/* A struct by value; bytes no field covers are zeroed too: the verifier and readers see them. */
void emit_struct_to(struct emit *e, struct node *n, const char *target, bool declare)
{
	struct strct *s = n->type->strct;
	const char *c = type_c(e->h, s->value);

	if (declare)
		emit_stack(e, s->size);
	if (n->kind != N_STRUCT) {
		emit_line(e, "%s%s%s = %s;", declare ? c : "", declare ? " " : "", target,
			  emit_text(e, n, PREC_TERNARY));
		return;
	}
	if (!has_padding(s) && plain_initialisers(n)) {
		if (declare)
			emit_line(e, "%s %s = {", c, target);
		else
			emit_line(e, "%s = (%s){", target, c);
		e->indent++;
		for (uint32_t i = 0; i < n->n; i++)
			emit_line(e, ".%s = %s,", n->list[i]->name->s,
				  emit_text(e, n->list[i]->a, PREC_TERNARY));
		if (!n->n)
			emit_line(e, "0,");
		e->indent--;
		emit_line(e, "};");
		return;
	}
	if (declare)
		emit_line(e, "%s %s;", c, target);
	emit_line(e, "__builtin_memset(&%s, 0, sizeof(%s));", target, target);
	for (uint32_t i = 0; i < n->n; i++)
		store_field(e, n->list[i], target);
}
