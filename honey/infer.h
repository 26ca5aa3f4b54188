/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the infer*.c files share: the state of inference in one instance. */
#ifndef HONEY_INFER_H
#define HONEY_INFER_H

#include "lib/base.h"
#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/honey.h"
#include "honey/inst.h"

struct scope_entry {
	struct name *name;
	struct var *shadowed; /* what the name meant before */
	struct scope_entry *next;
};

/* State of inference in one instance; the walk is repeated until no variable's type changes. */
struct infer {
	struct honey *h;
	struct inst *inst;
	struct loop *loop;
	uint32_t loop_depth, for_depth;
	struct scope_entry *scope; /* names to give back at the end of the block */
	bool report;		   /* last round: say what is wrong */
	bool changed;
};

struct inst *infer_instance(struct infer *from, struct func *f, struct node *call, bool want);
void infer_push_scope(struct infer *in, struct scope_entry **mark);
void infer_pop_scope(struct infer *in, struct scope_entry *mark);
void infer_bind(struct infer *in, struct name *name, struct var *v);
void infer_capture(struct infer *in, struct var *v);
struct type *infer_cond(struct infer *in, struct node *n);
void infer_use_value(struct infer *in, struct node *n); /* an option is read, not only tested */
bool infer_store(struct infer *in, struct type *to, struct node *value);
struct map *infer_map_arg(struct infer *in, struct node *arg);
void infer_loop_body(struct infer *in, struct node *n, struct node *body);
struct type *infer_expr(struct infer *in, struct node *n, bool want);
struct type *infer_block(struct infer *in, struct node *n, bool want);
struct type *infer_call(struct infer *in, struct node *n, bool want);
/* infer_expr.c */
struct type *infer_binary(struct infer *in, struct node *n);
struct type *infer_unary(struct infer *in, struct node *n);
struct type *infer_field(struct infer *in, struct node *n);
struct type *infer_index(struct infer *in, struct node *n);
struct type *infer_struct(struct infer *in, struct node *n);
struct var *infer_declare(struct infer *in, struct name *name, struct span span, struct type *type);
void infer_join(struct infer *in, struct var *v, struct type *t, struct span at);
struct type *infer_value(struct infer *in, struct node *n); /* a number: literals, options too */
struct type *infer_lookup_type(struct infer *in, const struct map *m);
void infer_error(struct infer *in, enum diag_code code, struct span at, const char *help,
		 const char *fmt, ...) PRINTF_LIKE(5, 6);
bool expr_has_value(const struct node *n);

#endif
