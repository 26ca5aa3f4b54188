/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions to C: handlers, helpers, and the callbacks that stand before their caller. */
#include "lib/base.h"
#include "honey/emit.h"

#include "honey/ctx.h"

static const char *ctx_type(struct emit *e, const struct section *s)
{
	if (!s)
		return "void *";
	switch (s->ctx) {
	case CTX_TRACEPOINT: return s->c_struct ? fmt(e->h, "struct %s *", s->c_struct) : "void *";
	case CTX_ARGS_STRUCT: e->needs->raw_args = true; return "struct bpf_raw_tracepoint_args *";
	case CTX_ARGS_ARRAY: return "__u64 *";
	default: return "void *";
	}
}

static const char *var_type(struct emit *e, const struct var *v)
{
	return v->type->kind == T_CTX ? ctx_type(e, v->type->section) : type_c(e->h, v->type);
}

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
		emit_line(e, "SEC(\"%s\")", inst->section->text);
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
