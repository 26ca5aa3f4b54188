/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instances: a function once for each combination of argument types and maps it is called with. */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"
#include "honey/passes.h"
#include "lib/suggest.h"

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

static struct inst *new_instance(struct honey *h, struct func *f, struct type **types,
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

static void walk_once(struct infer *in)
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
	last = inst->body->n ? inst->body->list[inst->body->n - 1] : NULL;
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
		walk_once(in);
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

static void infer_body(struct honey *h, struct inst *inst)
{
	struct infer in = {.h = h, .inst = inst};

	inst->inferring = true;
	settle(&in);
	if (widen_literals(&in))
		settle(&in);
	if (inst->result->kind == T_LITERAL)
		inst->result = type_int(h, 64, inst->result->sgn);
	inst->inferring = false;
	inst->inferred = true;
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
	i = new_instance(h, f, types, maps, want, in->inst->section);
	infer_body(h, i);
	h->call_depth--;
	return i;
}

/* Has the last expression of a handler a value its writer meant to return? Not so what is done for
 * its effect: assignments, updates, prints. */
bool expr_has_value(const struct node *n)
{
	const struct node *last = n->n ? n->list[n->n - 1] : NULL;

	switch (n->kind) {
	case N_INT:
	case N_NAME:
	case N_FIELD:
	case N_INDEX:
	case N_UNARY:
	case N_BINARY: return true;
	case N_BLOCK: return last && (last->kind == N_RETURN || expr_has_value(last));
	case N_IF: return n->c && expr_has_value(n->b) && expr_has_value(n->c);
	case N_CASE:
		for (uint32_t i = 0; i < n->n; i++)
			if (!expr_has_value(n->list[i]->c))
				return false;
		return n->n > 0;
	case N_CALL: return !n->module && n->name->func != NULL && !n->name->func->sec;
	default: return false;
	}
}

static bool returns_value(const struct node *n)
{
	if (!n)
		return false;
	if (n->kind == N_RETURN)
		return n->a != NULL;
	if (n->kind == N_FN)
		return false;
	if (returns_value(n->a) || returns_value(n->b) || returns_value(n->c))
		return true;
	for (uint32_t i = 0; i < n->n; i++)
		if (returns_value(n->list[i]))
			return true;
	return false;
}

/* Does a function used as a value give one? Its last expression may be a call for effect only. */
static void make_handler(struct honey *h, struct func *f)
{
	struct type **types = arena_array(&h->arena, struct type *, 2), *ctx;
	struct map **maps = arena_array(&h->arena, struct map *, 2);

	if (f->n_params > 1)
		diag_at(h, H013, f->span, fmt(h, "def %s(ctx) do", f->name->s),
			"a handler has one parameter, the context; %s has %u", f->name->s,
			f->n_params);
	if (!f->section || f->n_params > 1)
		return;
	ctx = arena_new(&h->arena, struct type);
	*ctx = (struct type){.kind = T_CTX, .section = f->section};
	types[0] = ctx;
	f->handler = new_instance(h, f, types, maps,
				  expr_has_value(f->body) || returns_value(f->body), f->section);
	f->handler->is_handler = true;
	f->handler->want_last = expr_has_value(f->body);
	infer_body(h, f->handler);
	if (f->handler->want && !type_is_number(f->handler->result) &&
	    f->handler->result->kind != T_BOOL) {
		f->handler->want = f->handler->want_last = false;
		f->handler->result = &h->types.void_;
	}
}

/* A parameter used as a map, a record or a struct: only a call can say which. */
static bool needs_call(const struct func *f, const struct node *n, const struct name *name)
{
	const struct helper *p = n && n->kind == N_CALL ? helper_find(n->name) : NULL;
	bool local = n && n->kind == N_CALL && n->name->func;

	if (!n)
		return false;
	if (n->kind == N_FIELD && n->a->kind == N_NAME && n->a->name == name)
		return strcmp(name->s, "ctx") != 0;
	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *arg = n->list[i];

		if ((local || (p && i == 0 && p->args[0] != 'i')) && arg->kind == N_NAME &&
		    arg->name == name)
			return true;
		if (needs_call(f, arg, name))
			return true;
	}
	return needs_call(f, n->a, name) || needs_call(f, n->b, name) || needs_call(f, n->c, name);
}

