/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The whole C text: what the bodies need first, then structs, maps, functions, licence. The output
 * needs nothing but libbpf's bpf_helpers.h. */
#include "lib/base.h"
#include "honey/emit.h"

#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"
#include "honey/passes.h"

static void write_types(struct strbuf *out)
{
	strbuf_addstr(out, "typedef unsigned char __u8;\n"
			   "typedef signed char __s8;\n"
			   "typedef unsigned short __u16;\n"
			   "typedef short __s16;\n"
			   "typedef unsigned int __u32;\n"
			   "typedef int __s32;\n"
			   "typedef unsigned long long __u64;\n"
			   "typedef long long __s64;\n"
			   "typedef __u16 __be16;\n"
			   "typedef __u32 __be32;\n"
			   "typedef __u64 __be64;\n"
			   "typedef __u32 __wsum;\n\n"
			   "#include <bpf/bpf_helpers.h>\n\n");
}

static void write_constants(struct honey *h, const struct emit_needs *needs, struct strbuf *out)
{
	const char *comma = "enum {\n\t";
	size_t start = out->len;

	for (uint32_t i = 0; i < h->module.n_maps; i++) {
		const struct map_kind *k = h->module.maps[i]->kind;
		bool seen = false;

		for (uint32_t j = 0; j < i; j++)
			seen |= h->module.maps[j]->kind == k;
		if (seen)
			continue;
		strbuf_addf(out, "%s%s = %u,\n", comma, k->c, k->number);
		comma = "\t";
	}
	for (unsigned int i = 0; i < EMIT_FLAGS; i++) {
		if (!needs->flags[i])
			continue;
		strbuf_addf(out, "%s%s = %u,\n", comma, emit_flags[i], i);
		comma = "\t";
	}
	if (out->len != start)
		strbuf_addstr(out, "};\n\n");
	if (needs->null)
		strbuf_addstr(out, "#define NULL ((void *)0)\n\n");
}

