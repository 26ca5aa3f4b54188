/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Statements and functions to C: blocks, branches, assignments; handlers, helpers, and the
 * callbacks that stand before their caller.
 *
 * A branch used as a value is written as statements that store into a target: emit_value_to() sets
 * inst->c_target, and every block whose value is wanted puts its last expression there ("return" is
 * the function's result). A variable is declared where it is assigned first; what may be nil has
 * two names, of the number and of where it stands.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>
#include <string.h>

#include "honey/ctx.h"

static const char *ctx_type(struct emit *e, const struct section *s)
{
	if (!s)
		return "void *";
	switch (s->ctx) {
	case CTX_TRACEPOINT: return s->c_struct ? fmt(e->h, "struct %s *", s->c_struct) : "void *";
	case CTX_ARGS_STRUCT: e->needs->raw_args = true; return "struct bpf_raw_tracepoint_args *";
	case CTX_ARGS_ARRAY: return "__u64 *";
	default:
		return s->c_struct && s->touched ? fmt(e->h, "struct %s *", s->c_struct) : "void *";
	}
}

static const char *var_type(struct emit *e, const struct var *v)
{
	return v->type->kind == T_CTX ? ctx_type(e, v->type->section) : type_c(e->h, v->type);
}

/* --- assignments --- */

/* What may be nil has two names: of the number, and of where it stands. */
static void name_var(struct emit *e, struct var *v)
{
	if (v->type->kind == T_OPTION)
		v->c_ptr = emit_unique(e, fmt(e->h, "%s_ptr", v->name->s));
	v->c_name = emit_unique(e, v->name->s);
}

static void emit_head_var(struct emit *e, struct var *v)
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

static void emit_assign_var(struct emit *e, struct node *n, struct var *v)
{
	bool first = !v->c_declared && v->loop == e->loop;
	const char *type = var_type(e, v), *value;

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

static void emit_assign_memory(struct emit *e, struct node *n)
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

/* --- blocks and branches --- */

void emit_value_to(struct emit *e, struct node *n, const char *target, const struct type *t)
{
	const char *text;

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
	text = type_is_nilable(t) ? emit_ptr(e, n) : emit_text(e, n, PREC_TERNARY);
	if (!strcmp(target, "return"))
		emit_line(e, "return %s;", text);
	else
		emit_line(e, "%s = %s;", target, text);
}

/* The statements of a block, braces and indent are the caller's. */
static void emit_block(struct emit *e, struct node *n)
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
	emit_line(e, "switch (%s) {", emit_subject(e, n));
	e->inst->c_target = target;
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *c = n->list[i];

		e->span = c->a->span;
		brace = needs_scope(c->c) ? " {" : "";
		/* The last of true and false is all that is left: C cannot know. */
		if (c->a->kind == N_NAME ||
		    (i + 1 == n->n && c->a->kind == N_BOOL && n->want && case_is_total(n)))
			emit_line(e, "default:%s", brace);
		else
			emit_line(e, "case %s:%s", emit_text(e, c->a, PREC_TERNARY), brace);
		c->c->want_tail = n->want;
		emit_block(e, c->c);
		e->indent++;
		if (!block_returns(c->c))
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
	const char *i, *next;
	bool down;

	const_eval(e->h, n->a->a, &from);
	const_eval(e->h, n->a->b, &to);
	if (n->a->c)
		const_eval(e->h, n->a->c, &step);
	down = (int64_t)step < 0;
	emit_open(e);
	e->indent--;
	emit_head_var(e, n->var);
	i = n->var->c_name;
	next = step == 1 ? fmt(e->h, "%s++", i)
			 : fmt(e->h, "%s %s= %" PRId64, i, down ? "-" : "+",
			       down ? -(int64_t)step : (int64_t)step);
	emit_line(e, "for (%s %s = %" PRId64 "; %s %s= %" PRId64 "; %s) {",
		  type_c(e->h, n->var->type), i, (int64_t)from, i, down ? ">" : "<", (int64_t)to,
		  next);
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
	} else if (!n->a || !e->inst->want) {
		emit_line(e, "return 0;");
	} else {
		emit_value_to(e, n->a, "return", e->inst->result);
	}
}

