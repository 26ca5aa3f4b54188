/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of all variables at a point, copied and joined. */
#include "lib/base.h"
#include "honey/flow.h"

#include <stdlib.h>
#include <string.h>

void flow_init(struct flow *f, uint32_t n)
{
	*f = (struct flow){.v = calloc(n + 1, sizeof(*f->v)), .n = n};
	if (!f->v)
		abort();
}

void flow_copy(struct flow *to, const struct flow *from)
{
	flow_init(to, from->n);
	memcpy(to->v, from->v, sizeof(*to->v) * from->n);
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

void flow_merge(struct flow *a, struct flow *b)
{
	if (a->dead) {
		flow_swap(a, b);
	} else if (!b->dead) {
		for (uint32_t i = 0; i < a->n; i++) {
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

bool flow_equal(const struct flow *a, const struct flow *b)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->v[i].may != b->v[i].may || a->v[i].loaded != b->v[i].loaded ||
		    a->v[i].fields != b->v[i].fields || a->v[i].map != b->v[i].map)
			return false;
	return true;
}
