/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inference: which functions are compiled, for which types, and what each name is.
 *
 * A function is compiled once for each combination of argument types and maps it is called with: an
 * instance (inst.h), whose body is a copy of the tree. A variable has one type, the join over all
 * its assignments, so infer_body() walks a body until no type changes. Handlers come first; what
 * they call is made on the way, then the helpers that nobody calls. A last walk of each body
 * (collect), callees before callers, reports what is wrong: until then types may still change.
 */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"
#include "honey/passes.h"
#include "lib/suggest.h"

/* --- variables --- */

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

struct var *infer_declare(struct infer *in, struct name *name, struct span span, struct type *type)
{
	struct var *v = arena_new(&in->h->arena, struct var);

	v->name = name;
	v->span = span;
	v->inst = in->inst;
	v->type = type;
	v->loop = in->loop;
	v->loop_depth = in->loop_depth;
	v->index = in->inst->n_vars;
	arena_push(&in->h->arena, in->inst->vars, in->inst->n_vars, v);
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
	/* A constant below 0 makes a variable signed, whatever else it is given and in which order.
	 */
	v->negative |= t->kind == T_LITERAL && t->sgn;
	if (v->negative && joined->kind == T_INT && !joined->sgn)
		joined = type_int(in->h, 64, true);
	if (t->kind == T_INT && t->sgn && joined->kind == T_INT && !joined->sgn)
		infer_error(in, W010, at, "convert one of the values: s64(...) or u64(...)",
			    "%s is unsigned everywhere, for it is also given an unsigned number",
			    v->name->s);
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
			bool own = in->assigned == v; /* comm = f(comm) */
			struct diag d = {.code = H010,
					 .span = n->span,
					 .note_span = v->span,
					 .note = own ? "this is what gives it its first value"
						     : "this one is known only inside its block"};

			d.text = fmt(in->h, "%s is not defined here", n->name->s);
			d.help = own ? "give it a value on a line before"
				     : fmt(in->h, "give it a value before the block: %s = 0",
					   n->name->s);
			diag_report(in->h, &d);
			return;
		}
		if (!v->name->hidden && infer_find(in, v->name) && count < ARRAY_SIZE(names))
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

	if (!v && n->name->param)
		return n->name->param->type;
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

/* --- instances --- */

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

static struct inst *infer_new_instance(struct honey *h, struct func *f, struct type **types,
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

static void infer_walk(struct infer *in)
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
	if (is_active(f) && !call->fuel) {
		diag_at(h, H034, call->span, "write it as a loop: for i <- 0..9 or bpf_loop",
			"%s calls itself; a BPF program has no recursion", f->name->s);
		return NULL;
	}
	for (i = f->instances; i; i = i->next)
		if (i->fuel == call->fuel && same_call(i, types, maps, want, in->inst->section))
			return i;
	if (h->call_depth >= HONEY_MAX_CALLS || h->n_made >= MAX_INSTANCES) {
		diag_at(h, H007, call->span, NULL, "more than %d helpers call each other here",
			HONEY_MAX_CALLS);
		return NULL;
	}
	h->call_depth++;
	i = infer_new_instance(h, f, types, maps, want, in->inst->section);
	i->fuel = call->fuel;
	infer_body(h, i);
	h->call_depth--;
	return i;
}

/* --- the module --- */

static bool call_has_value(const struct node *n)
{
	const struct helper *p = helper_find(n->name);

	if (!n->module && n->name->func)
		return !n->name->func->sec;
	/* A helper that gives a number is asked for it; what may fail is called for its effect. */
	return p ? p->result == 'u' : infer_is_builtin(n) || infer_is_net(n);
}

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
	case N_CALL: return call_has_value(n);
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

/* The cases whose value is the block's. */
static void mark_lenient(struct node *n)
{
	if (!n)
		return;
	if (n->kind == N_BLOCK && n->n)
		mark_lenient(block_last(n));
	if (n->kind == N_IF) {
		mark_lenient(n->b);
		mark_lenient(n->c);
	}
	n->lenient = n->kind == N_CASE;
	for (uint32_t i = 0; n->lenient && i < n->n; i++)
		mark_lenient(n->list[i]->c);
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
	mark_lenient(f->handler->body);
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
	arena_push(&h->arena, h->insts, h->n_insts, inst);
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
