/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Variables of a body: what a name means here, and the type all its assignments give it. */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "lib/suggest.h"

void infer_push_scope(struct infer *in, struct scope_entry **mark)
{
	*mark = in->scope;
}

void infer_pop_scope(struct infer *in, struct scope_entry *mark)
{
	for (; in->scope != mark; in->scope = in->scope->next)
		in->scope->name->var = in->scope->shadowed;
}

void infer_bind(struct infer *in, struct name *name, struct var *v)
{
	struct scope_entry *e = arena_new(&in->h->arena, struct scope_entry);

	*e = (struct scope_entry){name, name->var, in->scope};
	in->scope = e;
	name->var = v;
}

static void keep_var(struct infer *in, struct var *v)
{
	struct inst *inst = in->inst;

	v->index = inst->n_vars;
	if (inst->n_vars == inst->cap_vars) {
		uint32_t cap = inst->cap_vars ? inst->cap_vars * 2 : 8;
		struct var **grown = arena_array(&in->h->arena, struct var *, cap);

		if (inst->n_vars)
			memcpy(grown, inst->vars, sizeof(*grown) * inst->n_vars);
		inst->vars = grown;
		inst->cap_vars = cap;
	}
	inst->vars[inst->n_vars++] = v;
}

struct var *infer_declare(struct infer *in, struct name *name, struct span span, struct type *type)
{
	struct var *v = arena_new(&in->h->arena, struct var);

	v->name = name;
	v->span = span;
	v->inst = in->inst;
	v->type = type;
	v->loop = in->loop;
	v->loop_depth = in->loop_depth;
	keep_var(in, v);
	return v;
}

void infer_join(struct infer *in, struct var *v, struct type *t, struct span at)
{
	bool ok;
	struct type *joined = type_join(in->h, v->type, t, &ok);

	if (!ok) {
		if (in->report) {
			struct diag d = {.code = H020,
					 .span = at,
					 .note_span = v->span,
					 .note = "it was given its first value here"};

			d.text = fmt(in->h, "%s holds %s, and here %s", v->name->s,
				     type_text(in->h, v->type), type_text(in->h, t));
			d.help = "use another name for the second value";
			diag_report(in->h, &d);
		}
		return;
	}
	if (joined->kind == T_OPTION && type_is_number(t))
		v->mixed = true;
	if (joined != v->type)
		in->changed = true;
	v->type = joined;
}

struct var *infer_find(struct infer *in, const struct name *name)
{
	return name->var && name->var->inst == in->inst ? name->var : NULL;
}

void infer_capture(struct infer *in, struct var *v)
{
	for (struct loop *l = in->loop; l && l != v->loop; l = l->outer) {
		struct var_list *c = l->captured;

		while (c && c->var != v)
			c = c->next;
		if (c)
			continue;
		c = arena_new(&in->h->arena, struct var_list);
		c->var = v;
		c->next = l->captured;
		l->captured = c;
	}
}

static void undefined_name(struct infer *in, struct node *n)
{
	const char *names[64], *near, *help = NULL;
	size_t count = 0;

	if (!in->report)
		return;
	for (uint32_t i = 0; i < in->inst->n_vars; i++) {
		struct var *v = in->inst->vars[i];

		if (v->name == n->name && v->span.start < n->span.start) {
			struct diag d = {.code = H010,
					 .span = n->span,
					 .note_span = v->span,
					 .note = "this one is known only inside its block"};

			d.text = fmt(in->h, "%s is not defined here", n->name->s);
			d.help = fmt(in->h, "give it a value before the block: %s = 0", n->name->s);
			diag_report(in->h, &d);
			return;
		}
		if (infer_find(in, v->name) && count < ARRAY_SIZE(names))
			names[count++] = v->name->s;
	}
	near = suggest_nearest(n->name->s, names, count);
	if (near)
		help = fmt(in->h, "did you mean %s?", near);
	else if (in->loop && in->loop->counter)
		help = fmt(in->h, "the key of this iteration is %s", in->loop->counter->name->s);
	else if (!strcmp(n->name->s, "ctx"))
		help = "name the context in the head: def handler(ctx) do";
	else
		help = "give it a value before, or name it as a parameter";
	diag_at(in->h, H010, n->span, help, "%s is not defined", n->name->s);
}

struct type *infer_name(struct infer *in, struct node *n, bool want)
{
	struct var *v = infer_find(in, n->name);

	if (!v && n->name->param) {
		n->type = n->name->param->type;
		return n->type->bits < 32 ? type_int(in->h, 32, n->type->sgn) : n->type;
	}
	if (!v) {
		if (infer_func(n->name, 0)) {
			n->kind = N_CALL;
			return infer_call(in, n, want);
		}
		undefined_name(in, n);
		return &in->h->types.error;
	}
	n->var = v;
	v->used = true;
	infer_capture(in, v);
	if (v->type->kind == T_MAP)
		n->map = v->map;
	return v->type;
}
