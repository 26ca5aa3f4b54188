/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flow: what may be nil, what became of ring records, where snapshots are taken. The state of each
 * variable is carried through the body, split at conditions and joined after them; loops run until
 * it does not change. What a later pass needs (loads, self updates) is left on the nodes.
 */
#include "lib/base.h"
#include "honey/check.h"

#include <stdlib.h>
#include <string.h>

#include "honey/helpers.h"
#include "honey/passes.h"

static void flow_init(struct check *c, struct flow *f)
{
	f->v = calloc(c->inst->n_vars + 1, sizeof(*f->v));
	if (!f->v)
		abort();
	f->dead = false;
}

static void flow_copy(struct check *c, struct flow *to, const struct flow *from)
{
	flow_init(c, to);
	memcpy(to->v, from->v, sizeof(*to->v) * c->inst->n_vars);
	to->dead = from->dead;
}

static void flow_free(struct flow *f)
{
	free(f->v);
	f->v = NULL;
}

/* @a becomes what holds when either was the case; @b is freed. */
static void flow_merge(struct check *c, struct flow *a, struct flow *b)
{
	if (a->dead) {
		struct flow swap = *a;

		*a = *b;
		*b = swap;
	} else if (!b->dead) {
		for (uint32_t i = 0; i < c->inst->n_vars; i++) {
			struct vstate *x = &a->v[i], *y = &b->v[i];

			x->may |= y->may;
			x->loaded &= y->loaded;
			x->fields &= y->fields;
			if (x->map != y->map || x->key != y->key || x->key_value != y->key_value)
				x->map = NULL;
		}
	}
	flow_free(b);
}

static bool flow_equal(struct check *c, const struct flow *a, const struct flow *b)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++)
		if (a->v[i].may != b->v[i].may || a->v[i].loaded != b->v[i].loaded ||
		    a->v[i].fields != b->v[i].fields || a->v[i].map != b->v[i].map)
			return false;
	return true;
}

struct vstate *check_state(struct check *c, const struct var *v)
{
	return &c->flow.v[v->index];
}

void check_error(struct check *c, enum diag_code code, struct span at, struct span note_at,
		 const char *note, const char *help, const char *text)
{
	struct diag d = {.code = code,
			 .span = at,
			 .text = text,
			 .help = help,
			 .note_span = note_at,
			 .note = note};

	if (!c->quiet && !c->flow.dead)
		diag_report(c->h, &d);
}

/* Does knowing that @v is not nil need a statement? */
static bool is_loaded(const struct var *v)
{
	return v->type->kind == T_RECORD || (v->type->kind == T_OPTION && v->value_used);
}

/* Snapshots to take and tails to zero where variables have just become known not to be nil. */
static struct var_list *edge_loads(struct check *c)
{
	struct var_list *list = NULL;

	for (uint32_t i = c->inst->n_vars; i-- > 0 && !c->flow.dead;) {
		struct var *v = c->inst->vars[i];
		struct vstate *s = &c->flow.v[i];

		if (s->may != MAY_VALID || s->loaded || v->loop != c->loop)
			continue;
		s->loaded = true;
		if (is_loaded(v)) {
			struct var_list *l = arena_new(&c->h->arena, struct var_list);

			l->var = v;
			l->next = list;
			list = l;
		}
	}
	return list;
}

/* --- use of variables --- */

static void nil_error(struct check *c, const struct node *n)
{
	const char *name = n->kind == N_NAME ? n->name->s : NULL;
	struct type *t = n->type;

	if (name)
		check_error(c, H030, n->span, n->var->span, "it may be nil since here",
			    fmt(c->h, "use it inside: if %s != nil do ... end", name),
			    fmt(c->h, "%s may be nil here", name));
	else
		check_error(c, H030, n->span, n->span, NULL,
			    "keep it in a variable and check that for nil",
			    t->kind == T_RECORD ? "the reserved record may be nil"
						: "the result of the lookup may be nil");
}

/* @n is used as the thing itself: it must not be nil, nor given back already. */
static void need_valid(struct check *c, const struct node *n)
{
	struct vstate *s;

	if (!type_is_nilable(n->type) || n->type->kind == T_NIL)
		return;
	if (n->kind != N_NAME) {
		nil_error(c, n);
		return;
	}
	s = check_state(c, n->var);
	if (n->var->loop != c->loop && n->type->kind == T_RECORD) {
		check_error(c, H037, n->span, n->var->span, "reserved here",
			    "reserve and submit inside the iteration",
			    "a ring record cannot be used inside a callback");
	} else if (s->may & MAY_DONE) {
		check_error(c, H032, n->span, c->given_back, "given back here",
			    "move this before the submit",
			    fmt(c->h, "%s was already submitted or discarded", n->name->s));
		s->may = MAY_DONE;
		return;
	} else if (s->may & MAY_NIL) {
		nil_error(c, n);
	}
	s->may = MAY_VALID;
}

