/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the emit*.c files share. */
#ifndef HONEY_EMIT_H
#define HONEY_EMIT_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/honey.h"
#include "honey/inst.h"

enum { EMIT_FLAGS = 3 };

/* What the prologue must define: found while the bodies are written. */
struct emit_needs {
	bool div, sdiv, rem, srem, min, max, smin, smax, null, flags[EMIT_FLAGS], task;
	bool raw_args, mmap_arg;
	const struct net *nets[16]; /* ends with NULL */
};

/* C's precedence, as far as parentheses matter. */
enum prec {
	PREC_TERNARY = 3,
	PREC_OR,
	PREC_AND,
	PREC_BOR,
	PREC_BXOR,
	PREC_BAND,
	PREC_EQ,
	PREC_REL,
	PREC_SHIFT,
	PREC_ADD,
	PREC_MUL,
	PREC_UNARY,
	PREC_PRIMARY
};

/* A number's type in C; no bits: it is no number. */
struct cint {
	uint8_t bits;
	bool sgn;
};

struct cexpr {
	const char *s;
	enum prec prec;
	struct cint c;
};

struct local {
	struct name *name;
	struct local *next;
	uint32_t stack; /* bytes in use before this scope's first */
	uint32_t stamp; /* whose the name was before: a callback's function is written within its
			   caller's */
};

struct emit {
	struct honey *h;
	struct emit_needs *needs;
	struct strbuf *out;   /* the function being written */
	struct strbuf *funcs; /* finished functions: callbacks come before their caller */
	struct inst *inst;
	struct loop *loop;
	struct local *locals; /* C names taken, innermost first */
	struct span span;     /* of the statement: for #line */
	unsigned int indent;
	bool lines;
	uint32_t presumed_file, presumed_line; /* what the next line of C counts as */
	uint32_t stack, stack_max;	       /* bytes of structs, keys and values */
	uint32_t stamp;
	const char *now; /* C name of the handler's one clock reading */
};

/* emit.c */
void emit_line(struct emit *e, const char *format, ...) PRINTF_LIKE(2, 3);
void emit_open(struct emit *e);	 /* indent, new scope */
void emit_close(struct emit *e); /* end of scope */
/* @base as C (and BTF) may spell it */
const char *emit_identifier(struct honey *h, const char *base);
/* A C name no one in sight has: @base, @base_2, ... It is free again when the scope closes. */
const char *emit_unique(struct emit *e, const char *base);
/* Counts @bytes of the scope as stack in use. */
void emit_stack(struct emit *e, uint32_t bytes);
/* "struct x *" + "p" without a space between */
const char *emit_declare(struct honey *h, const char *type, const char *name);

/* emit_stmt.c */
/* @now: the variant that is given the clock's reading */
void emit_function(struct emit *e, struct inst *inst, bool now);
/* Writes the function the kernel calls, and before the call the struct with what it uses: @name,
 * and the text of its argument @ctx. */
void emit_callback(struct emit *e, struct node *n, const char **name, const char **ctx);
/* Snapshots and zeroing that are due here. */
void emit_loads(struct emit *e, const struct var_list *l);
/* Into @target, as its declaration or not. */
void emit_struct_to(struct emit *e, struct node *n, const char *target, bool declare);
void emit_stmt(struct emit *e, struct node *n);
/* @n into @target, or into the function's result when that is "return", through its branches. */
void emit_value_to(struct emit *e, struct node *n, const char *target, const struct type *t);

/* emit_expr.c */
extern const char *const emit_flags[EMIT_FLAGS];	/* the kernel's names of 0, 1, 2 */
struct cexpr emit_expr(struct emit *e, struct node *n); /* the value */
const char *emit_text(struct emit *e, struct node *n, enum prec least); /* ( ) if it binds less */
struct cexpr emit_primary(const char *s);
/* With ( ) where @x binds less than @least. */
const char *emit_wrap(struct emit *e, struct cexpr x, enum prec least);
/* As emit_expr(), and of exactly the type inferred: for beside an operator of C. */
struct cexpr emit_operand(struct emit *e, struct node *n);
/* @found ? *@found : the value of @otherwise, of the type of @n */
struct cexpr emit_or_default(struct emit *e, const struct node *n, const char *found,
			     const struct type *elem, struct node *otherwise);
/* A new local of type @t holding @value. */
const char *emit_temp(struct emit *e, const struct type *t, const char *base, const char *value);
const char *emit_ptr(struct emit *e, struct node *n); /* what may be nil, as a pointer */
const char *emit_cond(struct emit *e, struct node *n);
/* The opposite of @n, without !(...) where C has a word for it. */
const char *emit_not(struct emit *e, struct node *n);
const char *emit_subject(struct emit *e, struct node *n); /* of a case */
const char *emit_var(struct emit *e, const struct var *v);
/* A struct's; a captured one travels by its address. */
const char *emit_var_address(struct emit *e, const struct var *v);
/* Does writing @n as C write statements first? */
bool emit_needs_stmts(const struct node *n);
const char *emit_string(struct honey *h, const char *s);

/* emit_call.c */
struct cexpr emit_call(struct emit *e, struct node *n);
void emit_each(struct emit *e, struct node *n);

#endif
