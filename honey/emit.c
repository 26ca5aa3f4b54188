/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The C text: lines, names, functions, callbacks. */
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

const char *emit_declare(struct emit *e, const char *type, const char *name)
{
	size_t n = strlen(type);

	return fmt(e->h, type[n - 1] == '*' ? "%s%s" : "%s %s", type, name);
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

/* A C name no one in sight has: @base, @base_2, ... It is free again when the scope closes. */
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

/* --- callbacks --- */

static const char *ctx_type(struct emit *e, const struct section *s)
{
	if (!s)
		return "void *";
	switch (s->ctx) {
	case CTX_TRACEPOINT: return s->c_struct ? fmt(e->h, "struct %s *", s->c_struct) : "void *";
	case CTX_ARGS_STRUCT: e->needs->raw_args = true; return "struct bpf_raw_tracepoint_args *";
	case CTX_ARGS_ARRAY: return "__u64 *";
	default: return "void *";
	}
}

static const char *captured_type(struct emit *e, const struct var *v)
{
	if (v->type->kind == T_OPTION)
		return type_c(e->h, v->type->elem);
	if (v->type->kind == T_STRUCT)
		return fmt(e->h, "struct %s *", v->type->strct->name->s);
	if (v->type->kind == T_CTX)
		return ctx_type(e, v->type->section);
	return type_c(e->h, v->type);
}

/* struct F_ctx { the variables the body uses }; filled before the call, read back after it. */
static void write_ctx_struct(struct emit *e, const struct loop *l)
{
	strbuf_addf(e->out, "struct %s_ctx {\n", l->c_name);
	for (const struct var_list *v = l->captured; v; v = v->next)
		strbuf_addf(e->out, "\t%s;\n",
			    emit_declare(e, captured_type(e, v->var), v->var->c_name));
	strbuf_addstr(e->out, "};\n\n");
}

static void callback_head(struct emit *e, struct node *n, const struct loop *l)
{
	const struct type *key = l->map ? l->map->key : NULL,
			  *value = l->map ? l->map->value : NULL;
	struct var *k = l->counter, *v = l->value;
	const char *ctx = l->captured ? fmt(e->h, "struct %s_ctx *c", l->c_name) : "void *c";
	const char *k_name = "key", *v_name = "value", *k_type = "void *", *v_type = "void *";

	if (k) {
		emit_var_names(e, k);
		k->c_declared = true;
	}
	if (v) {
		emit_var_names(e, v);
		v->c_declared = true;
	}
	if (!l->map) {
		emit_line(e, "static long %s(__u32 %s, %s)", l->c_name, k ? k->c_name : "i", ctx);
		emit_line(e, "{");
		return;
	}
	if (k) {
		k_name = k->type->kind == T_POINTER
				 ? k->c_name
				 : emit_unique(e, fmt(e->h, "%s_ptr", k->c_name));
		k_type = fmt(e->h, "%s *", type_c(e->h, key));
	}
	if (v) {
		v_name = v->type->kind == T_POINTER
				 ? v->c_name
				 : emit_unique(e, fmt(e->h, "%s_ptr", v->c_name));
		v_type = fmt(e->h, "%s *", type_c(e->h, value));
	}
	emit_line(e, "static long %s(void *map, %s, %s, %s)", l->c_name,
		  emit_declare(e, k_type, k_name), emit_declare(e, v_type, v_name), ctx);
	emit_line(e, "{");
	e->indent++;
	if (k && k->type->kind != T_POINTER)
		emit_line(e, "%s = *%s;", emit_declare(e, type_c(e->h, k->type), k->c_name),
			  k_name);
	if (v && v->type->kind != T_POINTER)
		emit_line(e, "%s = *%s;", emit_declare(e, type_c(e->h, v->type), v->c_name),
			  v_name);
	e->indent--;
	(void)n;
}

static void write_callback(struct emit *e, struct node *n, struct loop *l)
{
	struct strbuf text = STRBUF_INIT;
	struct emit sub = {.h = e->h,
			   .needs = e->needs,
			   .out = &text,
			   .funcs = e->funcs,
			   .inst = e->inst,
			   .loop = l,
			   .lines = e->lines,
			   .span = n->span,
			   .stamp = ++e->h->n_loops + (1u << 30),
			   .now = NULL};
	struct node *body = l->body;
	bool ends = body->n && body->list[body->n - 1]->kind == N_RETURN;

	if (l->captured)
		write_ctx_struct(&sub, l);
	emit_open(&sub);
	sub.indent = 0;
	callback_head(&sub, n, l);
	emit_block(&sub, body);
	sub.indent = 1;
	if (!ends)
		emit_line(&sub, "return 0;");
	emit_close(&sub);
	sub.indent = 0;
	emit_line(&sub, "}");
	strbuf_addch(&text, '\n');
	strbuf_add(e->funcs, text.s, text.len);
	strbuf_release(&text);
	e->stack_max = MAX(e->stack_max, e->stack + sub.stack_max);
}

/* Writes the function the kernel calls, and before the call the struct with what it uses. */
void emit_callback(struct emit *e, struct node *n, const char **name, const char **ctx)
{
	struct loop *l = n->loop;
	const char *var;

	e->inst->n_callbacks++;
	l->c_name = e->inst->n_callbacks == 1
			    ? fmt(e->h, "%s_each", e->inst->c_name)
			    : fmt(e->h, "%s_each_%u", e->inst->c_name, e->inst->n_callbacks);
	write_callback(e, n, l);
	*name = l->c_name;
	*ctx = "NULL";
	if (!l->captured) {
		e->needs->null = true;
		return;
	}
	var = emit_unique(e, "each");
	emit_line(e, "struct %s_ctx %s = {", l->c_name, var);
	e->indent++;
	for (const struct var_list *v = l->captured; v; v = v->next) {
		emit_stack(e, 8);
		emit_line(e,
			  v->var->type->kind == T_STRUCT && v->var->loop == e->loop ? ".%s = &%s,"
										    : ".%s = %s,",
			  v->var->c_name,
			  v->var->type->kind == T_STRUCT && v->var->loop != e->loop
				  ? fmt(e->h, "c->%s", v->var->c_name)
				  : emit_var(e, v->var));
	}
	e->indent--;
	emit_line(e, "};");
	*ctx = fmt(e->h, "&%s", var);
	l->c_ctx = var;
}

/* --- functions --- */

static const char *params(struct emit *e, struct inst *inst, bool now)
{
	struct func *f = inst->func;
	const char *list = "";

	for (uint32_t i = 0; i < f->n_params; i++) {
		struct var *v = inst->params[i];
		const char *type = v->type->kind == T_CTX ? ctx_type(e, v->type->section)
							  : type_c(e->h, v->type);

		if (inst->arg_maps[i])
			continue;
		emit_var_names(e, v);
		v->c_declared = true;
		list = fmt(e->h, "%s%s%s", list, *list ? ", " : "",
			   emit_declare(e, type, v->c_name));
	}
	if (now) {
		e->now = emit_unique(e, "now");
		list = fmt(e->h, "%s%s__u64 %s", list, *list ? ", " : "", e->now);
	}
	if (!*list)
		return inst->is_handler ? "void *ctx" : "void";
	return list;
}

static void write_body(struct emit *e, struct inst *inst)
{
	struct node *b = inst->body;
	struct node *last = b->n ? b->list[b->n - 1] : NULL;

	emit_loads(e, b->loads);
	for (uint32_t i = 0; i < b->n; i++) {
		if (i + 1 == b->n && inst->want_last)
			emit_tail(e, b->list[i]);
		else
			emit_stmt(e, b->list[i]);
	}
	if (last && last->kind == N_RETURN)
		return;
	if (last)
		e->span = (struct span){last->span.file,
					last->span.end - (last->span.end > last->span.start),
					last->span.end};
	if ((inst->is_handler && !inst->want_last) || (inst->want && !last))
		emit_line(e, "return 0;");
}

void emit_function(struct emit *e, struct inst *inst, bool now)
{
	const char *list, *type, *plain = inst->c_name;

	e->inst = inst;
	e->span = inst->func->span;
	e->stack = e->stack_max = 0;
	e->now = NULL;
	if (now)
		inst->c_name = inst->c_name_now; /* callbacks are named after it */
	inst->n_callbacks = 0;
	for (uint32_t i = 0; i < inst->n_vars; i++)
		inst->vars[i]->c_declared = false;
	emit_open(e);
	e->indent = 0;
	list = params(e, inst, now);
	type = inst->want ? type_c(e->h, inst->result) : "void";
	if (inst->is_handler) {
		emit_line(e, "SEC(\"%s\")", inst->section->text);
		emit_line(e, "int %s(%s)", inst->c_name, list);
	} else {
		emit_line(e, "static __always_inline %s(%s)", emit_declare(e, type, inst->c_name),
			  list);
	}
	emit_line(e, "{");
	e->indent = 1;
	write_body(e, inst);
	e->indent = 1;
	emit_close(e);
	e->indent = 0;
	strbuf_addstr(e->out, "}\n");
	inst->c_name = plain;
	inst->stack_bytes = e->stack_max;
	if (e->stack_max > HONEY_STACK_BYTES)
		diag_at(e->h, H035, inst->func->span,
			"keep large structs in a map, such as a "
			":bpf_percpu_array of one element",
			"%s keeps %u bytes of structs, keys and values at once; a BPF program has "
			"%d",
			inst->func->name->s, e->stack_max, HONEY_STACK_BYTES);
}
