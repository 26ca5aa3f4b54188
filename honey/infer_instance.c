/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Instances: a function once for each combination of argument types and maps it is called with.
 * A variable's type is the join over all its assignments, so a body is walked until none changes.
 */
#include "lib/base.h"
#include "honey/infer.h"

#include "honey/ctx.h"

enum { MAX_ROUNDS = 12, MAX_INSTANCES = 4096 };

/* The type a parameter takes from an argument. */
static struct type *param_type(struct honey *h, struct type *t)
{
	if (t->kind == T_LITERAL)
		return type_int(h, 64, t->sgn);
	if (t->kind == T_OPTION)
		return t->elem;
	if (t->kind == T_INT && t->bits < 32)
		return type_int(h, 32, t->sgn);
	return t;
}

static bool same_call(const struct inst *i, struct type **types, struct map **maps, bool want,
		      const struct section *s)
{
	if (i->want != want || i->is_handler)
		return false;
	for (uint32_t k = 0; k < i->func->n_params; k++) {
		if (i->arg_types[k] != types[k] || i->arg_maps[k] != maps[k])
			return false;
		/* The context's fields and the helpers allowed depend on the handler. */
		if (types[k]->kind == T_CTX && i->section != s)
			return false;
	}
	return (i->section ? i->section->progs : 0) == (s ? s->progs : 0);
}

struct inst *infer_new_instance(struct honey *h, struct func *f, struct type **types,
				struct map **maps, bool want, const struct section *s)
{
	struct inst *i = arena_new(&h->arena, struct inst);

	i->func = f;
	i->arg_types = types;
	i->arg_maps = maps;
	i->want = i->want_last = want;
	i->section = s;
	i->body = node_clone(h, f->body);
	i->result = &h->types.void_;
	i->next = f->instances;
	f->instances = i;
	h->n_made++;
	return i;
}

static void declare_params(struct infer *in)
{
	struct inst *inst = in->inst;
	struct func *f = inst->func;
	bool first = !inst->params;

	if (first)
		inst->params = arena_array(&in->h->arena, struct var *, f->n_params + 1);
	for (uint32_t i = 0; i < f->n_params; i++) {
		struct var *v = inst->params[i];

		if (first) {
			v = infer_declare(in, f->params[i]->name, f->params[i]->span,
					  inst->arg_types[i]);
			v->is_param = true;
			v->map = inst->arg_maps[i];
			inst->params[i] = v;
		}
		infer_bind(in, v->name, v);
	}
}

/* A record reserved by size takes the one struct that has all the fields used. */
static void choose_records(struct infer *in)
{
	for (uint32_t i = 0; i < in->inst->n_vars; i++) {
		struct var *v = in->inst->vars[i];
		struct strct *only = NULL;
		uint32_t fits = 0;

		if (v->type->kind != T_RECORD || v->type->strct || !v->origin)
			continue;
		for (uint32_t s = 0; s < in->h->module.n_structs; s++) {
			struct strct *c = in->h->module.structs[s];
			uint32_t has = 0;

			for (uint32_t k = 0; k < v->n_fields_seen; k++)
				for (uint32_t f = 0; f < c->n_fields; f++)
					has += c->fields[f].name == v->fields_seen[k];
			if (has == v->n_fields_seen && (v->n_fields_seen || !c->in_map) &&
			    c->size <= v->reserved) {
				only = c;
				fits++;
			}
		}
		if (fits == 1) {
			only->as_record = true;
			v->type = only->record;
			v->origin->type = only->record;
			in->changed = true;
		} else {
			infer_error(
				in, H027, v->origin->span,
				"name the struct: bpf_ringbuf_reserve(:events, :event)",
				fits ? "%u structs have all the fields used: which one is reserved?"
				     : "no struct has all the fields used and fits in the record",
				fits);
		}
	}
}