static void check_nilable(struct check *c, struct node *n);

void check_expr(struct check *c, struct node *n)
{
	check_nilable(c, n);
	need_valid(c, n);
}

/* --- conditions --- */

static void refine(struct check *c, struct var *v, struct flow *no, bool nil_when_true)
{
	struct vstate *yes = check_state(c, v), *other = &no->v[v->index];

	yes->may &= nil_when_true ? MAY_NIL : (uint8_t)~MAY_NIL;
	other->may &= nil_when_true ? (uint8_t)~MAY_NIL : MAY_NIL;
}

static struct var *tested_var(const struct node *n)
{
	if (n->kind == N_ASSIGN)
		n = n->a;
	return n->kind == N_NAME ? n->var : NULL;
}

/* The test of @n against nil; after it c->flow holds when true, @no when not. */
static void nil_test(struct check *c, struct node *n, struct node *at, struct flow *no,
		     bool nil_when_true)
{
	struct var *v = tested_var(n);
	struct vstate *s;

	check_nilable(c, n);
	flow_copy(c, no, &c->flow);
	if (!v || !type_is_nilable(v->type) || v->type->kind == T_NIL)
		return;
	s = check_state(c, v);
	if (v->loop != c->loop)
		check_error(c, H037, at->span, v->span, "looked up here",
			    "check it before the iteration",
			    fmt(c->h, "%s is tested for nil inside a callback", v->name->s));
	if (s->may & MAY_DONE)
		check_error(c, H032, at->span, c->given_back, "given back here", NULL,
			    fmt(c->h, "%s was already submitted or discarded", v->name->s));
	else if (s->may == MAY_VALID || s->may == MAY_NIL)
		check_error(c, W012, at->span, v->span, "its value comes from here",
			    "leave the test out",
			    fmt(c->h, "%s is %s nil here", v->name->s,
				s->may == MAY_NIL ? "always" : "never"));
	if (s->may == (MAY_NIL | MAY_VALID))
		refine(c, v, no, nil_when_true);
}

static void hoist_all(struct var_list *l)
{
	for (; l; l = l->next)
		l->var->hoist = true;
}

/* Evaluates @n; afterwards c->flow is the state if it is true, @no the state if not. */
void check_cond(struct check *c, struct node *n, struct flow *no)
{
	struct flow first, swap;

	if (n->kind == N_UNARY && n->op == OP_NOT) {
		check_cond(c, n->a, no);
		swap = c->flow;
		c->flow = *no;
		*no = swap;
	} else if (n->kind == N_BINARY && (n->op == OP_AND || n->op == OP_OR) &&
		   n->type->kind == T_BOOL) {
		check_cond(c, n->a, &first);
		if (n->op == OP_OR) {
			swap = c->flow;
			c->flow = first;
			first = swap;
		}
		n->b->loads = edge_loads(c);
		hoist_all(n->b->loads);
		check_cond(c, n->b, no);
		flow_merge(c, n->op == OP_AND ? no : &c->flow, &first);
	} else if (n->kind == N_BINARY && (n->op == OP_EQ || n->op == OP_NE) &&
		   (n->a->type->kind == T_NIL || n->b->type->kind == T_NIL)) {
		nil_test(c, n->a->type->kind == T_NIL ? n->b : n->a, n, no, n->op == OP_EQ);
	} else if (type_is_nilable(n->type) && n->type->kind != T_NIL) {
		nil_test(c, n, n, no, false);
	} else {
		check_expr(c, n);
		flow_copy(c, no, &c->flow);
		if (n->kind == N_BOOL) {
			c->flow.dead |= !n->value;
			no->dead |= n->value;
		}
	}
}

/* --- statements --- */

static void leave(struct check *c, struct span at)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++) {
		struct var *v = c->inst->vars[i];
		struct vstate *s = &c->flow.v[i];

		if (v->type->kind != T_RECORD || c->flow.dead || (c->loop && v->loop != c->loop))
			continue;
		if (v->is_param) {
			c->inst->param_exit[i] |= s->may;
			continue;
		}
		if (!(s->may & MAY_VALID))
			continue;
		check_error(c, H031, v->origin ? v->origin->span : v->span, at,
			    "this path ends here",
			    fmt(c->h,
				"end every path with bpf_ringbuf_submit(%s, 0) or "
				"bpf_ringbuf_discard(%s, 0)",
				v->name->s, v->name->s),
			    s->may & MAY_DONE
				    ? fmt(c->h, "%s is not given back on every path", v->name->s)
				    : fmt(c->h, "%s is reserved but never given back", v->name->s));
		s->may = MAY_DONE;
	}
}

