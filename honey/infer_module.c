/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is compiled: the handlers, what they call, and helpers that nobody calls; then the last walk
 * of each body, which reports. */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "honey/helpers.h"
#include "honey/passes.h"

/* Has an expression a value its writer meant to return? Not so what is done for its effect:
 * assignments, updates, prints. */
static bool has_value(const struct node *n)
{
	switch (n->kind) {
	case N_INT:
	case N_NAME:
	case N_FIELD:
	case N_INDEX:
	case N_UNARY:
	case N_BINARY: return true;
	case N_BLOCK: return block_returns(n) || (n->n && has_value(block_last(n)));
	case N_IF: return n->c && has_value(n->b) && has_value(n->c);
	case N_CASE:
		for (uint32_t i = 0; i < n->n; i++)
			if (!has_value(n->list[i]->c))
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
	for (uint32_t i = 0; i < node_parts(n); i++)
		if (returns_value(node_part(n, i)))
			return true;
	return false;
}

/* Does a function used as a value give one? Its last expression may be a call for effect only. */
static bool gives_value(const struct func *f)
{
	return has_value(f->body) || returns_value(f->body);
}

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
	f->handler = infer_new_instance(h, f, types, maps, gives_value(f), f->section);
	f->handler->is_handler = true;
	f->handler->want_last = has_value(f->body);
	infer_body(h, f->handler);
	if (f->handler->want && !type_is_number(f->handler->result) &&
	    f->handler->result->kind != T_BOOL) {
		f->handler->want = f->handler->want_last = false;
		f->handler->result = &h->types.void_;
	}
}

/* A parameter used as a map, a record or a struct: only a call can say which. */
static bool needs_call(const struct node *n, const struct name *name)
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
	}
	for (uint32_t i = 0; i < node_parts(n); i++)
		if (needs_call(node_part(n, i), name))
			return true;
	return false;
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
		skip |= needs_call(f->body, f->params[k]->name);
	}
	diag_at(h, W006, f->span,
		skip ? "call it from a handler: its maps and structs come from the call"
		     : "put @sec \"...\" before it, or call it from a handler",
		skip ? "nothing calls %s, so it is not compiled"
		     : "nothing calls %s: it is checked but runs nowhere",
		f->name->s);
	if (skip)
		return NULL;
	i = infer_new_instance(h, f, types, maps, gives_value(f), NULL);
	i->uncalled = true;
	infer_body(h, i);
	return i;
}

static uint32_t count_nodes(const struct node *n)
{
	uint32_t sum = 1;

	if (!n)
		return 0;
	for (uint32_t i = 0; i < node_parts(n); i++)
		sum += count_nodes(node_part(n, i));
	if (n->callee)
		sum += n->callee->weight;
	return MIN(sum, 4u * HONEY_MAX_WEIGHT);
}

static void collect(struct honey *h, struct inst *inst);

static void collect_calls(struct honey *h, const struct node *n)
{
	if (!n)
		return;
	if (n->callee)
		collect(h, n->callee);
	for (uint32_t i = 0; i < node_parts(n); i++)
		collect_calls(h, node_part(n, i));
}

/* Adds @inst after what it calls, and says what is wrong in it. */
static void collect(struct honey *h, struct inst *inst)
{
	struct infer in = {.h = h, .inst = inst, .report = true};

	if (inst->reported)
		return;
	inst->reported = true;
	collect_calls(h, inst->body);
	infer_walk(&in);
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
