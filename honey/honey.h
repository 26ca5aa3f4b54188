/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The compiler's shared types and passes, one section a file, in the order the data takes:
 *
 *   text -> tokens (lex.c) -> tree (parse*.c) -> maps, structs, handlers (resolve.c)
 *        -> instances with typed trees (types.c) -> flow: nil, ring records (check.c)
 *        -> marks of optimisations (opt.c) -> C (emit*.c) -> clang (driver.c)
 *
 * The process is short-lived: everything lives in one arena that is released at the end, and no
 * node, type or name is freed by itself. No pass keeps a global.
 */
#ifndef HONEY_HONEY_H
#define HONEY_HONEY_H

#include <stdio.h>

#include "lib/arena.h"
#include "lib/base.h"
#include "lib/strbuf.h"

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

struct honey;
struct node;
struct type;

/* --- srcmap.c: where text is -------------------------------------------------------------------
 */

struct source {
	const char *path; /* as given on the command line, for messages */
	const char *name; /* without folders, for #line and the object */
	const char *text; /* terminated */
	size_t len;
	uint32_t *line_start; /* offsets of the lines' first bytes */
	uint32_t n_lines;
};

struct span {
	uint32_t file, start, end; /* index into sources, byte offsets; end is one past the last */
};

struct place {
	const struct source *src;
	uint32_t line, column; /* both from 1; columns count characters, not bytes */
};

struct source *srcmap_add(struct honey *h, const char *path, const char *text, size_t len);
struct place srcmap_place(const struct honey *h, uint32_t file, uint32_t offset);
/* The text of a line without its newline; sets @len. */
const char *srcmap_line(const struct source *src, uint32_t line, size_t *len);
struct span span_join(struct span a, struct span b);

/* --- diag.c: errors, warnings, remarks ---------------------------------------------------------
 */

enum severity { SEV_ERROR, SEV_WARNING, SEV_REMARK };

enum diag_code {
#define DIAG(code, severity, title) code,
#include "honey/errors.def"
#undef DIAG
	DIAG_COUNT
};

struct diag {
	enum diag_code code;
	struct span span;
	const char *text;  /* what is wrong */
	const char *label; /* short words beside the underline, or NULL */
	const char *help;  /* what to write instead, or NULL */
	struct span note_span;
	const char *note; /* a second place that matters, or NULL */
};

