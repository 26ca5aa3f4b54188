/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The whole C text: what the bodies need first, then structs, maps, functions, licence. The output
 * needs nothing but libbpf's bpf_helpers.h.
 *
 * Functions are written first, into a text of their own, for only then is it known what must stand
 * before them (struct emit_needs, fields of contexts used). emit_line() writes one line, with #line
 * when the object is to quote the .ex, and breaks what is longer than 100 columns as clang-format
 * does; emit_unique() gives names that C, the kernel and no one else in sight has.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"
#include "honey/passes.h"

enum { COLUMNS = 100, TAB = 8 };

/* --- lines --- */

/* Where to break a line of @s that is too long: after the last ", " or before the last operator
 * that fits in @room; sets @depth_at to the open bracket that encloses it. */
static size_t find_break(const char *s, size_t room, size_t *bracket)
{
	size_t best = 0, stack[32], depth = 0;
	bool quoted = false;

	for (size_t i = 0; s[i] && i < room; i++) {
		if (s[i] == '"' && (!i || s[i - 1] != '\\'))
			quoted = !quoted;
		if (quoted)
			continue;
		if (s[i] == '(' && depth < ARRAY_SIZE(stack))
			stack[depth++] = i;
		else if (s[i] == ')' && depth)
			depth--;
		else if (s[i] == ' ' && i &&
			 (s[i - 1] == ',' || (i > 1 && strchr("|&+=", s[i - 1]) && s[i - 1] &&
					      s[i - 2] == s[i - 1]))) {
			best = i;
			*bracket = depth ? stack[depth - 1] + 1 : 0;
		}
	}
	return best;
}

static void add_indent(struct strbuf *out, size_t columns)
{
	for (; columns >= TAB; columns -= TAB)
		strbuf_addch(out, '\t');
	for (; columns; columns--)
		strbuf_addch(out, ' ');
}

/* One line of C at the current indent, broken like clang-format does when it is longer than 100. */
static void add_line(struct emit *e, const char *s)
{
	size_t indent = e->indent * TAB, bracket = 0, at;

	add_indent(e->out, indent);
	while (indent + strlen(s) > COLUMNS && indent < COLUMNS - 20) {
		at = find_break(s, COLUMNS - indent + 1, &bracket);
		if (!at)
			break;
		strbuf_add(e->out, s, at);
		strbuf_addch(e->out, '\n');
		e->presumed_line++;
		indent = bracket ? indent + bracket : indent + TAB;
		if (indent > COLUMNS - 30)
			indent = e->indent * TAB + TAB;
		add_indent(e->out, indent);
		s += at + 1;
	}
	strbuf_addstr(e->out, s);
	strbuf_addch(e->out, '\n');
}

void emit_line(struct emit *e, const char *format, ...)
{
	struct place p;
	va_list ap;
	char small[512], *s = small;
	int n;

	if (e->lines) {
		p = srcmap_place(e->h, e->span.file, e->span.start);
		if (p.line != e->presumed_line || e->span.file != e->presumed_file)
			strbuf_addf(e->out, "#line %u \"%s\"\n", p.line, p.src->name);
		e->presumed_file = e->span.file;
		e->presumed_line = p.line + 1;
	}
	va_start(ap, format);
	n = vsnprintf(small, sizeof(small), format, ap);
	va_end(ap);
	if (n >= (int)sizeof(small)) {
		s = arena_alloc(&e->h->arena, (size_t)n + 1);
		va_start(ap, format);
		vsnprintf(s, (size_t)n + 1, format, ap);
		va_end(ap);
	}
	add_line(e, s);
}

const char *emit_declare(struct honey *h, const char *type, const char *name)
{
	size_t n = strlen(type);

	return fmt(h, type[n - 1] == '*' ? "%s%s" : "%s %s", type, name);
}

/* --- names --- */

static const char *const words[] = {
	"auto",	   "break",    "case",	      "char",	"const",    "continue", "default",
	"do",	   "double",   "else",	      "enum",	"extern",   "float",	"for",
	"goto",	   "if",       "inline",      "int",	"long",	    "register", "restrict",
	"return",  "short",    "signed",      "sizeof", "static",   "struct",	"switch",
	"typedef", "union",    "unsigned",    "void",	"volatile", "while",	"asm",
	"typeof",  "NULL",     "SEC",	      "__u8",	"__u16",    "__u32",	"__u64",
	"__s8",	   "__s16",    "__s32",	      "__s64",	"__wsum",   "__be16",	"__be32",
	"__be64",  "offsetof", "container_of"};

