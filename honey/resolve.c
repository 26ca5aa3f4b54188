/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Declarations get their meaning: types of structs and their layouts, kinds and sizes of maps,
 * sections of handlers, parameters, the licence, and names that the object can have.
 *
 * First every struct gets its three types, for structs may name each other; then the layouts, each
 * after those it contains (natural alignment, as C has it); then what is made of them. What is
 * wrong is reported, and something sound is left in its place, so that later passes need no checks.
 * Constants (const_eval) and names of types are asked for by other passes too (module.h).
 */
#include "lib/base.h"
#include "honey/module.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "honey/ast.h"
#include "honey/ctx.h"
#include "honey/diag.h"
#include "honey/helpers.h"
#include "honey/honey.h"
#include "honey/passes.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"

/* --- constants, types, structs --- */

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

/* Constants are worked out in as many bits as they need, as Elixir does; what needs more than these
 * is none. */
#define MOST_EXACT ((__int128)1 << 100)

/* Elixir's floor of a / 2^b, and a * 2^b. */
static bool eval_shift(__int128 a, __int128 b, bool left, __int128 *v)
{
	if (b < 0 || b > 63)
		return false;
	*v = a >> b;
	return !left || !__builtin_mul_overflow(a, (__int128)1 << b, v);
}

static bool eval_binary(enum op op, __int128 a, __int128 b, __int128 *v)
{
	switch (op) {
	case OP_ADD: *v = a + b; return true;
	case OP_SUB: *v = a - b; return true;
	case OP_MUL: return !__builtin_mul_overflow(a, b, v);
	case OP_DIV: *v = b ? a / b : 0; return b != 0;
	case OP_REM: *v = b ? a % b : 0; return b != 0;
	case OP_SHL:
	case OP_SHR: return eval_shift(a, b, op == OP_SHL, v);
	case OP_BAND: *v = a & b; return true;
	case OP_BOR: *v = a | b; return true;
	case OP_BXOR: *v = a ^ b; return true;
	case OP_MIN: *v = MIN(a, b); return true;
	case OP_MAX: *v = MAX(a, b); return true;
	default: return false;
	}
}

