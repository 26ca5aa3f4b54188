/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Types: making, joining, sizing and naming them. */
#include "lib/base.h"
#include "honey/types.h"

#include <string.h>

#include "honey/diag.h"
#include "honey/honey.h"
#include "honey/lex.h"

void types_init(struct honey *h)
{
	struct types *t = &h->types;

	t->error.kind = T_ERROR;
	t->void_.kind = T_VOID;
	t->nil.kind = T_NIL;
	t->bool_.kind = T_BOOL;
	t->string.kind = T_STRING;
	t->atom.kind = T_ATOM;
	t->map.kind = T_MAP;
	t->args.kind = T_ARGS;
	t->task.kind = T_TASK;
	t->fn.kind = T_FN;
	for (unsigned int s = 0; s < 2; s++) {
		for (unsigned int i = 0; i < 4; i++) {
			t->ints[s][i] = (struct type){.kind = T_INT,
						      .bits = (uint8_t)(8u << i),
						      .sgn = s,
						      .option = &t->options[s][i]};
			t->options[s][i] = (struct type){.kind = T_OPTION, .elem = &t->ints[s][i]};
		}
	}
	t->lit32 = (struct type){.kind = T_LITERAL, .bits = 32};
	t->lit64 = (struct type){.kind = T_LITERAL, .bits = 64};
	t->litneg = (struct type){.kind = T_LITERAL, .bits = 64, .sgn = true};
}

struct type *type_int(struct honey *h, unsigned int bits, bool sgn)
{
	unsigned int i = bits <= 8 ? 0 : bits <= 16 ? 1 : bits <= 32 ? 2 : 3;

	return &h->types.ints[sgn][i];
}

struct type *type_option(struct honey *h, struct type *of)
{
	return of->option ? of->option : &h->types.error;
}

struct type *type_array(struct honey *h, struct type *elem, uint32_t count, bool is_char)
{
	struct type *t = arena_new(&h->arena, struct type);

	t->kind = T_ARRAY;
	t->elem = elem;
	t->count = count;
	t->is_char = is_char;
	return t;
}

bool type_is_number(const struct type *t)
{
	return t->kind == T_INT || t->kind == T_LITERAL;
}

bool type_is_nilable(const struct type *t)
{
	return t->kind == T_POINTER || t->kind == T_RECORD || t->kind == T_OPTION ||
	       t->kind == T_NIL;
}

uint32_t type_size(const struct type *t)
{
	switch (t->kind) {
	case T_INT: return t->bits / 8;
	case T_BOOL: return 1;
	case T_STRUCT: return t->strct->size;
	case T_ARRAY: return type_size(t->elem) * t->count;
	default: return 8;
	}
}

uint32_t type_align(const struct type *t)
{
	switch (t->kind) {
	case T_STRUCT: return t->strct->align;
	case T_ARRAY: return type_align(t->elem);
	default: return type_size(t);
	}
}

const char *type_text(struct honey *h, const struct type *t)
{
	switch (t->kind) {
	case T_ERROR: return "an unknown value";
	case T_VOID: return "no value";
	case T_NIL: return "nil";
	case T_BOOL: return "true or false";
	case T_INT: return fmt(h, "a number (%c%u)", t->sgn ? 's' : 'u', t->bits);
	case T_LITERAL: return "a number";
	case T_STRUCT: return fmt(h, "a struct %s", t->strct->name->s);
	case T_POINTER: return fmt(h, "an element %s of a map", t->strct->name->s);
	case T_RECORD:
		return t->strct ? fmt(h, "a ring record %s", t->strct->name->s) : "a ring record";
	case T_OPTION: return fmt(h, "a %s of a map, or nil", type_text(h, t->elem) + 2);
	case T_ARRAY:
		return t->is_char ? fmt(h, "a string of %u bytes", t->count)
				  : fmt(h, "%u numbers", t->count);
	case T_STRING: return "a string";
	case T_ATOM: return "an atom";
	case T_MAP: return "a map";
	case T_CTX: return "the context";
	case T_ARGS: return "the context's arguments";
	case T_TASK: return "a task";
	case T_FN: return "a function";
	}
	return "?";
}