static struct inst *make_uncalled(struct honey *h, struct func *f)
{
	struct type **types = arena_array(&h->arena, struct type *, f->n_params + 1);
	struct map **maps = arena_array(&h->arena, struct map *, f->n_params + 1);
	bool skip = false;
	struct inst *i;

	for (uint32_t k = 0; k < f->n_params; k++) {
		types[k] = type_int(h, 64, false);
		if (!strcmp(f->params[k]->name->s, "ctx")) {
			types[k] = arena_new(&h->arena, struct type);
			types[k]->kind = T_CTX;
		}
		skip |= needs_call(f, f->body, f->params[k]->name);
	}
	diag_at(h, W006, f->span,
		skip ? "call it from a handler: its maps and structs come from the call"
		     : "put @sec \"...\" before it, or call it from a handler",
		skip ? "nothing calls %s, so it is not compiled"
		     : "nothing calls %s: it is checked but runs nowhere",
		f->name->s);
	if (skip)
		return NULL;
	i = new_instance(h, f, types, maps, expr_has_value(f->body) || returns_value(f->body),
			 NULL);
	i->uncalled = true;
	infer_body(h, i);
	return i;
}

static uint32_t count_nodes(const struct node *n)
{
	uint32_t sum = 1;

	if (!n)
		return 0;
	for (uint32_t i = 0; i < n->n; i++)
		sum += count_nodes(n->list[i]);
	if (n->callee)
		sum += n->callee->weight;
	sum += count_nodes(n->a) + count_nodes(n->b) + count_nodes(n->c);
	return MIN(sum, 4u * HONEY_MAX_WEIGHT);
}

static void collect(struct honey *h, struct inst *inst);

static void collect_calls(struct honey *h, const struct node *n)
{
	if (!n)
		return;
	if (n->callee)
		collect(h, n->callee);
	collect_calls(h, n->a);
	collect_calls(h, n->b);
	collect_calls(h, n->c);
	for (uint32_t i = 0; i < n->n; i++)
		collect_calls(h, n->list[i]);
}

/* Adds @inst after what it calls, and says what is wrong in it. */
static void collect(struct honey *h, struct inst *inst)
{
	struct infer in = {.h = h, .inst = inst, .report = true};

	if (inst->reported)
		return;
	inst->reported = true;
	collect_calls(h, inst->body);
	walk_once(&in);
	inst->weight = count_nodes(inst->body);
	if (inst->weight > HONEY_MAX_WEIGHT && !h->too_big) {
		h->too_big = true; /* so are its callers */
		diag_at(h, H036, inst->func->span, "split it into several handlers",
			"%s is too big once its helpers are inlined", inst->func->name->s);
	}
	if (h->n_insts == h->cap_insts) {
		uint32_t cap = h->cap_insts ? h->cap_insts * 2 : 16;
		struct inst **grown = arena_array(&h->arena, struct inst *, cap);

		if (h->n_insts)
			memcpy(grown, h->insts, sizeof(*grown) * h->n_insts);
		h->insts = grown;
		h->cap_insts = cap;
	}
	h->insts[h->n_insts++] = inst;
}

void infer_module(struct honey *h)
{
	struct module *m = &h->module;

	for (uint32_t i = 0; i < m->n_funcs; i++)
		if (m->funcs[i]->sec)
			make_handler(h, m->funcs[i]);
	for (uint32_t i = 0; i < m->n_funcs; i++)
		if (m->funcs[i]->handler)
			collect(h, m->funcs[i]->handler);
	for (uint32_t i = 0; i < m->n_funcs; i++) {
		struct func *f = m->funcs[i];
		bool called = f->sec != NULL || f->called;
		struct inst *inst;

		for (inst = f->instances; inst; inst = inst->next)
			called |= inst->reported;
		if (called || h->stop)
			continue;
		inst = make_uncalled(h, f);
		if (inst)
			collect(h, inst);
	}
}
