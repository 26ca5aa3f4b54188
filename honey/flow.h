/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known of all variables of an instance at a point of its body: copied where ways part,
 * joined where they meet. */
#ifndef HONEY_FLOW_H
#define HONEY_FLOW_H

#include "lib/base.h"

struct map;
struct var;

enum {
	MAY_NIL = 1,
	MAY_VALID = 2, /* a record: reserved and not given back */
	MAY_DONE = 4,  /* a record: submitted or discarded */
};

/* What is known of a variable at a point. */
struct vstate {
	uint8_t may;
	bool loaded;	 /* its snapshot was taken, or its tail zeroed, on every path */
	uint64_t fields; /* RECORD: set on every path, a bit each */
	struct map *map; /* it is the element of this map... */
	struct var *key; /* ...whose key is this variable's value still, or key_value */
	uint64_t key_value;
};

/* Owned by who made it, until it is freed or merged into another. */
struct flow {
	struct vstate *v; /* by var->index; owned */
	uint32_t n;
	bool dead; /* control never comes here */
};

void flow_init(struct flow *f, uint32_t n);
void flow_copy(struct flow *to, const struct flow *from);
void flow_free(struct flow *f);
void flow_swap(struct flow *a, struct flow *b);
/* @a becomes what holds when either was the case; @b is freed. */
void flow_merge(struct flow *a, struct flow *b);
bool flow_equal(const struct flow *a, const struct flow *b);

#endif