/* Records of a block's own that are still held when it ends cannot be given back any more. */
static void leave_block(struct check *c, const struct node *n)
{
	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *s = n->list[i];

		if (s->kind == N_ASSIGN && s->a->kind == N_NAME && s->a->var &&
		    s->a->var->type->kind == T_RECORD &&
		    s->a->var->span.start == s->a->span.start && c->loop)
			leave(c, n->span);
	}
}

void check_block(struct check *c, struct node *n)
{
	struct fact *facts = c->facts;

	n->loads = edge_loads(c);
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *s = n->list[i];
		bool value = s->want && i + 1 == n->n;

		if (!c->flow.dead && s->kind == N_CALL && s->type->kind == T_RECORD && !value)
			check_error(c, H031, s->span, s->span, NULL,
				    "keep it: event = bpf_ringbuf_reserve(...)",
				    "the reserved record is dropped and never given back");
		check_nilable(c, s);
	}
	leave_block(c, n);
	c->facts = facts;
}

/* After @if joined: a snapshot that both sides took must live outside them. */
static void hoist_joined(struct check *c, const struct flow *before)
{
	for (uint32_t i = 0; i < c->inst->n_vars && !c->flow.dead; i++)
		if (c->flow.v[i].loaded && !before->v[i].loaded)
			c->inst->vars[i]->hoist = true;
}

static struct var_list *missing_loads(struct check *c, struct flow *side, const struct flow *other)
{
	struct var_list *list = NULL;

	for (uint32_t i = 0; i < c->inst->n_vars && !side->dead && !other->dead; i++) {
		struct vstate *s = &side->v[i];
		struct var_list *l;

		if (s->may != MAY_VALID || s->loaded || !other->v[i].loaded ||
		    other->v[i].may != MAY_VALID)
			continue;
		s->loaded = true;
		if (!is_loaded(c->inst->vars[i]))
			continue;
		l = arena_new(&c->h->arena, struct var_list);
		l->var = c->inst->vars[i];
		l->next = list;
		list = l;
	}
	return list;
}

static void add_fact(struct check *c, const struct node *cond, bool truth)
{
	struct fact *f = arena_new(&c->h->arena, struct fact);

	*f = (struct fact){cond, truth, c->facts};
	c->facts = f;
}

static void check_if(struct check *c, struct node *n)
{
	struct fact *facts = c->facts;
	struct flow no, before;
	bool then_dead;

	flow_copy(c, &before, &c->flow);
	check_cond(c, n->a, &no);
	if (n->negated) {
		struct flow swap = c->flow;

		c->flow = no;
		no = swap;
	}
	add_fact(c, n->a, !n->negated);
	check_block(c, n->b);
	c->facts = facts;
	then_dead = c->flow.dead;
	n->else_loads = n->loads_after = NULL;
	if (n->c) {
		struct flow then = c->flow;

		c->flow = no;
		add_fact(c, n->a, n->negated);
		check_block(c, n->c);
		c->facts = facts;
		if (c->flow.dead && !then_dead)
			add_fact(c, n->a, !n->negated);
		no = then;
	} else if (!then_dead) {
		n->else_loads = missing_loads(c, &no, &c->flow);
	}
	flow_merge(c, &c->flow, &no);
	hoist_joined(c, &before);
	if (then_dead) {
		if (!n->c)
			n->loads_after = edge_loads(c);
		add_fact(c, n->a, n->negated);
	}
	flow_free(&before);
}

static void check_case(struct check *c, struct node *n)
{
	struct flow before, out;
	bool has_default = false;

	check_expr(c, n->a);
	flow_copy(c, &before, &c->flow);
	flow_copy(c, &out, &c->flow);
	out.dead = true;
	for (uint32_t i = 0; i < n->n; i++) {
		flow_free(&c->flow);
		flow_copy(c, &c->flow, &before);
		check_block(c, n->list[i]->c);
		flow_merge(c, &out, &c->flow);
		has_default |= n->list[i]->a->kind == N_NAME;
	}
	if (has_default)
		before.dead = true;
	flow_copy(c, &c->flow, &before);
	flow_merge(c, &c->flow, &out);
	hoist_joined(c, &before);
	flow_free(&before);
}

