/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tree: making, copying and printing it. */
#include "lib/base.h"
#include "honey/ast.h"

#include <inttypes.h>
#include <string.h>

#include "honey/honey.h"

static const char *const kind_names[] = {
#define NODE(name) #name,
#include "honey/nodes.def"
#undef NODE
};

struct node *node_new(struct honey *h, enum node_kind kind, struct span span)
{
	struct node *n = arena_new(&h->arena, struct node);

	n->kind = kind;
	n->span = n->name_span = span;
	return n;
}

void node_add(struct honey *h, struct node *list, struct node *item)
{
	arena_push(&h->arena, list->list, list->n, item);
}

struct node *node_clone(struct honey *h, const struct node *n)
{
	struct node *copy;

	if (!n)
		return NULL;
	copy = arena_new(&h->arena, struct node);
	*copy = *n;
	copy->a = node_clone(h, n->a);
	copy->b = node_clone(h, n->b);
	copy->c = node_clone(h, n->c);
	if (n->n) {
		copy->list = arena_array(&h->arena, struct node *, n->n);
		for (uint32_t i = 0; i < n->n; i++)
			copy->list[i] = node_clone(h, n->list[i]);
	}
	return copy;
}

bool case_is_total(const struct node *n)
{
	bool yes = false, no = false;

	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *p = n->list[i]->a;

		if (p->kind == N_NAME)
			return true;
		yes |= p->kind == N_BOOL && p->value;
		no |= p->kind == N_BOOL && !p->value;
	}
	return yes && no;
}

static void dump_text(const char *s, FILE *out)
{
	fputs(" \"", out);
	for (; *s; s++)
		fprintf(out, (unsigned char)*s < 0x20 || strchr("\"\\\177", *s) ? "\\x%02x" : "%c",
			(unsigned char)*s);
	fputc('"', out);
}

static void dump(const struct honey *h, const struct node *n, int indent, const char *role,
		 FILE *out)
{
	struct place p;

	if (!n)
		return;
	p = srcmap_place(h, n->span.file, n->span.start);
	fprintf(out, "%*s%s%s", indent, "", role, kind_names[n->kind]);
	if (n->kind == N_UNARY || n->kind == N_BINARY)
		fprintf(out, " %s", op_text(n->op));
	if (n->kind == N_IF && n->negated)
		fputs(" unless", out);
	if (n->module)
		fprintf(out, " %s.", n->module);
	if (n->name)
		fprintf(out, "%s%s", n->module ? "" : " ", n->name->s);
	if (n->kind == N_INT || n->kind == N_BOOL)
		fprintf(out, n->hex ? " %#" PRIx64 : " %" PRIu64, n->value);
	if (n->kind == N_STRING)
		dump_text(n->str, out);
	fprintf(out, " @%u:%u\n", p.line, p.column);
	dump(h, n->a, indent + 2, n->kind == N_IF ? "if " : "", out);
	dump(h, n->b, indent + 2, n->kind == N_IF ? "then " : "", out);
	for (uint32_t i = 0; i < n->n; i++)
		dump(h, n->list[i], indent + 2, "", out);
	dump(h, n->c, indent + 2, n->kind == N_IF ? "else " : "", out);
}

void ast_dump(const struct honey *h, FILE *out)
{
	const struct module *m = &h->module;

	fprintf(out, "module %s license \"%s\"\n", m->name ? m->name->s : "(fragment)",
		m->license ? m->license : "");
	for (uint32_t i = 0; i < m->n_attrs; i++) {
		fprintf(out, "attribute %s\n", m->attrs[i]->name->s);
		dump(h, m->attrs[i]->value, 2, "", out);
	}
	for (uint32_t i = 0; i < m->n_structs; i++) {
		fprintf(out, "struct %s\n", m->structs[i]->name->s);
		for (uint32_t j = 0; j < m->structs[i]->n_fields; j++) {
			const struct field *f = &m->structs[i]->fields[j];

			fprintf(out, "  field %s\n", f->name->s);
			dump(h, f->type_node, 4, "", out);
			dump(h, f->size_node, 4, "size ", out);
		}
	}
	for (uint32_t i = 0; i < m->n_maps; i++) {
		fprintf(out, "map %s\n", m->maps[i]->name->s);
		for (uint32_t j = 0; j < m->maps[i]->n_options; j++)
			dump(h, m->maps[i]->options[j], 2, "", out);
	}
	for (uint32_t i = 0; i < m->n_funcs; i++) {
		const struct func *f = m->funcs[i];

		fprintf(out, "%s %s/%u", f->is_private ? "defp" : "def", f->name->s, f->n_params);
		fprintf(out, f->sec ? " sec \"%s\"\n" : "\n", f->sec);
		for (uint32_t j = 0; j < f->n_params; j++)
			dump(h, f->params[j], 2, "param ", out);
		dump(h, f->body, 2, "", out);
	}
}