/* Not words of C, but in use: fields may have these names, nothing else. */
static const char *const reserved[] = {"c",	"LICENSE", "barrier",	       "main",
				       "linux", "unix",	   "bpf_stream_printk"};

bool emit_is_c_word(const char *s, bool is_field)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], s))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(reserved) && !is_field; i++)
		if (!strcmp(reserved[i], s))
			return true;
	return false;
}

const char *emit_identifier(struct honey *h, const char *base)
{
	char *s = arena_strdup(&h->arena, base);

	for (char *p = s; *p; p++)
		if (*p == '?' || *p == '!' || (unsigned char)*p >= 0x80)
			*p = '_';
	return s;
}

static bool is_taken(const struct emit *e, const struct name *n)
{
	if (n->map || n->func || n->param || n->c_global || helper_find(n) ||
	    n->c_stamp == e->stamp)
		return true;
	if (!strncmp(n->s, "honey_", 6) || !strncmp(n->s, "BPF_", 4))
		return true;
	return emit_is_c_word(n->s, false);
}

const char *emit_unique(struct emit *e, const char *base)
{
	const char *stem = emit_identifier(e->h, base);
	struct name *n = name_intern(e->h, stem, strlen(stem));
	struct local *l = arena_new(&e->h->arena, struct local);

	for (unsigned int i = 2; is_taken(e, n); i++) {
		const char *s = fmt(e->h, "%s_%u", stem, i);

		n = name_intern(e->h, s, strlen(s));
	}
	l->stamp = n->c_stamp;
	n->c_stamp = e->stamp;
	l->name = n;
	l->next = e->locals;
	l->stack = e->stack;
	e->locals = l;
	return n->s;
}

void emit_open(struct emit *e)
{
	struct local *mark = arena_new(&e->h->arena, struct local);

	mark->next = e->locals;
	mark->stack = e->stack;
	e->locals = mark;
	e->indent++;
}

void emit_close(struct emit *e)
{
	while (e->locals->name) {
		e->locals->name->c_stamp = e->locals->stamp;
		e->locals = e->locals->next;
	}
	e->stack = e->locals->stack;
	e->locals = e->locals->next;
	e->indent--;
}

void emit_stack(struct emit *e, uint32_t bytes)
{
	e->stack += (bytes + 7) & ~7u;
	e->stack_max = MAX(e->stack_max, e->stack);
}

/* --- the module --- */

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

/* --check-types: an operand's type in C is the one inferred, or clang refuses the text. */
static void write_check(struct strbuf *out)
{
	strbuf_addstr(out, "#define honey_is(bits, sgn, x) ({ __auto_type honey_x = (x); \\\n"
			   "\t_Static_assert(sizeof(honey_x) * 8 == bits && "
			   "((__typeof__(honey_x))-1 < 0) == sgn, "
			   "#x); \\\n\thoney_x; })\n\n");
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

		if (!s || !s->c_struct || s->emitted || !m->funcs[i]->handler ||
		    (s->ctx == CTX_OPAQUE && !s->touched))
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
	if (needs->mmap_arg)
		strbuf_addstr(out,
			      "/* mmap's one argument here is the address of its six. */\n"
			      "static __always_inline __u64 honey_mmap_arg(__u64 block, __u64 i)\n"
			      "{\n\t__u64 value = 0;\n\n"
			      "\tbpf_probe_read_user(&value, sizeof(value), "
			      "(const void *)(block + 8 * i));\n\treturn value;\n}\n\n");
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

/* "__u64 m = 1;", "struct x *p;": two words, the first of which is no statement's. C takes that
 * only within braces. */
static bool is_declaration(const char *line)
{
	static const char *const statements[] = {"return", "goto"};
	static const char word[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len;

	line += strspn(line, "\t");
	len = strspn(line, word);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		if (len == strlen(statements[i]) && !strncmp(line, statements[i], len))
			return false;
	if (!len || line[len] != ' ')
		return false;
	line += len + 1;
	line += strspn(line, "*");
	return strspn(line, word) > 0;
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
		    !strchr("\t\n", nl[1 + tabs + 1]) && !is_declaration(nl + 1)) {
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
	if (h->opt.check_types)
		write_check(out);
	write_helpers(&needs, out);
	for (const struct net *const *n = needs.nets; *n; n++)
		strbuf_addstr(out, (*n)->c);
	if (lines)
		strbuf_add(out, functions.s, functions.len);
	else
		add_tidy(out, functions.s);
	strbuf_release(&functions);
	write_record_types(h, out);
	strbuf_addf(out, "char LICENSE[] SEC(\"license\") = %s;\n", emit_string(h, m->license));
}
