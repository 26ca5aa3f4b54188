/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A definition between its text and its run, private to this folder: tokens become this tree
 * (parse.c), which gets its types (check.c) and is walked for each probe (run.c).
 */
#ifndef HARNESS_DEFINITION_TREE_H
#define HARNESS_DEFINITION_TREE_H

#include "harness/definition/definition.h"
#include "harness/definition/lex.h"
#include "harness/definition/syscalls.h"
#include "lib/arena.h"
#include "lib/base.h"

enum node_kind {
	NODE_NUMBER,
	NODE_TEXT,
	NODE_BUILTIN, /* pid, comm, nsecs, .. */
	NODE_FIELD,   /* args.x; of raw_syscalls also args.args[@index] */
	NODE_VAR,     /* $x */
	NODE_MAP,     /* @x[keys] */
	NODE_UNARY,   /* op a */
	NODE_BINARY,  /* a op b */
	NODE_TERNARY, /* a ? b : c */
	NODE_CAST,    /* (uint8)a */
	NODE_STR,     /* str(a, b) */
	NODE_STEP,    /* @x++, --$x: op is + or -, prefix where @index */
};

enum builtin {
	BUILTIN_PID,
	BUILTIN_TID,
	BUILTIN_UID,
	BUILTIN_GID,
	BUILTIN_CPU,
	BUILTIN_CGROUP,
	BUILTIN_NSECS,
	BUILTIN_COMM,
	BUILTIN_RETVAL,
	BUILTIN_PROBE,
};

/* What a field is read from. */
enum field_source {
	FIELD_ARG,     /* by name */
	FIELD_RAW_ARG, /* args.args[i] */
	FIELD_NR,
	FIELD_RET,
};

struct node {
	enum node_kind kind;
	enum token_kind op;
	struct place at;
	const char *text; /* of a text, a field, a variable, a map */
	size_t len;
	uint64_t number;
	bool literal; /* a number as it was written, perhaps with a minus before it */
	enum builtin builtin;
	enum field_source source;
	int index; /* of a raw argument, a variable; -1 of a number with a minus; 1 of ++x */
	struct node *a, *b, *c;
	struct node **keys; /* of a map */
	size_t nkeys;
	struct map *map;
	struct definition_kind type; /* check.c: of its value; 0 bytes while it is not known */
};

enum statement_kind {
	STATEMENT_SET,	 /* target = value */
	STATEMENT_COUNT, /* target = function(value): all functions of maps */
	STATEMENT_STEP,	 /* @x++ alone */
	STATEMENT_IF,
	STATEMENT_DELETE,
	STATEMENT_CLEAR,
	STATEMENT_ZERO,
	STATEMENT_PRINTF,
	STATEMENT_RETURN,
};

/* A conversion of a printf() with the text before it. */
struct piece {
	const char *before; /* literal text, terminated */
	const char *flags;  /* "%-10" */
	char conversion;    /* 'd', 's', ..; 0: the rest of the text, behind the last one */
	uint8_t bytes;	    /* of a number: how many of it are printed */
	const char *name;   /* of the field */
	struct node *value;
};

struct statement {
	enum statement_kind kind;
	struct place at;
	struct node *target, *value;
	enum definition_function function;
	int64_t lhist[3];
	uint8_t bits;
	bool compound; /* target op= value: @value has the target in it */
	struct statement *then, *otherwise;
	struct piece *pieces;
	size_t npieces;
	uint32_t number; /* of the printf */
	struct statement *next;
};

enum probe_side { PROBE_BEGIN, PROBE_END, PROBE_ENTER, PROBE_EXIT };

struct probe {
	enum probe_side side;
	bool raw;	  /* of raw_syscalls: any syscall */
	const char *name; /* behind sys_enter_: may have a * */
	struct place at;
	struct probe *next;
};

/* Probes, a predicate, and what is done. */
struct block {
	struct probe *probes;
	struct node *predicate;
	struct statement *body;
	struct place at;
	struct names vars; /* their types stand in @var_types */
	struct definition_kind *var_types;
	struct block *next;
};

struct map {
	struct definition_map is;
	bool typed, keyed; /* something was written; an access has said what the key is */
	bool signed_once;  /* something signed was written */
	bool said;	   /* its own sign counts no more: only += and the like wrote until then */
	size_t place;	   /* among all, by name */
	const char *doubt; /* why its values are what the implementation makes of them */
	struct map *next;
};

struct definition {
	struct arena arena;
	struct definition_words words;
	char name[256];
	struct block *blocks;
	struct map *maps;	    /* as they appear */
	struct definition_map *all; /* sorted */
	size_t nmaps;
	struct map **by_place;	   /* of @all, the same order */
	struct syscalls *syscalls; /* in the arena; what it knows of one is read when asked for */
	size_t nprintfs, nevents;  /* all, and those outside of BEGIN and END */
	uint8_t asks;
	uint32_t text_bytes; /* default capacity of str() */
	uint32_t text_most;  /* the longest that is used */
	bool texts_anywhere; /* str() of something that is no field: all texts are needed */
	struct names texts;  /* "openat" of those whose str(args.x) is used, with the arguments'
			      * bits beside it */
	uint8_t *text_args;
};

/* Appends "NAME:LINE:COL: TEXT" to @why, or says it. Returns -EINVAL. */
int definition_error(const struct definition *def, struct place at, struct strbuf *why,
		     const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Makes the pieces of a printf() of its format and values (pieces.c). 0 or -EINVAL after saying
 * why. */
int printf_pieces(struct definition *def, struct statement *s, const struct token *format,
		  struct node **values, size_t n, struct strbuf *why);
/* What a value is called: "filename", "comm"; "" where it has no name. */
const char *node_name(const struct node *n);

int parse(struct definition *def, const char *text, struct strbuf *why);
int check(struct definition *def, struct strbuf *why);

/* The probe called @text; NULL after saying why it is none. */
struct probe *probe_parse(struct definition *def, struct place at, const char *text,
			  struct strbuf *why);
/* Does the probe see that side of that syscall? */
bool probe_sees(const struct probe *p, const char *syscall, bool exit);
/* The type of an argument, as the release reads it. */
struct definition_kind argument_type(const struct definition *def, const struct syscall_arg *arg);

#endif
