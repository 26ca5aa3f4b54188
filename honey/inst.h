/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instances: a function for one combination of argument types and maps, with its variables and
 * callbacks. infer*.c make them, the passes after it fill in their part. */
#ifndef HONEY_INST_H
#define HONEY_INST_H

#include "lib/base.h"
#include "honey/srcmap.h"

struct func;
struct map;
struct name;
struct node;
struct section;
struct type;

/* A variable of an instance; inference gives it one type for all its assignments. */
struct var {
	struct name *name;
	struct span span; /* of the first assignment */
	struct inst *inst;
	struct type *type;
	bool negative;	     /* it is given a constant below 0 somewhere */
	uint32_t index;	     /* among the instance's variables */
	uint32_t loop_depth; /* of callbacks around its declaration */
	struct loop *loop;   /* innermost callback it belongs to, or NULL */
	bool is_param, is_counter, assigned_again, mixed;
	bool from_pid_tgid, from_clock, is_key;
	bool value_used, pointer_tested, used;
	bool hoist;		   /* snapshot is declared with the pointer */
	bool zero_all;		   /* RECORD: some field is not set on every path */
	bool bare;		   /* RECORD: its padding at the end is left as it is */
	uint64_t reserved;	   /* RECORD: bytes asked for */
	struct map *map;	   /* MAP: which one */
	uint64_t range_max;	   /* counter of for: its largest value */
	struct node *origin;	   /* RECORD: the reserve call */
	struct name **fields_seen; /* RECORD without a struct yet */
	uint32_t n_fields_seen;
	const char *c_name, *c_ptr; /* emit*.c */
	bool c_declared;
};

struct var_list {
	struct var *var;
	struct var_list *next;
};

/* A body that the kernel calls back: bpf_loop, bpf_for_each_map_elem, get_next_key. */
struct loop {
	struct loop *outer;
	struct inst *inst;
	struct var_list *captured;
	struct var *counter, *value; /* key or index; element */
	struct map *map;
	struct node *body;
	const char *c_name, *c_ctx; /* emit*.c */
};

/* A function for one combination of argument types and maps. */
struct inst {
	struct func *func;
	struct inst *next; /* of the same function */
	struct type **arg_types;
	struct map **arg_maps;
	uint8_t fuel;	/* how often the function may still call itself */
	bool want;	/* the caller uses the result */
	bool want_last; /* the last expression is (part of) the result */
	bool is_handler;
	const struct section *section; /* of the handler it is called from: decides ctx */
	struct node *body;
	struct var **params;
	struct var **vars;
	uint32_t n_vars;
	struct type *result;
	bool inferring, reported, deletes_map;
	bool uncalled;	/* a helper that no handler reaches */
	bool takes_now; /* there is a variant that is given the clock's reading */
	bool plain;	/* and one that reads it is needed too */
	bool timed;	/* a handler has a reading for the variant */
	uint32_t weight;
	uint32_t stack_bytes, n_callbacks, clock_stores;
	uint8_t *param_exit; /* check.c: state of each record parameter at the end */
	uint8_t result_state;
	const char *c_name;
	const char *c_name_now; /* of the variant */
	const char *c_target;	/* emit_stmt.c: where branches put their value */
	const struct type *c_target_type;
};

#endif