/* Can control pass the end of @n, whose value is returned: a case where nothing matches? */
static bool falls_through(const struct node *n)
{
	if (!n)
		return false;
	if (n->kind == N_BLOCK)
		return n->n && falls_through(block_last(n));
	if (n->kind == N_IF)
		return falls_through(n->b) || falls_through(n->c);
	if (n->kind != N_CASE)
		return false;
	for (uint32_t i = 0; i < n->n; i++)
		if (falls_through(n->list[i]->c))
			return true;
	return !case_is_total(n);
}

static void emit_tail(struct emit *e, struct node *n)
{
	if (n->kind == N_RETURN) {
		emit_stmt(e, n);
		return;
	}
	e->span = n->span;
	if (n->kind == N_IF || n->kind == N_CASE) {
		emit_value_to(e, n, "return", e->inst->result);
		if (falls_through(n))
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
			emit_assign_var(e, n, n->a->var);
		else
			emit_assign_memory(e, n);
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

/* --- functions --- */

static const char *captured_type(struct emit *e, const struct var *v)
{
	if (v->type->kind == T_OPTION)
		return type_c(e->h, v->type->elem);
	if (v->type->kind == T_STRUCT)
		return fmt(e->h, "struct %s *", v->type->strct->name->s);
	return var_type(e, v);
}

/* struct F_ctx { the variables the body uses }; filled before the call, read back after it. */
static void write_ctx_struct(struct emit *e, const struct loop *l)
{
	strbuf_addf(e->out, "struct %s_ctx {\n", l->c_name);
	for (const struct var_list *v = l->captured; v; v = v->next)
		strbuf_addf(e->out, "\t%s;\n",
			    emit_declare(e->h, captured_type(e, v->var), v->var->c_name));
	strbuf_addstr(e->out, "};\n\n");
}

/* A parameter for a key or value, given by its address: @name, or what the body calls it. */
static const char *address_param(struct emit *e, const struct var *v, const struct type *t,
				 const char **name)
{
	if (!v)
		return emit_declare(e->h, "void *", *name);
	*name = v->type->kind == T_POINTER ? v->c_name
					   : emit_unique(e, fmt(e->h, "%s_ptr", v->c_name));
	return emit_declare(e->h, fmt(e->h, "%s *", type_c(e->h, t)), *name);
}

static void read_param(struct emit *e, const struct var *v, const char *name)
{
	if (v && v->type->kind != T_POINTER)
		emit_line(e, "%s = *%s;", emit_declare(e->h, type_c(e->h, v->type), v->c_name),
			  name);
}

static void callback_head(struct emit *e, const struct loop *l)
{
	struct var *k = l->counter, *v = l->value;
	const char *ctx = l->captured ? fmt(e->h, "struct %s_ctx *c", l->c_name) : "void *c";
	const char *k_name = "key", *v_name = "value", *k_param, *v_param;

	if (k)
		emit_head_var(e, k);
	if (v)
		emit_head_var(e, v);
	if (!l->map) {
		emit_line(e, "static long %s(__u32 %s, %s)", l->c_name, k ? k->c_name : "i", ctx);
		emit_line(e, "{");
		return;
	}
	k_param = address_param(e, k, l->map->key, &k_name);
	v_param = address_param(e, v, l->map->value, &v_name);
	emit_line(e, "static long %s(void *map, %s, %s, %s)", l->c_name, k_param, v_param, ctx);
	emit_line(e, "{");
	e->indent++;
	read_param(e, k, k_name);
	read_param(e, v, v_name);
	e->indent--;
}

static void write_callback(struct emit *e, struct node *n, struct loop *l)
{
	struct strbuf text = STRBUF_INIT;
	struct emit sub = {.h = e->h,
			   .needs = e->needs,
			   .out = &text,
			   .funcs = e->funcs,
			   .inst = e->inst,
			   .loop = l,
			   .lines = e->lines,
			   .span = n->span,
			   .stamp = ++e->h->n_loops + (1u << 30),
			   .now = NULL};
	struct node *body = l->body;

	if (l->captured)
		write_ctx_struct(&sub, l);
	emit_open(&sub);
	sub.indent = 0;
	callback_head(&sub, l);
	emit_block(&sub, body);
	sub.indent = 1;
	if (!block_returns(body))
		emit_line(&sub, "return 0;");
	emit_close(&sub);
	sub.indent = 0;
	emit_line(&sub, "}");
	strbuf_addch(&text, '\n');
	strbuf_add(e->funcs, text.s, text.len);
	strbuf_release(&text);
	e->stack_max = MAX(e->stack_max, e->stack + sub.stack_max);
}

void emit_callback(struct emit *e, struct node *n, const char **name, const char **ctx)
{
	struct loop *l = n->loop;
	const char *var;

	e->inst->n_callbacks++;
	l->c_name = e->inst->n_callbacks == 1
			    ? fmt(e->h, "%s_each", e->inst->c_name)
			    : fmt(e->h, "%s_each_%u", e->inst->c_name, e->inst->n_callbacks);
	write_callback(e, n, l);
	*name = l->c_name;
	*ctx = "NULL";
	if (!l->captured) {
		e->needs->null = true;
		return;
	}
	var = emit_unique(e, "each");
	emit_line(e, "struct %s_ctx %s = {", l->c_name, var);
	e->indent++;
	for (const struct var_list *v = l->captured; v; v = v->next) {
		emit_stack(e, 8);
		emit_line(e, ".%s = %s,", v->var->c_name,
			  v->var->type->kind == T_STRUCT ? emit_var_address(e, v->var)
							 : emit_var(e, v->var));
	}
	e->indent--;
	emit_line(e, "};");
	*ctx = fmt(e->h, "&%s", var);
	l->c_ctx = var;
}

/* --- functions --- */

static const char *params(struct emit *e, struct inst *inst, bool now)
{
	struct func *f = inst->func;
	const char *list = "";

	for (uint32_t i = 0; i < f->n_params; i++) {
		struct var *v = inst->params[i];

		if (inst->arg_maps[i])
			continue;
		emit_head_var(e, v);
		list = fmt(e->h, "%s%s%s", list, *list ? ", " : "",
			   emit_declare(e->h, var_type(e, v), v->c_name));
	}
	if (now) {
		e->now = emit_unique(e, "now");
		list = fmt(e->h, "%s%s__u64 %s", list, *list ? ", " : "", e->now);
	}
	if (!*list)
		return inst->is_handler ? "void *ctx" : "void";
	return list;
}

static void write_body(struct emit *e, struct inst *inst)
{
	struct node *b = inst->body;
	struct node *last = block_last(b);

	emit_loads(e, b->loads);
	for (uint32_t i = 0; i < b->n; i++) {
		if (i + 1 == b->n && inst->want_last)
			emit_tail(e, b->list[i]);
		else
			emit_stmt(e, b->list[i]);
	}
	if (block_returns(b))
		return;
	if (last)
		e->span = (struct span){last->span.file,
					last->span.end - (last->span.end > last->span.start),
					last->span.end};
	if ((inst->is_handler && !inst->want_last) || (inst->want && !last))
		emit_line(e, "return 0;");
}

void emit_function(struct emit *e, struct inst *inst, bool now)
{
	const char *list, *type, *plain = inst->c_name;

	e->inst = inst;
	e->span = inst->func->span;
	e->stack = e->stack_max = 0;
	e->now = NULL;
	if (now)
		inst->c_name = inst->c_name_now; /* callbacks are named after it */
	inst->n_callbacks = 0;
	for (uint32_t i = 0; i < inst->n_vars; i++)
		inst->vars[i]->c_declared = false;
	emit_open(e);
	e->indent = 0;
	list = params(e, inst, now);
	type = inst->want ? type_c(e->h, inst->result) : "void";
	if (inst->is_handler) {
		emit_line(e, "SEC(\"%s\")", inst->section->sec);
		emit_line(e, "int %s(%s)", inst->c_name, list);
	} else {
		emit_line(e, "static __always_inline %s(%s)",
			  emit_declare(e->h, type, inst->c_name), list);
	}
	emit_line(e, "{");
	e->indent = 1;
	write_body(e, inst);
	e->indent = 1;
	emit_close(e);
	e->indent = 0;
	strbuf_addstr(e->out, "}\n");
	inst->c_name = plain;
	inst->stack_bytes = e->stack_max;
	if (e->stack_max > HONEY_STACK_BYTES)
		diag_at(e->h, H035, inst->func->span,
			"keep large structs in a map, such as a "
			":bpf_percpu_array of one element",
			"%s keeps %u bytes of structs, keys and values at once; a BPF program has "
			"%d",
			inst->func->name->s, e->stack_max, HONEY_STACK_BYTES);
}
