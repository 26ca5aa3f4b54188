/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the infer*.c files share: the state of inference in one instance, and its steps. */
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
	struct var *assigned;	   /* whose value is looked at; NULL: none's, or not known yet */
	bool report;		   /* last round: say what is wrong */
	bool changed;
};

/* Each step gives the type of @n, T_ERROR where it reported. @want: its value is used. */

/* infer_expr.c */
struct type *infer_expr(struct infer *in, struct node *n, bool want);
struct type *infer_value(struct infer *in, struct node *n); /* a number: literals, options too */
struct type *infer_cond(struct infer *in, struct node *n);
void infer_use_value(struct node *n); /* an option is read, not only tested */
/* May @value be stored in memory of type @to? Reports what does not fit. */
bool infer_store(struct infer *in, struct type *to, struct node *value);
/* Says it only in the last round. */
void infer_error(struct infer *in, enum diag_code code, struct span at, const char *help,
		 const char *fmt, ...) PRINTF_LIKE(5, 6);
/* What to do with a value of @t where a number is needed; NULL: nothing of general use. */
const char *infer_instead_of(const struct type *t);
/* Says that @what is needed instead of @n. */
void infer_wants(struct infer *in, enum diag_code code, const struct node *n, const char *help,
		 const char *what);

/* infer.c */
void infer_push_scope(struct infer *in, struct scope_entry **mark);
void infer_pop_scope(struct infer *in, struct scope_entry *mark);
/* A new variable, not yet bound to its name. */
struct var *infer_declare(struct infer *in, struct name *name, struct span span, struct type *type);
void infer_bind(struct infer *in, struct name *name, struct var *v);
struct var *infer_find(struct infer *in, const struct name *name); /* or NULL */
/* A variable used in a callback but declared outside travels in a struct. */
void infer_capture(struct infer *in, struct var *v);
/* @v is also given a @t. */
void infer_join(struct infer *in, struct var *v, struct type *t, struct span at);
struct type *infer_name(struct infer *in, struct node *n, bool want);
/* The one for the arguments of @call, with its types; NULL after reporting. */
struct inst *infer_instance(struct infer *from, struct func *f, struct node *call, bool want);

/* infer_stmt.c */
struct type *infer_block(struct infer *in, struct node *n, bool want);
struct type *infer_assign(struct infer *in, struct node *n);
struct type *infer_if(struct infer *in, struct node *n, bool want);
struct type *infer_case(struct infer *in, struct node *n, bool want);
struct type *infer_return(struct infer *in, struct node *n);
struct type *infer_for(struct infer *in, struct node *n);
struct type *infer_each(struct infer *in, struct node *n);
/* The argument @fn of the call @n; @m is NULL for bpf_loop. */
void infer_callback(struct infer *in, struct node *n, struct map *m, struct node *fn);

/* infer_call.c */
struct type *infer_call(struct infer *in, struct node *n, bool want);
struct map *infer_map_arg(struct infer *in, struct node *arg); /* or NULL after reporting */
/* The function of @name with so many parameters, or NULL. */
struct func *infer_func(const struct name *name, uint32_t n_params);
/* Is it one of Elixir's functions that become operators: div(a, b), Bitwise.bxor(a, b), u32(a)? */
bool infer_is_builtin(const struct node *n);
bool infer_is_net(const struct node *n); /* Honey.XDP.pass(), Honey.Ethhdr.h_source(packet) */
const char *infer_why_not(const struct map *m); /* a help: what @m is for; may be NULL */

#endif