const char *type_c(struct honey *h, const struct type *t)
{
	switch (t->kind) {
	case T_BOOL: return "_Bool";
	case T_INT:
		return t->bits == 64   ? (t->sgn ? "__s64" : "__u64")
		       : t->bits == 32 ? (t->sgn ? "__s32" : "__u32")
		       : t->bits == 16 ? (t->sgn ? "__s16" : "__u16")
				       : (t->sgn ? "__s8" : "__u8");
	case T_STRUCT: return fmt(h, "struct %s", t->strct->name->s);
	case T_POINTER:
	case T_RECORD: return t->strct ? fmt(h, "struct %s *", t->strct->name->s) : "void *";
	case T_OPTION: return fmt(h, "%s *", type_c(h, t->elem));
	case T_TASK: return "struct task_struct *";
	case T_ARRAY: return t->is_char ? "char" : type_c(h, t->elem);
	case T_VOID: return "void";
	case T_LITERAL: return t->sgn ? "__s64" : "__u64";
	default: return "__u64";
	}
}

static struct type *join_numbers(struct honey *h, struct type *a, struct type *b)
{
	unsigned int bits = MAX(a->bits, b->bits);

	if (a->kind == T_LITERAL && b->kind == T_LITERAL)
		return a->sgn || b->sgn ? &h->types.litneg : bits > 32 ? &h->types.lit64 : a;
	if (a->kind == T_LITERAL || b->kind == T_LITERAL) {
		struct type *lit = a->kind == T_LITERAL ? a : b, *num = lit == a ? b : a;

		if (lit->sgn)
			return num->sgn && num->bits == 64 ? num : type_int(h, 64, true);
		return lit->bits > num->bits ? type_int(h, lit->bits, num->sgn) : num;
	}
	if (a->sgn == b->sgn)
		return type_int(h, bits, a->sgn);
	/* Mixed: 64 signed bits hold both, unless one is u64 already, which then decides as in C.
	 */
	if ((a->bits == 64 && !a->sgn) || (b->bits == 64 && !b->sgn))
		return type_int(h, 64, false);
	return type_int(h, 64, true);
}

/* What a variable holds that is given @a here and @b there. *@ok: there is such a type. */
struct type *type_join(struct honey *h, struct type *a, struct type *b, bool *ok)
{
	*ok = true;
	if (a == b || b->kind == T_ERROR)
		return a;
	if (a->kind == T_ERROR)
		return b;
	if (type_is_number(a) && type_is_number(b))
		return join_numbers(h, a, b);
	if (a->kind == T_NIL && type_is_nilable(b))
		return b;
	if (b->kind == T_NIL && type_is_nilable(a))
		return a;
	if (a->kind == T_NIL && type_is_number(b))
		return type_option(h, b->kind == T_INT ? b : type_int(h, 64, b->sgn));
	if (b->kind == T_NIL && type_is_number(a))
		return type_option(h, a->kind == T_INT ? a : type_int(h, 64, a->sgn));
	if (a->kind == T_OPTION && type_is_number(b))
		return b->kind == T_LITERAL ? a : type_option(h, join_numbers(h, a->elem, b));
	if (b->kind == T_OPTION && type_is_number(a))
		return a->kind == T_LITERAL ? b : type_option(h, join_numbers(h, b->elem, a));
	if (a->kind == T_OPTION && b->kind == T_OPTION && a->elem->bits == b->elem->bits)
		return a;
	if (a->kind == b->kind && a->strct == b->strct &&
	    (a->kind == T_POINTER || a->kind == T_RECORD || a->kind == T_STRUCT ||
	     a->kind == T_STRING || a->kind == T_CTX || a->kind == T_TASK))
		return a;
	if (a->kind == T_RECORD && b->kind == T_RECORD && (!a->strct || !b->strct))
		return a->strct ? a : b;
	*ok = false;
	return a;
}
