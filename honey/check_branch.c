/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where ways part and join: conditions and what they teach of nil, if, case, loops. */
#include "lib/base.h"
#include "honey/check.h"

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

void check_cond(struct check *c, struct node *n, struct flow *no)
{
	struct flow first;

	if (n->kind == N_UNARY && n->op == OP_NOT) {
		check_cond(c, n->a, no);
		flow_swap(&c->flow, no);
	} else if (n->kind == N_BINARY && (n->op == OP_AND || n->op == OP_OR) &&
		   n->type->kind == T_BOOL) {
		check_cond(c, n->a, &first);
		if (n->op == OP_OR)
			flow_swap(&c->flow, &first);
		n->b->loads = check_edge_loads(c);
		check_hoist(n->b->loads);
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

static void add_fact(struct check *c, const struct node *cond, bool truth)
{
	struct fact *f = arena_new(&c->h->arena, struct fact);

	*f = (struct fact){cond, truth, c->facts};
	c->facts = f;
}

void check_if(struct check *c, struct node *n)
{
	struct fact *facts = c->facts;
	struct flow no, before;
	bool then_dead;

	flow_copy(c, &before, &c->flow);
	check_cond(c, n->a, &no);
	if (n->negated)
		flow_swap(&c->flow, &no);
	add_fact(c, n->a, !n->negated);
	check_block(c, n->b);
	c->facts = facts;
	then_dead = c->flow.dead;
	n->else_loads = n->loads_after = NULL;
	if (n->c) {
		flow_swap(&c->flow, &no);
		add_fact(c, n->a, n->negated);
		check_block(c, n->c);
		c->facts = facts;
		if (c->flow.dead && !then_dead)
			add_fact(c, n->a, !n->negated);
	} else if (!then_dead) {
		n->else_loads = check_missing_loads(c, &no, &c->flow);
	}
	flow_merge(c, &c->flow, &no);
	check_hoist_joined(c, &before);
	if (then_dead) {
		if (!n->c)
			n->loads_after = check_edge_loads(c);
		add_fact(c, n->a, n->negated);
	}
	flow_free(&before);
}

void check_case(struct check *c, struct node *n)
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
	check_hoist_joined(c, &before);
	flow_free(&before);
}

/* Runs @body from ever wider states until they do not widen, then once more to report. */
void check_loop(struct check *c, struct node *body)
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