bool const_exact(struct honey *h, const struct node *n, __int128 *value)
{
	struct strct *s;
	__int128 a, b;

	switch (n->kind) {
	case N_INT: *value = n->value; return true;
	case N_UNARY:
		if (!const_exact(h, n->a, &a) || (n->op != OP_SUB && n->op != OP_BNOT))
			return false;
		*value = n->op == OP_SUB ? -a : ~a;
		return true;
	case N_BINARY:
		return const_exact(h, n->a, &a) && const_exact(h, n->b, &b) &&
		       eval_binary(n->op, a, b, value) &&
		       *value<MOST_EXACT && * value> - MOST_EXACT;
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

bool const_eval(struct honey *h, const struct node *n, uint64_t *value)
{
	__int128 exact;

	if (!const_exact(h, n, &exact))
		return false;
	*value = (uint64_t)exact;
	return true;
}

/* The struct of this name, or of x for x_struct: the seeds declare mem_stats and say
 * :mem_stats_struct. */
struct strct *resolve_struct(struct honey *h, const struct name *name)
{
	static const char suffix[] = "_struct";
	size_t n = sizeof(suffix) - 1;

	if (name->strct)
		return name->strct;
	if (name->len > n && str_ends_with(name->s, suffix))
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

static void resolve_unknown_type(struct honey *h, struct span span, const struct name *name)
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

static void resolve_layout(struct honey *h, struct strct *s);

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

static void resolve_layout(struct honey *h, struct strct *s)
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

static void resolve_struct_types(struct honey *h, struct strct *s)
{
	s->value = arena_new(&h->arena, struct type);
	s->pointer = arena_new(&h->arena, struct type);
	s->record = arena_new(&h->arena, struct type);
	*s->value = (struct type){.kind = T_STRUCT, .strct = s};
	*s->pointer = (struct type){.kind = T_POINTER, .strct = s};
	*s->record = (struct type){.kind = T_RECORD, .strct = s};
}

/* --- maps --- */

static const struct map_kind map_kinds[] = {
	{"bpf_hash", "BPF_MAP_TYPE_HASH", 1, .key = true, .value = true, .kernel = "3.19"},
	{"bpf_array", "BPF_MAP_TYPE_ARRAY", 2, .key = true, .value = true, .array = true,
	 .kernel = "3.19"},
	{"bpf_percpu_hash", "BPF_MAP_TYPE_PERCPU_HASH", 5, .key = true, .value = true,
	 .per_cpu = true, .kernel = "4.6"},
	{"bpf_percpu_array", "BPF_MAP_TYPE_PERCPU_ARRAY", 6, .key = true, .value = true,
	 .per_cpu = true, .array = true, .kernel = "4.6"},
	{"bpf_stack_trace", "BPF_MAP_TYPE_STACK_TRACE", 7, .stack = true, .kernel = "4.6"},
	{"bpf_lru_hash", "BPF_MAP_TYPE_LRU_HASH", 9, .key = true, .value = true, .kernel = "4.10"},
	{"bpf_lru_percpu_hash", "BPF_MAP_TYPE_LRU_PERCPU_HASH", 10, .key = true, .value = true,
	 .per_cpu = true, .kernel = "4.10"},
	{"bpf_ringbuf", "BPF_MAP_TYPE_RINGBUF", 27, .ring = true, .kernel = "5.8"},
	{"bpf_task_storage", "BPF_MAP_TYPE_TASK_STORAGE", 29, .value = true, .task = true,
	 .kernel = "5.11"},
};

/* :bpf_hash, also as :hash, :BPF_HASH and :BPF_MAP_TYPE_HASH */
static const struct map_kind *find_kind(const char *word)
{
	if (!strncasecmp(word, "bpf_map_type_", 13))
		word += 13;
	else if (!strncasecmp(word, "bpf_", 4))
		word += 4;
	for (size_t i = 0; i < ARRAY_SIZE(map_kinds); i++)
		if (!strcasecmp(map_kinds[i].name + 4, word))
			return &map_kinds[i];
	return NULL;
}

static void unknown_kind(struct honey *h, const struct node *kind)
{
	const char *names[ARRAY_SIZE(map_kinds)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(map_kinds); i++)
		names[i] = map_kinds[i].name;
	near = suggest_nearest(kind->name->s, names, ARRAY_SIZE(names));
	diag_at(h, H019, kind->span,
		near ? fmt(h, "did you mean :%s?", near)
		     : "kinds are :bpf_hash, :bpf_array, :bpf_percpu_hash, :bpf_percpu_array, "
		       ":bpf_lru_hash, :bpf_lru_percpu_hash, :bpf_ringbuf, :bpf_stack_trace, "
		       ":bpf_task_storage",
		"no kind of map is called :%s", kind->name->s);
}

static struct type *option_type(struct honey *h, const struct node *o)
{
	struct type *t;

	if (o->a->kind != N_ATOM) {
		diag_at(h, H019, o->a->span, fmt(h, "%s: :u64", o->name->s),
			"%s takes a type such as :u32", o->name->s);
		return &h->types.error;
	}
	t = resolve_type_name(h, o->a->name);
	if (!t)
		resolve_unknown_type(h, o->a->span, o->a->name);
	return t ? t : &h->types.error;
}

/* key_size: :char6 or 6: a number that has room for so many bytes. */
static struct type *size_type(struct honey *h, const struct node *o)
{
	uint64_t bytes = 0;

	if (o->a->kind == N_ATOM && !strncmp(o->a->name->s, "char", 4))
		bytes = strtoul(o->a->name->s + 4, NULL, 10);
	else if (!const_eval(h, o->a, &bytes))
		bytes = 0;
	if (bytes >= 1 && bytes <= 8)
		return type_int(h, (unsigned int)bytes * 8, false);
	diag_at(h, H019, o->a->span,
		fmt(h, "%s: :char6, or key_type: and the name of a struct", o->name->s),
		"a size is :char1 to :char8, or a number of bytes from 1 to 8");
	return &h->types.error;
}

static void map_option(struct honey *h, struct map *m, const struct node *o)
{
	static const char *const names[] = {"max_entries", "key_type", "value_type", "key_size",
					    "value_size"};
	static const char *const front_end[] = {"print", "print_elem"};
	const char *near;

	if (o->kind != N_KEYVALUE || !o->a) {
		diag_at(h, H019, o->span, "max_entries: 1024", "map options are name: value pairs");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(front_end); i++)
		if (!strcmp(o->name->s, front_end[i]))
			return;
	if (!strcmp(o->name->s, "max_entries")) {
		if (!const_eval(h, o->a, &m->max_entries) || !m->max_entries ||
		    m->max_entries > 0xffffffff)
			diag_at(h, H019, o->a->span, "max_entries: 10240",
				"max_entries must be a number from 1 to 4294967295 known at "
				"compile "
				"time");
	} else if (!strcmp(o->name->s, "key_type")) {
		m->key = option_type(h, o);
	} else if (!strcmp(o->name->s, "value_type")) {
		m->value = option_type(h, o);
	} else if (!strcmp(o->name->s, "key_size")) {
		m->key = size_type(h, o);
		m->sized = true;
	} else if (!strcmp(o->name->s, "value_size")) {
		m->value = size_type(h, o);
	} else {
		near = suggest_nearest(o->name->s, names, ARRAY_SIZE(names));
		diag_at(h, H019, o->span,
			near ? fmt(h, "did you mean %s:?", near)
			     : "options are max_entries, key_type and value_type",
			"maps have no option '%s'", o->name->s);
	}
}

static void check_map(struct honey *h, struct map *m)
{
	const struct map_kind *k = m->kind;

	if (k->key && k->value && !m->value && (!m->key || m->sized)) {
		/* As Honey Potion declares maps. */
		m->untyped = true;
		m->key = m->key ? m->key : type_int(h, 32, false);
		m->value = type_int(h, 64, false);
	}
	if (k->key && !m->key) {
		if (k->array)
			m->key = type_int(h, 32, false);
		else
			diag_at(h, H019, m->span, "add key_type: :u32", "map %s needs a key_type",
				m->name->s);
	}
	if (k->array && m->key && m->key->kind != T_ERROR && type_size(m->key) != 4)
		diag_at(h, H019, m->span, "write key_type: :u32, or leave it out",
			"the key of an array is a u32 index");
	if (k->value && !m->value)
		diag_at(h, H019, m->span, "add value_type: :u64, or the name of a struct",
			"map %s needs a value_type", m->name->s);
	if (!k->value && !k->ring && m->value)
		diag_at(h, H019, m->span, "leave value_type out", "a :%s has no value_type",
			k->name);
	if (!m->max_entries && !k->task) {
		diag_at(h, H019, m->span,
			k->ring ? "add max_entries: 262144 (bytes)" : "add max_entries: 10240",
			"map %s needs max_entries", m->name->s);
		m->max_entries = 4096;
	}
	if (k->ring && ((m->max_entries & (m->max_entries - 1)) || m->max_entries < 4096))
		diag_at(h, H019, m->span, "write max_entries: 262144",
			"a ring buffer's max_entries are bytes: a power of two, at least 4096");
	m->key = m->key ? m->key : &h->types.error;
	m->value = m->value ? m->value : &h->types.error;
	if (m->value->kind == T_STRUCT)
		m->value->strct->in_map = true;
}

static void resolve_map(struct honey *h, struct map *m)
{
	struct node *kind = m->options[--m->n_options];

	m->kind = find_kind(kind->name->s);
	for (uint32_t i = 0; i < m->n_options; i++)
		map_option(h, m, m->options[i]);
	if (!m->kind) {
		unknown_kind(h, kind);
		m->broken = true;
		m->kind = &map_kinds[0];
		m->key = m->key ? m->key : &h->types.error;
		m->value = m->value ? m->value : &h->types.error;
		return;
	}
	if (h->opt.kernel) {
		unsigned int major = 0, minor = 0;

		sscanf(m->kind->kernel, "%u.%u", &major, &minor);
		if (major * 100 + minor > h->opt.kernel)
			diag_at(h, H026, kind->span, NULL, ":%s needs Linux %s", kind->name->s,
				m->kind->kernel);
	}
	check_map(h, m);
}

/* --- the rest, and names --- */

static void resolve_param(struct honey *h, struct param *v)
{
	v->type = resolve_type_name(h, v->type_node->name);
	if (!v->type)
		resolve_unknown_type(h, v->type_node->span, v->type_node->name);
	if (!v->type || v->type->kind != T_INT) {
		if (v->type)
			diag_at(h, H019, v->type_node->span, "defparam(:min_length, :u64, 1024)",
				"a parameter is a number");
		v->type = type_int(h, 64, false);
	}
	if (!const_eval(h, v->value_node, &v->value))
		diag_at(h, H024, v->value_node->span, NULL,
			"the default must be known at compile time");
	if (v->name->map || v->name->func)
		diag_at(h, H011, v->span, "rename one of them", "%s is also a map or a function",
			v->name->s);
}

static void resolve_licence(struct honey *h)
{
	static const char *const known[] = {
		"GPL",		"GPL v2",	"GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};
	const struct func *first = NULL;
	struct module *m = &h->module;

	for (uint32_t i = 0; i < m->n_funcs && !first; i++)
		if (m->funcs[i]->sec)
			first = m->funcs[i];
	if (m->license) {
		if (strlen(m->license) > 127)
			diag_at(h, H039, m->license_span, NULL,
				"the licence is longer than 127 bytes");
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (!strcmp(known[i], m->license))
				return;
		return;
	}
	m->license = "Dual BSD/GPL";
	if (first)
		diag_at(h, W007, first->span,
			"begin the module with: use Honey, license: \"Dual BSD/GPL\"",
			"no licence given; the object says \"Dual BSD/GPL\"");
}

/* Names that the object must keep: BTF takes ASCII letters, digits and _, and C has its words. */
static void check_name(struct honey *h, const struct name *n, struct span span, const char *what)
{
	bool good = n->len && !isdigit((unsigned char)n->s[0]);

	for (uint32_t i = 0; i < n->len; i++)
		good &= n->s[i] == '_' ||
			((unsigned char)n->s[i] < 0x80 && isalnum((unsigned char)n->s[i]));
	if (!good)
		diag_at(h, H019, span, "letters a to z, digits and _",
			"a %s cannot be called '%s' in an object", what, n->s);
	else if (!strcmp(n->s, "main") && !strcmp(what, "handler"))
		return; /* the object is freestanding */
	else if (emit_is_c_word(n->s, !strcmp(what, "field")) || !strncmp(n->s, "honey_", 6) ||
		 (strcmp(what, "field") && helper_find(n)))
		diag_at(h, H019, span, "choose another name",
			"the %s's name '%s' is a word of C, of the kernel or of the C that is "
			"written",
			what, n->s);
}

static void check_names(struct honey *h)
{
	const struct module *m = &h->module;

	for (uint32_t i = 0; i < m->n_maps; i++)
		check_name(h, m->maps[i]->name, m->maps[i]->span, "map");
	for (uint32_t i = 0; i < m->n_params; i++)
		check_name(h, m->params[i]->name, m->params[i]->span, "parameter");
	for (uint32_t i = 0; i < m->n_structs; i++) {
		const struct strct *s = m->structs[i];

		check_name(h, s->name, s->span, "struct");
		for (uint32_t k = 0; k < s->n_fields; k++)
			check_name(h, s->fields[k].name, s->fields[k].span, "field");
	}
	for (uint32_t i = 0; i < m->n_funcs; i++) {
		const struct func *f = m->funcs[i];

		if (!f->sec)
			continue;
		check_name(h, f->name, f->span, "handler");
		if (f->name->map)
			diag_at(h, H011, f->span, "rename one of them", "%s is also a map",
				f->name->s);
	}
}

void resolve_module(struct honey *h)
{
	struct module *m = &h->module;

	for (uint32_t i = 0; i < m->n_structs; i++)
		resolve_struct_types(h, m->structs[i]);
	for (uint32_t i = 0; i < m->n_structs; i++)
		resolve_layout(h, m->structs[i]);
	for (uint32_t i = 0; i < m->n_maps; i++)
		resolve_map(h, m->maps[i]);
	for (uint32_t i = 0; i < m->n_funcs; i++)
		if (m->funcs[i]->sec)
			m->funcs[i]->section =
				ctx_section(h, m->funcs[i]->sec, m->funcs[i]->sec_span);
	for (uint32_t i = 0; i < m->n_params; i++)
		resolve_param(h, m->params[i]);
	resolve_licence(h);
	check_names(h);
}
