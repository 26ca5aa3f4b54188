/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of all variables at a point, copied and joined; and where a variable that has just
 * become known not to be nil needs a snapshot, or its tail zeroed. */
#include "lib/base.h"
#include "honey/check.h"

#include <stdlib.h>
#include <string.h>

void flow_init(struct check *c, struct flow *f)
{
	f->v = calloc(c->inst->n_vars + 1, sizeof(*f->v));
	if (!f->v)
		abort();
	f->dead = false;
}

void flow_copy(struct check *c, struct flow *to, const struct flow *from)
{
	flow_init(c, to);
	memcpy(to->v, from->v, sizeof(*to->v) * c->inst->n_vars);
	to->dead = from->dead;
}

void flow_free(struct flow *f)
{
	free(f->v);
	f->v = NULL;
}

void flow_swap(struct flow *a, struct flow *b)
{
	struct flow was = *a;

	*a = *b;
	*b = was;
}

void flow_merge(struct check *c, struct flow *a, struct flow *b)
{
	if (a->dead) {
		flow_swap(a, b);
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

bool flow_equal(struct check *c, const struct flow *a, const struct flow *b)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++)
		if (a->v[i].may != b->v[i].may || a->v[i].loaded != b->v[i].loaded ||
		    a->v[i].fields != b->v[i].fields || a->v[i].map != b->v[i].map)
			return false;
	return true;
}

/* Does knowing that @v is not nil need a statement? */
static bool needs_load(const struct var *v)
{
	return v->type->kind == T_RECORD || (v->type->kind == T_OPTION && v->value_used);
}

/* @v is loaded from here on; where that takes a statement, it goes in front of @list. */
static void add_load(struct check *c, struct var_list **list, struct var *v, struct vstate *s)
{
	struct var_list *l;

	s->loaded = true;
	if (!needs_load(v))
		return;
	l = arena_new(&c->h->arena, struct var_list);
	l->var = v;
	l->next = *list;
	*list = l;
}

struct var_list *check_edge_loads(struct check *c)
{
	struct var_list *list = NULL;

	for (uint32_t i = c->inst->n_vars; i-- > 0 && !c->flow.dead;) {
		struct var *v = c->inst->vars[i];
		struct vstate *s = &c->flow.v[i];

		if (s->may == MAY_VALID && !s->loaded && v->loop == c->loop)
			add_load(c, &list, v, s);
	}
	return list;
}

void check_hoist(struct var_list *l)
{
	for (; l; l = l->next)
		l->var->hoist = true;
}

void check_hoist_joined(struct check *c, const struct flow *before)
{
	for (uint32_t i = 0; i < c->inst->n_vars && !c->flow.dead; i++)
		if (c->flow.v[i].loaded && !before->v[i].loaded)
			c->inst->vars[i]->hoist = true;
}

struct var_list *check_missing_loads(struct check *c, struct flow *side, const struct flow *other)
{
	struct var_list *list = NULL;

	for (uint32_t i = 0; i < c->inst->n_vars && !side->dead && !other->dead; i++) {
		struct vstate *s = &side->v[i];

		if (s->may == MAY_VALID && !s->loaded && other->v[i].loaded &&
		    other->v[i].may == MAY_VALID)
			add_load(c, &list, c->inst->vars[i], s);
	}
	return list;
}