/* The one function all passes report through. Repeats (same code, same place) are dropped. */
void diag_report(struct honey *h, const struct diag *d);
/* Shorthand: text by printf, and a help that may be NULL. */
void diag_at(struct honey *h, enum diag_code code, struct span span, const char *help,
	     const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Prints what was collected in the order of the text, and the closing count, to @out. */
void diag_flush(struct honey *h, FILE *out);
const char *diag_name(enum diag_code code);
/* Prints the long text of a code such as H012. Returns 0, or -ENOENT (nothing printed). */
int diag_explain(const char *code, FILE *out);
/* @fmt in the compiler's arena. */
char *fmt(struct honey *h, const char *format, ...) PRINTF_LIKE(2, 3);

/* --- lex.c -------------------------------------------------------------------------------------
 */

enum token_kind {
	TOK_EOF,
	TOK_IDENT,
	TOK_ALIAS, /* Uppercase name */
	TOK_ATOM,  /* :name */
	TOK_KEY,   /* name: before a value */
	TOK_INT,
	TOK_STRING, /* "..." or a heredoc */
	TOK_AT,	    /* @name */
	TOK_OP,	    /* operators and brackets: @op */
	TOK_DO,
	TOK_END,
	TOK_ELSE,
	TOK_FN,
	TOK_ERROR, /* already reported */
};

enum op {
#define OP(name, text) OP_##name,
#include "honey/ops.def"
#undef OP
};

/* A name is interned: equal texts are the same pointer. What it means is found here in one step. */
struct name {
	const char *s;
	uint32_t len, hash;
	struct name *next; /* in its hash bucket */
	struct var *var;   /* innermost variable in scope during resolving */
	struct func *func; /* functions, linked by ->other_arity */
	struct map *map;
	struct strct *strct;
	struct attr *attr;
	struct param *param;
	uint32_t c_stamp; /* emit.c: taken as a C name in the function of this stamp */
	bool c_global;	  /* emit_module.c: a function's name in the C */
};

struct token {
	enum token_kind kind;
	enum op op;
	struct span span;
	struct name *name; /* IDENT, ALIAS, ATOM, KEY, AT */
	const char *str;   /* STRING: the value */
	uint64_t value;	   /* INT */
	bool hex;	   /* INT was written in base 16 */
	bool nl_before;	   /* first of its line */
	bool space_before;
	bool space_after;
};

const char *op_text(enum op op);
struct name *name_intern(struct honey *h, const char *s, size_t len);
/* Appends the tokens of source @file to h->tokens, ending with TOK_EOF. */
void lex_file(struct honey *h, uint32_t file);
void lex_dump(const struct honey *h, FILE *out);

/* --- ast.c: the tree ---------------------------------------------------------------------------
 */

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
	bool parens;	       /* was written in ( ) */
	bool negated;	       /* IF: unless */
	uint16_t depth;	       /* height of the tree below */
	struct node *a, *b,
		*c;	    /* operands; IF: condition, then, else; CLAUSE: pattern, guard, body */
	struct node **list; /* CALL arguments, BLOCK statements, clauses, LIST items */
	uint32_t n;
	/* types.c */
	struct type *type;
	struct var *var;	     /* NAME; FOR, EACH: the counter or key; IF: value temporary */
	const struct helper *helper; /* CALL */
	struct map *map;	     /* ATOM or NAME that is a map; CALL: the map used */
	struct inst *callee;	     /* CALL of def or defp */
	const struct ctx_field *ctx_field;
	struct field *field; /* FIELD */
	struct loop *loop;   /* EACH, CALL of bpf_loop and bpf_for_each_map_elem */
	bool want;	     /* the value is used */
	/* check.c */
	struct var_list *loads;	      /* before this node runs: snapshots to take, tails to zero */
	struct var_list *else_loads;  /* IF: at the start of the else side */
	struct var_list *loads_after; /* IF: after it, when one side left */
	struct var *in_place;	      /* update call: the pointer to this key's value */
	bool self_update;	      /* update call: stores the element into itself */
	bool sets_all;		      /* RETURN, if last: control never passes */
	/* opt.c */
	bool elide;    /* leave this statement out */
	bool use_now;  /* clock call: take the handler's one reading */
	bool read_now; /* statement: read the clock before it */
	/* emit_stmt.c */
	bool want_tail; /* BLOCK: its last value goes to the target */
};

struct var_list {
	struct var *var;
	struct var_list *next;
};

struct node *node_new(struct honey *h, enum node_kind kind, struct span span);
struct node *node_clone(struct honey *h, const struct node *n);
const char *node_kind_name(enum node_kind kind);
void ast_dump(const struct honey *h, FILE *out);

/* --- parse.c, parse_expr.c ---------------------------------------------------------------------
 */

struct attr {
	struct name *name;
	struct span span;
	struct node *value;
	bool used;
};

/* A number that the loader may set before the program is loaded. */
struct param {
	struct name *name;
	struct span span;
	struct node *type_node, *value_node;
	struct type *type;
	uint64_t value;
};

struct field {
	struct name *name;
	struct span span;
	struct type *type;
	struct node *type_node, *size_node;
	uint32_t offset, size, index;
};

struct strct {
	struct name *name;
	struct span span;
	struct field *fields;
	uint32_t n_fields;
	uint32_t size, align;
	uint32_t end; /* bytes used, without the padding at the end */
	bool laid_out, visiting, in_map, as_record;
	struct type *value, *pointer, *record; /* the three ways to hold one */
};

struct map {
	struct name *name;
	struct span span;
	const struct map_kind *kind;
	struct node **options; /* KEYVALUE */
	uint32_t n_options;
	struct type *key, *value; /* NULL where the kind has none */
	uint64_t max_entries;
	bool broken; /* reported; do not complain about its uses */
};

struct func {
	struct name *name;
	struct span span; /* the head */
	bool is_private;
	struct node **params; /* NAME nodes */
	uint32_t n_params;
	struct node *body; /* BLOCK */
	const char *sec;   /* NULL: a helper */
	struct span sec_span;
	const struct section *section;
	struct func *other_arity; /* same name */
	struct inst *instances;
	struct inst *handler;
	bool called; /* or at least tried to */
};