/* Runs @body from ever wider states until they do not widen, then once more to report. */
static void check_loop(struct check *c, struct node *body)
{
	struct flow start, again;

	c->quiet++;
	for (int i = 0; i < 4; i++) {
		flow_copy(c, &start, &c->flow);
		check_block(c, body);
		flow_copy(c, &again, &start);
		flow_merge(c, &again, &c->flow);
		c->flow = again;
		if (flow_equal(c, &c->flow, &start)) {
			flow_free(&start);
			break;
		}
		flow_free(&start);
	}
	c->quiet--;
	flow_copy(c, &start, &c->flow);
	check_block(c, body);
	flow_merge(c, &start, &c->flow);
	c->flow = start;
}

void check_callback(struct check *c, struct node *n)
{
	struct loop *outer = c->loop;
	struct var *v = n->loop->value, *k = n->loop->counter;

	if (v)
		check_state(c, v)->may = MAY_VALID;
	if (k)
		check_state(c, k)->may = MAY_VALID;
	c->loop = n->loop;
	check_loop(c, n->loop->body);
	c->loop = outer;
}

/* --- assignment --- */

static void forget_key(struct check *c, const struct var *v)
{
	for (uint32_t i = 0; i < c->inst->n_vars && v->is_key; i++)
		if (c->flow.v[i].key == v)
			c->flow.v[i].map = NULL;
}

static void assign_state(struct check *c, struct var *v, struct node *value)
{
	struct vstate *s = check_state(c, v), from = {.may = MAY_NIL | MAY_VALID};
	struct node *key;
	uint64_t k;

	if (value->type->kind == T_NIL) {
		from.may = MAY_NIL;
	} else if (!type_is_nilable(value->type)) {
		from.may = MAY_VALID;
		from.loaded = true;
		v->hoist |= v->mixed;
	} else if (value->kind == N_NAME && value->var) {
		from = *check_state(c, value->var);
		from.loaded = v->type->kind == T_OPTION;
		if (v->type->kind == T_OPTION)
			from.may = MAY_VALID;
	} else if (value->callee) {
		from.may = value->callee->result_state ? value->callee->result_state
						       : MAY_NIL | MAY_VALID;
		/* A record that a helper reserved was zeroed there as needed. */
		from.loaded = value->type->kind == T_RECORD;
		from.fields = UINT64_MAX;
	} else if (value->helper && value->helper->result == 'L' && value->n == 2 && value->map) {
		key = value->list[1];
		if (key->kind == N_NAME && key->var) {
			from.map = value->map;
			from.key = key->var;
			key->var->is_key = true;
		} else if (const_eval(c->h, key, &k)) {
			from.map = value->map;
			from.key_value = k;
		}
	}
	*s = from;
}

static void check_assign(struct check *c, struct node *n)
{
	struct var *v;
	struct node *base;

	if (n->a->kind != N_NAME) {
		check_nilable(c, n->b);
		if (type_is_nilable(n->b->type))
			need_valid(c, n->b);
		for (base = n->a; base->kind == N_FIELD && base->a->kind == N_FIELD;)
			base = base->a;
		check_expr(c, n->a);
		if (base->kind == N_FIELD && base->field && base->a->kind == N_NAME &&
		    base->a->var && base->a->type->kind == T_RECORD)
			check_state(c, base->a->var)->fields |= 1ULL << base->field->index;
		return;
	}
	v = n->a->var;
	if (!v) {
		check_nilable(c, n->b);
		return;
	}
	/* The copy of a number needs the number; a pointer may be nil in both. */
	if (n->b->kind == N_NAME && n->b->type->kind == T_OPTION)
		check_expr(c, n->b);
	else
		check_nilable(c, n->b);
	if (v->loop != c->loop &&
	    (v->type->kind == T_OPTION || v->type->kind == T_POINTER || v->type->kind == T_RECORD))
		check_error(c, H037, n->a->span, v->span, "it lives outside",
			    "assign a number to a variable of its own",
			    fmt(c->h, "%s cannot be assigned inside a callback", v->name->s));
	if (v->type->kind == T_RECORD && (check_state(c, v)->may & MAY_VALID))
		check_error(c, H031, n->span, v->origin ? v->origin->span : v->span,
			    "reserved here", "submit or discard it first",
			    fmt(c->h, "%s still holds a record, which would be lost", v->name->s));
	forget_key(c, v);
	assign_state(c, v, n->b);
}

/* --- expressions --- */

