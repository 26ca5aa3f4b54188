/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the check*.c files share: the state of the flow. */
#ifndef HONEY_CHECK_H
#define HONEY_CHECK_H

#include "lib/base.h"
#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/honey.h"
#include "honey/inst.h"

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

struct flow {
	struct vstate *v; /* by var->index; owned */
	bool dead;	  /* control never comes here */
};

/* A condition known to hold (or not to) here. */
struct fact {
	const struct node *cond;
	bool truth;
	struct fact *next;
};

struct check {
	struct honey *h;
	struct inst *inst;
	struct flow flow;
	struct loop *loop;
	struct fact *facts;
	struct span given_back; /* of the last submit or discard */
	unsigned int quiet;
};

/* check.c */
struct vstate *check_state(struct check *c, const struct var *v);
void check_error(struct check *c, enum diag_code code, struct span at, struct span note_at,
		 const char *note, const char *help, const char *text);
void check_expr(struct check *c, struct node *n);
void check_nilable(struct check *c, struct node *n); /* as above, and its value may be nil */
void check_block(struct check *c, struct node *n);

/* check_flow.c: a flow is owned by who made it, until it is freed or merged into another */
void flow_init(struct check *c, struct flow *f);
void flow_copy(struct check *c, struct flow *to, const struct flow *from);
void flow_free(struct flow *f);
void flow_swap(struct flow *a, struct flow *b);
/* @a becomes what holds when either was the case; @b is freed. */
void flow_merge(struct check *c, struct flow *a, struct flow *b);
bool flow_equal(struct check *c, const struct flow *a, const struct flow *b);
/* Snapshots to take and tails to zero where variables have just become known not to be nil. */
struct var_list *check_edge_loads(struct check *c);
/* Those that @side needs so that both sides have what @other has. */
struct var_list *check_missing_loads(struct check *c, struct flow *side, const struct flow *other);
void check_hoist(struct var_list *l);
/* After ways joined: a snapshot that all of them took must live outside them. */
void check_hoist_joined(struct check *c, const struct flow *before);

/* check_branch.c */
/* Evaluates @n; afterwards c->flow is the state if it is true, @no the state if not. */
void check_cond(struct check *c, struct node *n, struct flow *no);
void check_if(struct check *c, struct node *n);
void check_case(struct check *c, struct node *n);
void check_loop(struct check *c, struct node *body);
void check_callback(struct check *c, struct node *n);

/* check_call.c */
void check_call(struct check *c, struct node *n);
void check_underflow(struct check *c, struct node *n);
/* Marks a record whose fields are not all set on every path to be zeroed, and says so. */
void check_fields_set(struct check *c, struct node *n, struct var *v, const struct vstate *s);
void check_unused(struct check *c);

#endif
