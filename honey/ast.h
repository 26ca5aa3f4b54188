/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tree of expressions and statements (nodes.def): the parser makes it, later passes fill it in.
 */
#ifndef HONEY_AST_H
#define HONEY_AST_H

#include <stdio.h>

#include "lib/base.h"
#include "honey/lex.h"

struct honey;
struct type;
struct var;

enum node_kind {
#define NODE(name) N_##name,
#include "honey/nodes.def"
#undef NODE
};

/* One fat struct by choice: every pass reads what it needs. The first group is the parser's; the
 * others are filled by the pass named above them, per instance (bodies are cloned). */
struct node {
	enum node_kind kind;
	enum op op; /* UNARY, BINARY */
	struct span span;
	struct span name_span; /* CALL, FIELD, KEYVALUE: the name alone */
	struct name *name;     /* NAME, CALL, FIELD, ATOM, STRUCT, KEYVALUE */
	const char *module;    /* CALL: "Honey.BpfHelpers" or NULL */
	const char *str;       /* STRING */
	uint64_t value;	       /* INT, BOOL; CASE clause: see CLAUSE */
	bool hex;	       /* INT */
	bool bar;	       /* BINARY: ||| was written | */
	bool parens;	       /* was written in ( ) */
	bool negated;	       /* IF: unless */
	bool of_case;	       /* IF: was a case */
	bool pattern;	       /* ASSIGN: the name of a clause */
	bool stands;	       /* TUPLE, LIST, STRING: a name stood here for it */
	bool splice;	       /* BLOCK: its statements belong to the block around it */
	bool own;	       /* ASSIGN: always a new variable of this block */
	uint16_t depth;	       /* height of the tree below */
	struct node *a, *b,
		*c;	    /* operands; IF: condition, then, else; CLAUSE: pattern, guard, body */
	struct node **list; /* CALL arguments, BLOCK statements, clauses, LIST items */
	uint32_t n;
	/* infer*.c */
	struct type *type;
	struct var *var;	     /* NAME; FOR, EACH: the counter or key; IF: value temporary */
	const struct helper *helper; /* CALL */
	struct map *map;	     /* ATOM or NAME that is a map; CALL: the map used */
	struct inst *callee;	     /* CALL of def or defp */
	const struct ctx_field *ctx_field;
	struct field *field;   /* FIELD */
	const struct net *net; /* CALL: of Honey.Ethhdr */
	struct loop *loop;     /* EACH, CALL of bpf_loop and bpf_for_each_map_elem */
	uint8_t fuel;	       /* CALL: how often the function may call itself */
	bool want;	       /* the value is used */
	bool lenient;	       /* CASE: gives 0 where nothing matches */
	bool masked;	       /* an operand of &&&, which its sign does not matter to */
	/* check.c */
	struct var_list *loads;	      /* before this node runs: snapshots to take, tails to zero */
	struct var_list *else_loads;  /* IF: at the start of the else side */
	struct var_list *loads_after; /* IF: after it, when one side left */
	struct var *in_place;	      /* update call: the pointer to this key's value */
	bool self_update;	      /* update call: stores the element into itself */
	/* opt.c */
	bool elide;    /* leave this statement out */
	bool use_now;  /* clock call: take the handler's one reading */
	bool read_now; /* statement: read the clock before it */
	/* emit_stmt.c */
	bool want_tail; /* BLOCK: its last value goes to the target */
};

struct node *node_new(struct honey *h, enum node_kind kind, struct span span);
struct node *node_clone(struct honey *h, const struct node *n);
/* Appends @item to the list of @list. */
void node_add(struct honey *h, struct node *list, struct node *item);
/* The parts of @n for who walks all: three operands (NULL where it has none), then its list. */
static inline uint32_t node_parts(const struct node *n)
{
	return 3 + n->n;
}

static inline struct node *node_part(const struct node *n, uint32_t i)
{
	return i == 0 ? n->a : i == 1 ? n->b : i == 2 ? n->c : n->list[i - 3];
}

/* The last statement of a block, or NULL. */
static inline struct node *block_last(const struct node *block)
{
	return block->n ? block->list[block->n - 1] : NULL;
}

/* Does control never pass the end of @block? */
static inline bool block_returns(const struct node *block)
{
	return block->n && block_last(block)->kind == N_RETURN;
}

/* Does one of the clauses always match? */
bool case_is_total(const struct node *n);

void ast_dump(const struct honey *h, FILE *out);

#endif
