/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Declarations get their meaning: structs and maps, sections, parameters, the licence, and names
 * that the object can have. */
#include "lib/base.h"
#include "honey/resolve.h"

#include <ctype.h>
#include <string.h>

#include "honey/ast.h"
#include "honey/ctx.h"
#include "honey/diag.h"
#include "honey/helpers.h"
#include "honey/honey.h"
#include "honey/passes.h"

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
	else if (emit_is_c_word(n->s, !strcmp(what, "field")) || !strncmp(n->s, "honey_", 6) ||
		 (strcmp(what, "field") && helper_find(n)))
		diag_at(h, H019, span, "choose another name",
			"the %s's name '%s' is a word of C or of the kernel", what, n->s);
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