static void check_return(struct check *c, struct node *n)
{
	if (n->a && !c->loop) {
		check_nilable(c, n->a);
		if (n->a->kind == N_NAME && n->a->var && type_is_nilable(n->a->type)) {
			c->inst->result_state |= check_state(c, n->a->var)->may;
			if (n->a->type->kind == T_RECORD) {
				c->quiet++;
				check_fields_set(c, n, n->a->var, check_state(c, n->a->var));
				c->quiet--;
				check_state(c, n->a->var)->may = MAY_DONE;
			}
		} else if (type_is_nilable(n->a->type)) {
			c->inst->result_state |=
				n->a->type->kind == T_NIL ? MAY_NIL : MAY_NIL | MAY_VALID;
		} else {
			c->inst->result_state |= MAY_VALID;
		}
	}
	leave(c, n->span);
	c->flow.dead = true;
}

static void check_binary(struct check *c, struct node *n)
{
	struct flow no;

	if (n->op == OP_OR && n->type->kind != T_BOOL) { /* value || default */
		check_nilable(c, n->a);
		flow_copy(c, &no, &c->flow);
		check_expr(c, n->b);
		flow_merge(c, &c->flow, &no);
		return;
	}
	if (n->op == OP_AND || n->op == OP_OR || n->op == OP_EQ || n->op == OP_NE) {
		if (n->op == OP_AND || n->op == OP_OR || n->a->type->kind == T_NIL ||
		    n->b->type->kind == T_NIL) {
			check_cond(c, n, &no);
			flow_merge(c, &c->flow, &no);
			return;
		}
	}
	check_expr(c, n->a);
	check_expr(c, n->b);
	if (n->op == OP_SUB)
		check_underflow(c, n);
}

/* Evaluates @n, whose own value may be nil. */
static void check_nilable(struct check *c, struct node *n)
{
	struct flow no;

	switch (n->kind) {
	case N_ASSIGN: check_assign(c, n); break;
	case N_IF: check_if(c, n); break;
	case N_CASE: check_case(c, n); break;
	case N_BLOCK: check_block(c, n); break;
	case N_RETURN: check_return(c, n); break;
	case N_FOR: check_loop(c, n->b); break;
	case N_EACH:
		if (n->loop)
			check_callback(c, n);
		break;
	case N_CALL: check_call(c, n); break;
	case N_BINARY: check_binary(c, n); break;
	case N_UNARY:
		if (n->op == OP_NOT) {
			check_cond(c, n, &no);
			flow_merge(c, &c->flow, &no);
		} else {
			check_expr(c, n->a);
		}
		break;
	case N_FIELD: check_expr(c, n->a); break;
	case N_INDEX:
		check_expr(c, n->a);
		check_expr(c, n->b);
		break;
	case N_STRUCT:
		for (uint32_t i = 0; i < n->n; i++)
			if (n->list[i]->kind == N_KEYVALUE)
				check_expr(c, n->list[i]->a);
		break;
	default: break;
	}
}

static void check_instance(struct honey *h, struct inst *inst)
{
	struct check c = {.h = h, .inst = inst};
	struct node *last = inst->body->n ? inst->body->list[inst->body->n - 1] : NULL;

	if (inst->n_vars > HONEY_MAX_VARS) {
		diag_at(h, H007, inst->func->span, "split it into helpers",
			"more than %d variables in one function", HONEY_MAX_VARS);
		return;
	}
	flow_init(&c, &c.flow);
	inst->param_exit = arena_array(&h->arena, uint8_t, inst->n_vars + 1);
	for (uint32_t i = 0; i < inst->func->n_params; i++) {
		c.flow.v[inst->params[i]->index] =
			(struct vstate){.may = MAY_VALID, .loaded = true};
	}
	check_block(&c, inst->body);
	if (!c.flow.dead && last && inst->want_last && last->kind != N_RETURN) {
		struct node ret = {.kind = N_RETURN, .span = last->span};

		if (last->kind == N_NAME || type_is_nilable(last->type)) {
			ret.a = last;
			c.quiet++;
			check_return(&c, &ret);
			c.quiet--;
			c.flow.dead = false;
			if (!type_is_nilable(inst->result))
				need_valid(&c, last);
		} else {
			inst->result_state |= MAY_VALID;
		}
	}
	leave(&c, last ? last->span : inst->func->span);
	flow_free(&c.flow);
	check_unused(&c);
}

void check_module(struct honey *h)
{
	for (uint32_t i = 0; i < h->n_insts; i++)
		check_instance(h, h->insts[i]);
}
