/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and types of expressions: one step for each kind of node. */
#include "lib/base.h"
#include "honey/infer.h"

#include <stdarg.h>
#include <string.h>

void infer_error(struct infer *in, enum diag_code code, struct span at, const char *help,
		 const char *format, ...)
{
	char text[600];
	va_list ap;

	if (!in->report)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_at(in->h, code, at, help, "%s", text);
}

void infer_wants(struct infer *in, enum diag_code code, const struct node *n, const char *help,
		 const char *what)
{
	infer_error(in, code, n->span, help, "%s is needed here, this is %s", what,
		    type_text(in->h, n->type));
}

void infer_use_value(struct node *n)
{
	if (n->kind == N_NAME && n->var)
		n->var->value_used = true;
}

struct type *infer_value(struct infer *in, struct node *n)
{
	struct type *t = infer_expr(in, n, true);

	if (t->kind == T_OPTION) {
		infer_use_value(n);
		return t->elem;
	}
	if (type_is_number(t) || t->kind == T_ERROR)
		return t;
	infer_wants(in, t->kind == T_VOID ? H023 : H021, n,
		    t->kind == T_BOOL ? "&&& ||| and comparisons bind in surprising orders: "
					"put ( ) around the part meant first"
		    : t->kind == T_POINTER || t->kind == T_STRUCT ? "name one of its fields"
								  : NULL,
		    "a number");
	return &in->h->types.error;
}

struct type *infer_cond(struct infer *in, struct node *n)
{
	struct type *t = infer_expr(in, n, true);

	if (t->kind == T_BOOL || t->kind == T_ERROR)
		return t;
	if (type_is_nilable(t) && t->kind != T_NIL) {
		if (n->kind == N_NAME)
			n->var->pointer_tested = true;
		return t;
	}
	if (type_is_number(t))
		infer_error(in, H022, n->span, "write ... != 0",
			    "every number is true in Elixir, so this tests nothing");
	else
		infer_wants(in, H021, n, NULL, "true or false");
	return t;
}

static struct type *infer_atom(struct infer *in, struct node *n)
{
	static const struct {
		const char *name;
		uint64_t value;
	} flags[] = {{"bpf_any", 0}, {"bpf_noexist", 1}, {"bpf_exist", 2}};

	if (n->name->map) {
		n->map = n->name->map;
		return &in->h->types.map;
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strcasecmp(flags[i].name, n->name->s))
			continue;
		n->value = flags[i].value;
		return &in->h->types.lit32;
	}
	return &in->h->types.atom;
}

static struct type *infer_kind(struct infer *in, struct node *n, bool want)
{
	struct types *t = &in->h->types;

	switch (n->kind) {
	case N_INT: return n->value > 0xffffffff ? &t->lit64 : &t->lit32;
	case N_STRING: return &t->string;
	case N_NIL: return &t->nil;
	case N_BOOL: return &t->bool_;
	case N_ATOM: return infer_atom(in, n);
	case N_NAME: return infer_name(in, n, want);
	case N_FIELD: return infer_field(in, n);
	case N_INDEX: return infer_index(in, n);
	case N_STRUCT: return infer_struct(in, n);
	case N_UNARY: return infer_unary(in, n);
	case N_BINARY: return infer_binary(in, n);
	case N_ASSIGN: return infer_assign(in, n);
	case N_IF: return infer_if(in, n, want);
	case N_CASE: return infer_case(in, n, want);
	case N_FOR: return infer_for(in, n);
	case N_RETURN: return infer_return(in, n);
	case N_CALL:
	case N_EACH: return infer_call(in, n, want);
	case N_FN: return &t->fn;
	case N_BLOCK: return infer_block(in, n, want);
	case N_LIST:
	case N_TUPLE:
	case N_RANGE:
	case N_KEYVALUE:
		infer_error(in, H008, n->span, "keep numbers in variables, structs and maps",
			    "lists, tuples and ranges are no values of a BPF program");
		return &t->error;
	default: return &t->error;
	}
}

struct type *infer_expr(struct infer *in, struct node *n, bool want)
{
	n->want = want;
	n->type = infer_kind(in, n, want);
	return n->type;
}
