/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The compiler of the Honey DSL: sources in; C, an object and messages out. The data's way:
 *
 *   text -> tokens (lex.c) -> tree (parse*.c) -> maps, structs, handlers (resolve.c)
 *        -> instances with typed trees (infer*.c) -> flow: nil, ring records (check.c)
 *        -> marks of optimisations (opt.c) -> C (emit*.c) -> clang (driver.c)
 *
 * The process is short-lived: everything lives in one arena that is released at the end, and no
 * node, type or name is freed by itself. No pass keeps a global.
 */
#ifndef HONEY_HONEY_H
#define HONEY_HONEY_H

#include "lib/arena.h"
#include "lib/base.h"
#include "honey/module.h"
#include "honey/opt.h"
#include "honey/types.h"

struct diag;
struct inst;
struct name;
struct source;
struct strbuf;
struct token;

enum {
	HONEY_MAX_ERRORS = 20,	   /* reported in one run; then it stops */
	HONEY_MAX_NESTING = 200,   /* brackets, blocks and operators within each other */
	HONEY_MAX_DEPTH = 400,	   /* height of an expression's tree, which a + b + c ... builds */
	HONEY_MAX_LOOPS = 6,	   /* loops within each other */
	HONEY_MAX_CALLS = 48,	   /* helpers calling helpers; all are inlined */
	HONEY_MAX_VARS = 1024,	   /* variables of a function */
	HONEY_MAX_FIELDS = 64,	   /* fields of a struct: one bit each in the flow */
	HONEY_MAX_WEIGHT = 200000, /* nodes of a handler once everything is inlined */
	HONEY_MAX_BYTES = 8 << 20, /* of source */
	HONEY_STACK_BYTES = 512,   /* the kernel's limit for a program's stack */
};

enum emit_kind { EMIT_OBJ, EMIT_C, EMIT_AST, EMIT_TOKENS };

struct honey_processor; /* honey/processor.h */

struct options {
	enum emit_kind emit;
	bool optimise[OPT_COUNT];
	bool json, remarks, no_lines, no_warnings, color;
	bool check_types;    /* the C asserts the type of each operand */
	const char *btf;     /* kernel BTF, NULL: $VMLINUX_BTF or the running kernel's */
	const char *tracefs; /* NULL: /sys/kernel/tracing */
	unsigned int kernel; /* oldest kernel to run on, 0: any */
	const char *clang;
	const struct honey_processor *processor; /* NULL: this machine's */
};

/* One run: the sources, what the passes made of them, and what there is to say. */
struct honey {
	struct arena arena;
	struct options opt;
	struct source *sources;
	uint32_t n_sources;
	struct token *tokens;
	size_t n_tokens;
	struct name **names; /* hash buckets */
	struct diag *diags;
	uint32_t n_diags, n_errors, n_warnings;
	bool stop;    /* too many errors */
	bool too_big; /* H036 was reported */
	struct module module;
	struct types types;
	struct inst **insts; /* reachable, callees before callers */
	uint32_t n_insts, n_made;
	unsigned int call_depth;
	uint32_t n_loops;
};

void honey_init(struct honey *h, const struct options *opt);
void honey_release(struct honey *h);
/* All passes up to C. Returns 0 or -EINVAL: errors were reported (diag_flush() shows them). */
int honey_compile(struct honey *h, struct strbuf *c);
/* Runs clang on @c. Returns an exit code after saying what went wrong. */
int driver_object(struct honey *h, const struct strbuf *c, const char *out);
/* Writes what -o asks for: a file, or stdout where @to is "-" or NULL. Returns 0 or -errno after
 * saying why. */
int honey_put(const struct strbuf *result, const char *to);

#endif
