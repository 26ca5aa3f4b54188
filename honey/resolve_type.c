/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of types, constants, and struct layouts: natural alignment, as C has them. */
#include "lib/base.h"
#include "honey/resolve.h"

#include <string.h>

#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/honey.h"
#include "lib/suggest.h"

static const struct {
	const char *name;
	uint8_t bits;
	bool sgn;
} int_names[] = {
	{"u8", 8, false},  {"u16", 16, false}, {"u32", 32, false}, {"u64", 64, false},
	{"s8", 8, true},   {"s16", 16, true},  {"s32", 32, true},  {"s64", 64, true},
	{"i8", 8, true},   {"i16", 16, true},  {"i32", 32, true},  {"i64", 64, true},
	{"int", 32, true}, {"char", 8, false},
};

static bool eval_binary(const struct node *n, uint64_t a, uint64_t b, uint64_t *v)
{
	switch (n->op) {
	case OP_ADD: *v = a + b; return true;
	case OP_SUB: *v = a - b; return true;
	case OP_MUL: *v = a * b; return true;
	case OP_DIV: *v = b ? a / b : 0; return b != 0;
	case OP_SHL: *v = a << (b & 63); return true;
	case OP_SHR: *v = a >> (b & 63); return true;
	case OP_BAND: *v = a & b; return true;
	case OP_BOR: *v = a | b; return true;
	case OP_BXOR: *v = a ^ b; return true;
	default: return false;
	}
}

bool const_eval(struct honey *h, const struct node *n, uint64_t *value)
{
	struct strct *s;
	uint64_t a, b;

	switch (n->kind) {
	case N_INT: *value = n->value; return true;
	case N_UNARY:
		if (!const_eval(h, n->a, &a) || (n->op != OP_SUB && n->op != OP_BNOT))
			return false;
		*value = n->op == OP_SUB ? 0 - a : ~a;
		return true;
	case N_BINARY:
		return const_eval(h, n->a, &a) && const_eval(h, n->b, &b) &&
		       eval_binary(n, a, b, value);
	case N_CALL:
		if (n->module || strcmp(n->name->s, "sizeof") || n->n != 1 ||
		    n->list[0]->kind != N_ATOM)
			return false;
		s = resolve_struct(h, n->list[0]->name);
		*value = s ? s->size : 0;
		return s != NULL;
	default: return false;
	}
}

/* The struct of this name, or of x for x_struct: the seeds declare mem_stats and say
 * :mem_stats_struct. */
struct strct *resolve_struct(struct honey *h, const struct name *name)
{
	static const char suffix[] = "_struct";
	size_t n = sizeof(suffix) - 1;

	if (name->strct)
		return name->strct;
	if (name->len > n && !strcmp(name->s + name->len - n, suffix))
		return name_intern(h, name->s, name->len - n)->strct;
	return NULL;
}

struct type *resolve_type_name(struct honey *h, const struct name *name)
{
	struct strct *s;

	for (size_t i = 0; i < ARRAY_SIZE(int_names); i++)
		if (!strcmp(int_names[i].name, name->s))
			return type_int(h, int_names[i].bits, int_names[i].sgn);
	if (!strcmp(name->s, "bool"))
		return type_int(h, 8, false);
	s = resolve_struct(h, name);
	return s ? s->value : NULL;
}

void resolve_unknown_type(struct honey *h, struct span span, const struct name *name)
{
	const char *names[128], *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(int_names); i++)
		names[n++] = int_names[i].name;
	names[n++] = "string";
	for (uint32_t i = 0; i < h->module.n_structs && n < ARRAY_SIZE(names); i++)
		names[n++] = h->module.structs[i]->name->s;
	near = suggest_nearest(name->s, names, n);
	diag_at(h, H015, span,
		near ? fmt(h, "did you mean :%s?", near)
		     : "types are :u8 to :u64, :s8 to :s64, and the structs of defstruct",
		"no type or struct is called %s", name->s);
}

static struct type *field_type(struct honey *h, struct strct *s, struct field *f)
{
	bool is_string = !strcmp(f->type_node->name->s, "string");
	struct type *t =
		is_string ? type_int(h, 8, false) : resolve_type_name(h, f->type_node->name);
	uint64_t count = 0;

	if (!t) {
		resolve_unknown_type(h, f->type_node->span, f->type_node->name);
		return type_int(h, 64, false);
	}
	if (t->kind == T_STRUCT) {
		if (t->strct->visiting || t->strct == s) {
			diag_at(h, H019, f->type_node->span, NULL, "struct %s would contain itself",
				t->strct->name->s);
			return type_int(h, 64, false);
		}
		resolve_layout(h, t->strct);
	}
	if (!f->size_node) {
		if (is_string)
			diag_at(h, H028, f->type_node->span, "field(:comm, :string, size: 16)",
				"a string field needs its size in bytes");
		return is_string ? type_array(h, t, 16, true) : t;
	}
	if (!const_eval(h, f->size_node, &count) || !count || count > 4096) {
		diag_at(h, H019, f->size_node->span, "size: 16",
			"the size must be a number from 1 to 4096 known at compile time");
		count = 1;
	}
	return type_array(h, t, (uint32_t)count, is_string);
}

void resolve_layout(struct honey *h, struct strct *s)
{
	uint32_t at = 0;

	if (s->laid_out || s->visiting)
		return;
	s->visiting = true;
	s->align = 1;
	for (uint32_t i = 0; i < s->n_fields; i++) {
		struct field *f = &s->fields[i];
		uint32_t align;

		f->type = field_type(h, s, f);
		align = type_align(f->type);
		f->size = type_size(f->type);
		f->offset = (at + align - 1) / align * align;
		at = f->offset + f->size;
		s->align = MAX(s->align, align);
	}
	s->end = at;
	s->size = (at + s->align - 1) / s->align * s->align;
	if (!s->n_fields)
		diag_at(h, H019, s->span, "field(:value, :u64)", "struct %s has no fields",
			s->name->s);
	if (s->size > 65536)
		diag_at(h, H007, s->span, NULL, "struct %s is larger than 65536 bytes", s->name->s);
	s->laid_out = true;
	s->visiting = false;
}

void resolve_struct_types(struct honey *h, struct strct *s)
{
	s->value = arena_new(&h->arena, struct type);
	s->pointer = arena_new(&h->arena, struct type);
	s->record = arena_new(&h->arena, struct type);
	*s->value = (struct type){.kind = T_STRUCT, .strct = s};
	*s->pointer = (struct type){.kind = T_POINTER, .strct = s};
	*s->record = (struct type){.kind = T_RECORD, .strct = s};
}