struct module {
	struct name *name; /* first defmodule, or NULL */
	const char *license;
	struct span license_span;
	struct map **maps;
	struct strct **structs;
	struct func **funcs;
	struct attr **attrs; /* every setting, in order */
	struct param **params;
	uint32_t n_maps, n_structs, n_funcs, n_attrs, n_params;
};

struct parser {
	struct honey *h;
	const struct token *tok; /* the next one */
	unsigned int nesting;
	bool panic; /* an error was reported and no statement began since */
	const char *pending_sec;
	struct span pending_sec_span;
	struct span suspect; /* opener of a block whose 'end' stands further left */
	bool has_suspect;
};

void parse_module(struct honey *h);
/* parse.c for parse_expr.c */
struct node *parse_block(struct parser *p, struct span open, const char *what);
struct node *parse_stmts(struct parser *p, bool in_clause);
bool parse_at_clause(const struct parser *p);
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);
/* parse_control.c for parse_expr.c */
struct node *parse_fn(struct parser *p);
struct node *parse_if(struct parser *p);
struct node *parse_for(struct parser *p);
struct node *parse_case(struct parser *p, enum node_kind kind);
/* parse_expr.c for the others */
struct node *parse_name_node(struct parser *p, enum node_kind kind, const struct token *t);
/* Completes a node of @a and @b: its span and its height. */
struct node *parse_combine(struct parser *p, struct node *n, struct node *a, struct node *b);
void parse_too_deep(struct parser *p, struct span span);
struct node *parse_expr(struct parser *p);
struct node *parse_args(struct parser *p, struct node *call, bool parens);
const struct token *parse_peek(const struct parser *p, int ahead);
bool parse_is_op(const struct parser *p, enum op op);
bool parse_accept_op(struct parser *p, enum op op);
bool parse_expect_op(struct parser *p, enum op op, const char *where);
bool parse_is_word(const struct parser *p, const char *word);
void parse_error(struct parser *p, const struct token *t, const char *help, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
const char *parse_token_text(struct parser *p, const struct token *t);
void node_add(struct honey *h, struct node *list, struct node *item);

/* --- types.c: what a value is ------------------------------------------------------------------
 */

enum type_kind {
	T_ERROR, /* reported already; goes with everything */
	T_VOID,
	T_NIL,
	T_BOOL,
	T_INT,	   /* @bits, @sgn */
	T_LITERAL, /* number without a width yet: @bits 32 or 64, @sgn when negative */
	T_STRUCT,  /* by value, on the stack */
	T_POINTER, /* to a struct in a map: nil until checked */
	T_RECORD,  /* reserved in a ring buffer: nil until checked, must be given back */
	T_OPTION,  /* a number in a map: nil until checked, then its value */
	T_ARRAY,   /* @count of @elem, in memory; a string is an array of char */
	T_STRING,  /* a literal */
	T_ATOM,
	T_MAP,
	T_CTX,
	T_ARGS, /* ctx.args */
	T_TASK,
	T_FN,
};

struct type {
	enum type_kind kind;
	uint8_t bits;
	bool sgn;
	bool is_char;		       /* T_ARRAY of a string */
	struct strct *strct;	       /* STRUCT, POINTER, RECORD */
	struct type *elem;	       /* OPTION, ARRAY */
	uint32_t count;		       /* ARRAY */
	struct type *option;	       /* INT: the T_OPTION of it */
	const struct section *section; /* CTX */
};

struct types {
	struct type error, void_, nil, bool_, string, atom, map, args, task, fn;
	struct type ints[2][4]; /* [signed][log2(bytes)] */
	struct type options[2][4];
	struct type lit32, lit64, litneg;
};

struct var {
	struct name *name;
	struct span span; /* of the first assignment */
	struct inst *inst;
	struct type *type;
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
	const char *c_name, *c_ptr; /* emit.c */
	bool c_declared, c_snapshot;
};

/* A body that the kernel calls back: bpf_loop, bpf_for_each_map_elem, get_next_key. */
struct loop {
	struct loop *outer;
	struct inst *inst;
	struct var_list *captured;
	struct var *counter, *value; /* key or index; element */
	struct map *map;
	struct node *body;
	uint32_t id;
	const char *c_name, *c_ctx; /* emit.c */
};

/* A function for one combination of argument types and maps. */
struct inst {
	struct func *func;
	struct inst *next; /* of the same function */
	struct type **arg_types;
	struct map **arg_maps;
	bool want;	/* the caller uses the result */
	bool want_last; /* the last expression is (part of) the result */
	bool is_handler;
	const struct section *section; /* of the handler it is called from: decides ctx */
	struct node *body;
	struct var **params;
	struct var **vars;
	uint32_t n_vars, cap_vars;
	struct type *result;
	bool inferred, inferring, reported, checked, checking, deletes_map, calls_clock;
	bool uncalled;	/* a helper that no handler reaches */
	bool takes_now; /* there is a variant that is given the clock's reading */
	bool plain;	/* and one that reads it is needed too */
	bool timed;	/* a handler has a reading for the variant */
	uint32_t weight;
	uint32_t stack_bytes, n_callbacks, clock_stores;
	uint32_t id;	     /* number among the function's emitted instances, from 1 */
	uint8_t *param_exit; /* check.c: state of each record parameter at the end */
	uint8_t result_state;
	const char *c_name;
	const char *c_name_now; /* of the variant */
	const char *c_target;	/* emit_stmt.c: where branches put their value */
	const struct type *c_target_type;
};

void types_init(struct honey *h);
struct type *type_int(struct honey *h, unsigned int bits, bool sgn);
struct type *type_option(struct honey *h, struct type *of);
struct type *type_array(struct honey *h, struct type *elem, uint32_t count, bool is_char);
bool type_is_number(const struct type *t); /* INT or LITERAL */
bool type_is_nilable(const struct type *t);
uint32_t type_size(const struct type *t);
uint32_t type_align(const struct type *t);
const char *type_text(struct honey *h, const struct type *t); /* for messages */
const char *type_c(struct honey *h, const struct type *t);    /* the C of it */
struct type *type_join(struct honey *h, struct type *a, struct type *b, bool *ok);

/* --- resolve.c: declarations -------------------------------------------------------------------
 */

struct map_kind {
	const char *name; /* :bpf_hash */
	const char *c;	  /* BPF_MAP_TYPE_HASH */
	unsigned int number;
	bool key, value;
	bool ring, stack, task, per_cpu, array;
	const char *kernel;
};

void resolve_module(struct honey *h);
struct strct *resolve_struct(struct honey *h, const struct name *name); /* also x_struct for x */
struct type *resolve_type_name(struct honey *h, const struct name *name);
/* The constant's value. Returns false when @n is none. */
bool const_eval(struct honey *h, const struct node *n, uint64_t *value);

/* --- infer.c, infer_call.c: names and types of a body ------------------------------------------
 */

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

/* All instances reachable from the handlers (and helpers nobody calls), with types. */
void infer_module(struct honey *h);
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

/* --- helpers.c: the kernel's functions ---------------------------------------------------------
 */

enum {
	PROG_TRACE = 1,
	PROG_NET = 2,
	PROG_ANY = 3,
};

enum helper_id {
#define HELPER(name, result, args, progs, kernel, gpl, text) HELPER_##name,
#include "honey/helpers.def"
#undef HELPER
	HELPER_COUNT
};

struct helper {
	enum helper_id id;
	const char *name;
	char result;
	const char *args;
	unsigned int progs;
	unsigned int kernel; /* oldest, major * 100 + minor */
	bool gpl;
	const char *text;
};

const struct helper *helper_find(const struct name *name);
const char *helper_suggest(const char *word);
void helpers_print(FILE *out); /* the table of docs/honey.md */

/* --- ctx.c, btf.c: sections and their contexts -------------------------------------------------
 */

enum ctx_kind { CTX_OPAQUE, CTX_TRACEPOINT, CTX_ARGS_STRUCT, CTX_ARGS_ARRAY };

struct ctx_field {
	const char *name;
	struct type *type;
	uint32_t offset, size;
};

struct section {
	const char *text; /* the whole of SEC() */
	const char *kind; /* tracepoint */
	enum ctx_kind ctx;
	unsigned int progs;
	const char *c_struct; /* of the context, or NULL for void */
	const char *from;     /* built in, BTF or tracefs */
	bool core;	      /* offsets are fixed up at load time */
	struct ctx_field *fields;
	uint32_t n_fields;
	uint32_t args_offset, n_args; /* ctx.args, 0: none */
	bool no_fields_known;
	bool *used; /* by field: emitted */
	bool args_used;
	bool emitted;
};

/* The section of a handler, or NULL after reporting. */
const struct section *ctx_section(struct honey *h, const char *sec, struct span span);
const struct ctx_field *ctx_find(const struct section *s, const char *name);

/* Fields of struct trace_event_raw_@event in the BTF file @path. Returns their number or -errno. */
int btf_event_fields(struct honey *h, const char *path, const char *event, struct ctx_field **out);
/* As above from BTF in memory; every offset is checked (the fuzzer feeds it). */
int btf_parse_event(struct honey *h, const void *data, size_t len, const char *event,
		    struct ctx_field **out);
/* Fields of a tracefs format text. Returns their number or -errno. */
int tracefs_parse_format(struct honey *h, const char *text, struct ctx_field **out);

/* --- check.c: flow -----------------------------------------------------------------------------
 */

void check_module(struct honey *h);

/* --- opt.c -------------------------------------------------------------------------------------
 */

#define HONEY_OPTIMISATIONS(X)                                                                     \
	X(ELIDE_SELF_UPDATE, "elide-self-update",                                                  \
	  "leave out bpf_map_update_elem of an element with itself")                               \
	X(UPDATE_IN_PLACE, "update-in-place",                                                      \
	  "store through the looked-up pointer instead of updating the same key")                  \
	X(REUSE_CLOCK, "reuse-clock", "read the clock once where it is only stored")               \
	X(EXACT_RECORD, "exact-record",                                                            \
	  "reserve the struct's size, as C does: no more, padding not zeroed")

enum optimisation {
#define X(id, name, text) OPT_##id,
	HONEY_OPTIMISATIONS(X)
#undef X
		OPT_COUNT
};

/* Sets one by "NAME" or "no-NAME". Returns 0 or -ENOENT (nearest name in *@near, may be NULL). */
int opt_set(bool enabled[OPT_COUNT], const char *name, const char **near);
void opt_list(FILE *out);
void opt_module(struct honey *h);

/* --- emit*.c: C --------------------------------------------------------------------------------
 */

/* The whole C text. @lines: with #line for the object, without for people. */
void emit_module(struct honey *h, struct strbuf *out, bool lines);
/* Words of C and of bpf_helpers.h that no name of the source may be in the object. */
bool emit_is_c_word(const char *s, bool is_field);

/* --- compile.c, driver.c -----------------------------------------------------------------------
 */

enum emit_kind { EMIT_OBJ, EMIT_C, EMIT_AST, EMIT_TOKENS };

struct options {
	enum emit_kind emit;
	bool optimise[OPT_COUNT];
	bool json, remarks, no_lines, no_warnings, color;
	const char *btf;     /* kernel BTF, NULL: $VMLINUX_BTF or the running kernel's */
	const char *tracefs; /* NULL: /sys/kernel/tracing */
	unsigned int kernel; /* oldest kernel to run on, 0: any */
	const char *clang;
};

struct honey {
	struct arena arena;
	struct options opt;
	struct source *sources;
	uint32_t n_sources;
	struct token *tokens;
	size_t n_tokens, cap_tokens;
	struct name **names; /* hash buckets */
	struct diag *diags;
	uint32_t n_diags, cap_diags, n_errors, n_warnings, n_dropped;
	bool stop;    /* too many errors */
	bool too_big; /* H036 was reported */
	struct module module;
	struct types types;
	struct inst **insts; /* reachable, callees before callers */
	uint32_t n_insts, cap_insts, n_made;
	unsigned int call_depth;
	struct section *sections;
	uint32_t n_loops;
};

void honey_init(struct honey *h, const struct options *opt);
void honey_release(struct honey *h);
/* All passes up to C. Returns 0 or -EINVAL: errors were reported (diag_flush() shows them). */
int honey_compile(struct honey *h, struct strbuf *c);
/* Runs clang on @c. Returns an exit code after saying what went wrong. */
int driver_object(struct honey *h, const struct strbuf *c, const char *out);

#endif