/* What the machine's instructions do, where C leaves it undefined. */
static void write_helpers(const struct emit_needs *n, struct strbuf *out)
{
	const struct {
		bool need;
		const char *text;
	} rows[] = {
		{n->div, "__u64 honey_div(__u64 a, __u64 b)\n{\n\treturn b ? a / b : 0;\n}\n\n"},
		{n->rem, "__u64 honey_rem(__u64 a, __u64 b)\n{\n\treturn b ? a % b : a;\n}\n\n"},
		{n->sdiv, "__s64 honey_sdiv(__s64 a, __s64 b)\n{\n"
			  "\t__u64 x = a < 0 ? -(__u64)a : a, y = b < 0 ? -(__u64)b : b;\n"
			  "\t__u64 q = y ? x / y : 0;\n\n"
			  "\treturn (a < 0) != (b < 0) ? -q : q;\n}\n\n"},
		{n->srem, "__s64 honey_srem(__s64 a, __s64 b)\n{\n"
			  "\t__u64 x = a < 0 ? -(__u64)a : a, y = b < 0 ? -(__u64)b : b;\n"
			  "\t__u64 r = y ? x % y : x;\n\n"
			  "\treturn a < 0 ? -r : r;\n}\n\n"},
		{n->min, "__u64 honey_min(__u64 a, __u64 b)\n{\n\treturn a < b ? a : b;\n}\n\n"},
		{n->max, "__u64 honey_max(__u64 a, __u64 b)\n{\n\treturn a > b ? a : b;\n}\n\n"},
		{n->smin, "__s64 honey_smin(__s64 a, __s64 b)\n{\n\treturn a < b ? a : b;\n}\n\n"},
		{n->smax, "__s64 honey_smax(__s64 a, __s64 b)\n{\n\treturn a > b ? a : b;\n}\n\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].need)
			strbuf_addf(out, "static __always_inline %s", rows[i].text);
}

static void write_field(struct honey *h, struct strbuf *out, const struct type *t, const char *name)
{
	const char *type = type_c(h, t);

	if (t->kind == T_ARRAY)
		strbuf_addf(out, "\t%s %s[%u];\n", type, name, t->count);
	else
		strbuf_addf(out, "\t%s;\n", emit_declare(h, type, name));
}

static void write_struct(struct honey *h, struct strbuf *out, struct strct *s)
{
	if (s->visiting)
		return;
	s->visiting = true; /* here: written */
	for (uint32_t i = 0; i < s->n_fields; i++)
		if (s->fields[i].type->kind == T_STRUCT)
			write_struct(h, out, s->fields[i].type->strct);
	strbuf_addf(out, "struct %s {\n", s->name->s);
	for (uint32_t i = 0; i < s->n_fields; i++)
		write_field(h, out, s->fields[i].type, s->fields[i].name->s);
	strbuf_addf(out, "};\n\n_Static_assert(sizeof(struct %s) == %u, \"%s\");\n\n", s->name->s,
		    s->size, s->name->s);
}

/* A context's struct with the fields used. CO-RE finds them in the running kernel's; without it the
 * offsets are written out. */
static void write_ctx(struct honey *h, struct strbuf *out, const struct section *s)
{
	uint32_t at = 0, pad = 0;

	strbuf_addf(out, "/* %s: fields %s */\nstruct %s {\n", s->text,
		    s->core ? "found in the kernel's BTF at load time"
			    : "at the offsets of tracefs",
		    s->c_struct);
	for (uint32_t i = 0; i < s->n_fields; i++) {
		const struct ctx_field *f = &s->fields[i];

		if (!s->used[i] || f->type->kind == T_ARGS)
			continue;
		if (!s->core && f->offset > at)
			strbuf_addf(out, "\tchar pad_%u[%u];\n", pad++, f->offset - at);
		write_field(h, out, f->type, f->name);
		at = f->offset + f->size;
	}
	if (s->args_used)
		strbuf_addf(out, "\t__u64 args[%u];\n", s->n_args);
	strbuf_addf(out, "}%s;\n\n", s->core ? " __attribute__((preserve_access_index))" : "");
}

static bool same_struct(const struct section *a, const struct section *b)
{
	return a && b && a->c_struct && b->c_struct && !strcmp(a->c_struct, b->c_struct);
}

static bool any_used(const struct section *s)
{
	bool any = s->args_used;

	for (uint32_t i = 0; i < s->n_fields; i++)
		any |= s->used[i] && s->fields[i].type->kind != T_ARGS;
	return any;
}

/* Handlers of one kind of event share the struct: the fields any of them uses. */
static void merge_used(struct section *to, const struct section *from)
{
	to->args_used |= from->args_used;
	for (uint32_t i = 0; i < from->n_fields; i++)
		for (uint32_t k = 0; k < to->n_fields; k++)
			if (from->used[i] && !strcmp(from->fields[i].name, to->fields[k].name))
				to->used[k] = true;
}

static void write_contexts(struct honey *h, const struct emit_needs *needs, struct strbuf *out)
{
	struct module *m = &h->module;

	for (uint32_t i = 0; i < m->n_funcs; i++) {
		struct section *s = (struct section *)m->funcs[i]->section;

		if (!s || !s->c_struct || s->emitted || !m->funcs[i]->handler)
			continue;
		for (uint32_t k = i + 1; k < m->n_funcs; k++) {
			struct section *o = (struct section *)m->funcs[k]->section;

			if (!same_struct(s, o))
				continue;
			merge_used(s, o);
			o->emitted = true;
		}
		if (any_used(s))
			write_ctx(h, out, s);
		else
			strbuf_addf(out, "struct %s;\n\n", s->c_struct);
	}
	if (needs->raw_args)
		strbuf_addstr(out, "struct bpf_raw_tracepoint_args {\n\t__u64 args[0];\n};\n\n");
}

static void write_map(struct honey *h, struct strbuf *out, const struct map *m)
{
	const struct map_kind *k = m->kind;

	strbuf_addf(out, "struct {\n\t__uint(type, %s);\n", k->c);
	if (k->task)
		strbuf_addstr(out, "\t__uint(map_flags, 1); /* BPF_F_NO_PREALLOC */\n");
	else
		strbuf_addf(out, "\t__uint(max_entries, %llu);\n",
			    (unsigned long long)m->max_entries);
	if (k->key)
		strbuf_addf(out, "\t__type(key, %s);\n", type_c(h, m->key));
	if (k->task)
		strbuf_addstr(out, "\t__type(key, int);\n");
	if (k->value)
		strbuf_addf(out, "\t__type(value, %s);\n", type_c(h, m->value));
	if (k->stack)
		strbuf_addstr(out, "\t__uint(key_size, 4);\n\t__uint(value_size, 127 * 8);\n");
	strbuf_addf(out, "} %s SEC(\".maps\");\n\n", m->name->s);
}

/* Types of ring records are in no map and no program's arguments: a function that nothing calls
 * carries them into the object's BTF, where readers look for them by name. */
static void write_record_types(struct honey *h, struct strbuf *out)
{
	const char *comma = "static __attribute__((used)) void honey_record_types(";
	bool handlers = false;
	size_t start = out->len;

	for (uint32_t i = 0; i < h->module.n_funcs; i++)
		handlers |= h->module.funcs[i]->handler != NULL;
	for (uint32_t i = 0; i < h->module.n_structs && handlers; i++) {
		if (!h->module.structs[i]->as_record)
			continue;
		strbuf_addf(out, "%sstruct %s *r%u", comma, h->module.structs[i]->name->s, i);
		comma = ", ";
	}
	if (out->len != start)
		strbuf_addstr(out, ")\n{\n}\n\n");
}

/* A C name no other function, map or parameter has: @base, @base_2, ... */
static const char *claim(struct honey *h, const char *base, const struct func *own)
{
	const char *s = base;

	for (unsigned int k = 2;; k++) {
		struct name *n = name_intern(h, s, strlen(s));
		bool foreign = n->func && (n->func != own || own->handler);

		if (!n->map && !n->param && !n->c_global && !foreign && !helper_find(n) &&
		    !emit_is_c_word(n->s, false)) {
			n->c_global = true;
			return n->s;
		}
		s = fmt(h, "%s_%u", base, k);
	}
}

static void name_instances(struct honey *h)
{
	for (uint32_t i = 0; i < h->n_insts; i++) {
		struct inst *inst = h->insts[i];
		struct name *n = inst->func->name;
		const char *base = n->s;

		base = emit_identifier(h, base);
		if (inst->is_handler) {
			inst->c_name = base;
			name_intern(h, base, strlen(base))->c_global = true;
			continue;
		}
		for (uint32_t k = 0; k < inst->func->n_params; k++)
			if (inst->arg_maps[k])
				base = fmt(h, "%s_%s", base, inst->arg_maps[k]->name->s);
		inst->c_name = claim(h, base, inst->func);
		if (inst->takes_now)
			inst->c_name_now = claim(h, fmt(h, "%s_at", base), inst->func);
	}
}

/* Copies @s leaving out the braces around a single line, as people do. */
static void add_tidy(struct strbuf *out, const char *s)
{
	while (*s) {
		const char *nl = strchr(s, '\n'), *second = nl ? strchr(nl + 1, '\n') : NULL,
			   *close;
		size_t tabs = strspn(s, "\t"), len;

		if (!nl || !second)
			break;
		len = (size_t)(nl - s);
		close = second + 1;
		if (len > tabs + 3 && !strncmp(s + tabs, "if (", 4) && !strncmp(nl - 3, ") {", 3) &&
		    strspn(nl + 1, "\t") == tabs + 1 && second[-1] == ';' &&
		    strspn(close, "\t") == tabs && !strncmp(close + tabs, "}\n", 2) &&
		    !strchr("\t\n", nl[1 + tabs + 1])) {
			strbuf_add(out, s, len - 2);
			strbuf_add(out, nl, (size_t)(second - nl) + 1);
			s = close + tabs + 2;
			continue;
		}
		strbuf_add(out, s, len + 1);
		s = nl + 1;
	}
	strbuf_addstr(out, s);
}

/* Read-only data: libbpf lets the loader set it, the verifier then knows its value. */
static void write_params(struct honey *h, struct strbuf *out)
{
	for (uint32_t i = 0; i < h->module.n_params; i++) {
		const struct param *v = h->module.params[i];

		strbuf_addf(out,
			    v->type->sgn ? "const volatile %s %s = %lld;\n"
					 : "const volatile %s %s = %lluULL;\n",
			    type_c(h, v->type), v->name->s, (unsigned long long)v->value);
	}
	if (h->module.n_params)
		strbuf_addch(out, '\n');
}

static void write_function(struct honey *h, struct emit_needs *needs, struct strbuf *out,
			   bool lines, struct inst *inst, bool now, uint32_t stamp)
{
	struct strbuf text = STRBUF_INIT;
	struct emit e = {
		.h = h, .needs = needs, .out = &text, .funcs = out, .lines = lines, .stamp = stamp};

	emit_function(&e, inst, now);
	strbuf_add(out, text.s, text.len);
	strbuf_addch(out, '\n');
	strbuf_release(&text);
}

static void write_functions(struct honey *h, struct emit_needs *needs, struct strbuf *out,
			    bool lines)
{
	uint32_t stamp = 0;

	for (uint32_t i = 0; i < h->n_insts; i++) {
		struct inst *inst = h->insts[i];

		if (!inst->takes_now || inst->plain)
			write_function(h, needs, out, lines, inst, false, ++stamp);
		if (inst->takes_now)
			write_function(h, needs, out, lines, inst, true, ++stamp);
	}
}

void emit_module(struct honey *h, struct strbuf *out, bool lines)
{
	const struct module *m = &h->module;
	struct emit_needs needs = {0};
	struct strbuf functions = STRBUF_INIT;

	name_instances(h);
	write_functions(h, &needs, &functions, lines);
	strbuf_addf(out, "/* %s: written by honeyc from", m->name ? m->name->s : "A fragment");
	for (uint32_t i = 0; i < h->n_sources; i++)
		strbuf_addf(out, "%s %s", i ? "," : "", h->sources[i].name);
	strbuf_addstr(out, ". Change that, not this. */\n\n");
	write_types(out);
	write_constants(h, &needs, out);
	if (needs.task)
		strbuf_addstr(out, "struct task_struct;\n\n");
	for (uint32_t i = 0; i < m->n_structs; i++)
		write_struct(h, out, m->structs[i]);
	write_contexts(h, &needs, out);
	for (uint32_t i = 0; i < m->n_maps; i++)
		write_map(h, out, m->maps[i]);
	write_params(h, out);
	write_helpers(&needs, out);
	if (lines)
		strbuf_add(out, functions.s, functions.len);
	else
		add_tidy(out, functions.s);
	strbuf_release(&functions);
	write_record_types(h, out);
	strbuf_addf(out, "char LICENSE[] SEC(\"license\") = %s;\n", emit_string(h, m->license));
}
