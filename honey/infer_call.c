/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls: Elixir's few built-in functions, the module's own; and which map an argument names. */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "honey/helpers.h"
#include "lib/suggest.h"

struct map *infer_map_arg(struct infer *in, struct node *arg)
{
	const char *names[128], *near;
	size_t count = 0;

	infer_expr(in, arg, true);
	if (arg->map && arg->kind != N_CALL) /* a call has the map that it works on */
		return arg->map;
	if (arg->type->kind == T_ERROR)
		return NULL;
	if (arg->kind != N_ATOM) {
		infer_error(
			in, H024, arg->span,
			"write the map's name as :name, or pass it to the helper as an argument",
			"the map must be known at compile time, this is %s",
			type_text(in->h, arg->type));
		return NULL;
	}
	for (; count < in->h->module.n_maps && count < ARRAY_SIZE(names); count++)
		names[count] = in->h->module.maps[count]->name->s;
	near = suggest_nearest(arg->name->s, names, count);
	infer_error(in, H014, arg->span,
		    near ? fmt(in->h, "did you mean :%s?", near)
			 : fmt(in->h,
			       "declare it: defmap(:%s, :bpf_hash, max_entries: 1024, key_type: "
			       ":u32, value_type: :u64)",
			       arg->name->s),
		    "no map is called :%s", arg->name->s);
	return NULL;
}

void infer_wrong_count(struct infer *in, const struct node *n, const char *help, const char *name,
		       uint32_t least, uint32_t most)
{
	infer_error(in, H013, n->span, help,
		    least == most ? "%s takes %u argument%s, here %s %u"
				  : "%s takes at least %u argument%s, here %s %u",
		    name, least, least == 1 ? "" : "s", n->n == 1 ? "is" : "are", n->n);
}

void infer_args(struct infer *in, struct node *n)
{
	for (uint32_t i = 0; i < n->n; i++)
		if (n->list[i]->kind != N_KEYVALUE && n->list[i]->kind != N_FN)
			infer_expr(in, n->list[i], true);
}

/* Functions that are operators in other clothes: the node becomes the operator. */
static bool rewrite_builtin(struct infer *in, struct node *n)
{
	static const struct {
		const char *name;
		enum op op;
		uint8_t args;
	} rows[] = {
		{"div", OP_DIV, 2},   {"rem", OP_REM, 2},   {"min", OP_MIN, 2},
		{"max", OP_MAX, 2},   {"band", OP_BAND, 2}, {"bor", OP_BOR, 2},
		{"bxor", OP_BXOR, 2}, {"bsl", OP_SHL, 2},   {"bsr", OP_SHR, 2},
		{"bnot", OP_BNOT, 1}, {"is_nil", OP_EQ, 1}, {"u8", OP_TYPE, 1},
		{"u16", OP_TYPE, 1},  {"u32", OP_TYPE, 1},  {"u64", OP_TYPE, 1},
		{"s8", OP_TYPE, 1},   {"s16", OP_TYPE, 1},  {"s32", OP_TYPE, 1},
		{"s64", OP_TYPE, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].name, n->name->s) || rows[i].args != n->n)
			continue;
		n->kind = rows[i].args == 2 || rows[i].op == OP_EQ ? N_BINARY : N_UNARY;
		n->op = rows[i].op;
		n->a = n->list[0];
		n->b = rows[i].args == 2     ? n->list[1]
		       : rows[i].op == OP_EQ ? node_new(in->h, N_NIL, n->span)
					     : NULL;
		n->n = 0;
		n->parens = true;
		return true;
	}
	return false;
}

static bool is_helper_module(const char *m)
{
	static const char *const names[] = {"Honey.BpfHelpers",	     "BpfHelpers",
					    "Honey.Bpf_helpers",     "Bpf_helpers",
					    "Honey.Bpf.Bpf_helpers", "Honey"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], m))
			return true;
	return false;
}

static void unknown_function(struct infer *in, struct node *n)
{
	const char *near = helper_suggest(n->name->s), *names[128];
	size_t count = 0;

	infer_args(in, n);
	if (n->module && (!strcmp(n->module, "Logger") || !strcmp(n->module, "IO"))) {
		infer_error(in, H012, n->span, "print with bpf_printk(\"text %d\", value)",
			    "%s is not there in a BPF program", n->module);
		return;
	}
	for (uint32_t i = 0; !near && i < in->h->module.n_funcs && count < ARRAY_SIZE(names); i++)
		names[count++] = in->h->module.funcs[i]->name->s;
	near = near ? near : suggest_nearest(n->name->s, names, count);
	infer_error(in, H012, n->name_span,
		    near ? fmt(in->h, "did you mean %s?", near)
			 : "helpers are listed in docs/honey.md; your own are written with defp",
		    n->module ? "no helper is called %s" : "no function is called %s", n->name->s);
}

struct func *infer_func(const struct name *name, uint32_t n_params)
{
	struct func *f = name->func;

	while (f && f->n_params != n_params)
		f = f->other_arity;
	return f;
}

static struct type *infer_local(struct infer *in, struct node *n, bool want)
{
	struct func *f = n->name->func;

	for (uint32_t i = 0; i < n->n; i++) {
		struct type *t = infer_expr(in, n->list[i], true);

		if (t->kind == T_OPTION)
			infer_use_value(n->list[i]);
	}
	for (; f; f = f->other_arity)
		f->called = true;
	f = infer_func(n->name, n->n);
	if (!f) {
		f = n->name->func;
		infer_wrong_count(in, n, NULL, f->name->s, f->n_params, f->n_params);
		return &in->h->types.error;
	}
	n->callee = infer_instance(in, f, n, want);
	return n->callee ? n->callee->result : &in->h->types.error;
}

struct type *infer_call(struct infer *in, struct node *n, bool want)
{
	const struct helper *p;
	uint64_t k;

	if (n->kind == N_EACH)
		return infer_each(in, n);
	if (n->name->func &&
	    (!n->module || (in->h->module.name && !strcmp(n->module, in->h->module.name->s))))
		return infer_local(in, n, want);
	if (!n->module && !strcmp(n->name->s, "sizeof")) {
		if (const_eval(in->h, n, &k))
			return &in->h->types.lit32;
		infer_error(in, H015, n->span, "sizeof(:name) of a defstruct", "the size of what?");
		return &in->h->types.error;
	}
	if ((!n->module || !strcmp(n->module, "Bitwise") || !strcmp(n->module, "Kernel")) &&
	    rewrite_builtin(in, n))
		return infer_expr(in, n, want);
	p = !n->module || is_helper_module(n->module) ? helper_find(n->name) : NULL;
	if (p)
		return infer_helper(in, n, p);
	unknown_function(in, n);
	return &in->h->types.error;
}