void infer_walk(struct infer *in)
{
	struct inst *inst = in->inst;
	struct scope_entry *mark;
	struct node *last;
	struct type *t;
	bool ok;

	in->changed = false;
	infer_push_scope(in, &mark);
	declare_params(in);
	t = infer_block(in, inst->body, inst->want_last);
	infer_pop_scope(in, mark);
	last = block_last(inst->body);
	if (inst->want_last && last && last->kind != N_RETURN) {
		struct type *old = inst->result;

		if (t->kind == T_ARRAY || t->kind == T_STRING || t->kind == T_ATOM ||
		    t->kind == T_MAP)
			infer_error(in, H021, last->span, NULL, "%s cannot be returned",
				    type_text(in->h, t));
		inst->result = old->kind == T_VOID ? t : type_join(in->h, old, t, &ok);
		if (old->kind != T_VOID && !ok)
			infer_error(in, H020, last->span, NULL, "returned here is %s, elsewhere %s",
				    type_text(in->h, t), type_text(in->h, old));
	}
	choose_records(in);
}

static void settle(struct infer *in)
{
	for (int i = 0; i < MAX_ROUNDS; i++) {
		infer_walk(in);
		if (!in->changed && i)
			return;
	}
}

/* A variable that only numbers without a width were assigned to has 64 bits. */
static bool widen_literals(struct infer *in)
{
	bool any = false;

	for (uint32_t i = 0; i < in->inst->n_vars; i++) {
		struct var *v = in->inst->vars[i];

		if (v->type->kind != T_LITERAL)
			continue;
		v->type = type_int(in->h, 64, v->type->sgn);
		any = true;
	}
	return any;
}

void infer_body(struct honey *h, struct inst *inst)
{
	struct infer in = {.h = h, .inst = inst};

	inst->inferring = true;
	settle(&in);
	if (widen_literals(&in))
		settle(&in);
	if (inst->result->kind == T_LITERAL)
		inst->result = type_int(h, 64, inst->result->sgn);
	inst->inferring = false;
}

static bool is_active(const struct func *f)
{
	for (const struct inst *i = f->instances; i; i = i->next)
		if (i->inferring)
			return true;
	return false;
}

struct inst *infer_instance(struct infer *in, struct func *f, struct node *call, bool want)
{
	struct honey *h = in->h;
	struct type **types = arena_array(&h->arena, struct type *, f->n_params + 1);
	struct map **maps = arena_array(&h->arena, struct map *, f->n_params + 1);
	struct inst *i;

	for (uint32_t k = 0; k < f->n_params; k++) {
		types[k] = param_type(h, call->list[k]->type);
		maps[k] = types[k]->kind == T_MAP ? call->list[k]->map : NULL;
		if (types[k]->kind == T_ERROR || (types[k]->kind == T_RECORD && !types[k]->strct))
			return NULL;
		if (types[k]->kind == T_NIL || types[k]->kind == T_VOID ||
		    types[k]->kind == T_ATOM || types[k]->kind == T_ARGS ||
		    types[k]->kind == T_ARRAY || types[k]->kind == T_FN ||
		    types[k]->kind == T_STRING) {
			infer_error(in, H021, call->list[k]->span,
				    "pass numbers, maps, structs or ctx",
				    "%s cannot be passed to a helper", type_text(h, types[k]));
			return NULL;
		}
	}
	if (is_active(f)) {
		diag_at(h, H034, call->span, "write it as a loop: for i <- 0..9 or bpf_loop",
			"%s calls itself; a BPF program has no recursion", f->name->s);
		return NULL;
	}
	for (i = f->instances; i; i = i->next)
		if (same_call(i, types, maps, want, in->inst->section))
			return i;
	if (h->call_depth >= HONEY_MAX_CALLS || h->n_made >= MAX_INSTANCES) {
		diag_at(h, H007, call->span, NULL, "more than %d helpers call each other here",
			HONEY_MAX_CALLS);
		return NULL;
	}
	h->call_depth++;
	i = infer_new_instance(h, f, types, maps, want, in->inst->section);
	infer_body(h, i);
	h->call_depth--;
	return i;
}
