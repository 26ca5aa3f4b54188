/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A source as a whole: modules and what they use. An error ends a declaration, never the run:
 * parsing goes on at the next def. */
#include "lib/base.h"
#include "honey/parse.h"

#include <string.h>

#include "honey/passes.h"

static struct name *rest_of_path(struct parser *p)
{
	struct name *name = p->tok++->name;

	while (parse_is_op(p, OP_DOT) && parse_peek(p, 1)->kind == TOK_ALIAS) {
		name = p->tok[1].name;
		p->tok += 2;
	}
	return name;
}

/* use, import, alias, require: only use Honey, license: "..." says something */
static void parse_use(struct parser *p)
{
	const struct token *word = p->tok++;
	struct node *call = node_new(p->h, N_CALL, word->span);
	struct name *what = NULL;

	if (p->tok->kind == TOK_ALIAS)
		what = rest_of_path(p);
	while (parse_accept_op(p, OP_COMMA) && p->tok->kind == TOK_KEY) {
		struct node *o = node_new(p->h, N_KEYVALUE, p->tok->span);

		o->name = p->tok++->name;
		if (p->tok->kind == TOK_ALIAS)
			rest_of_path(p);
		else
			o->a = parse_expr(p);
		node_add(p->h, call, o);
	}
	if (!what)
		parse_error(p, p->tok, "use Honey, license: \"GPL\"",
			    "expected a module's name, found %s", parse_token_text(p, p->tok));
	for (uint32_t i = 0; !p->panic && i < call->n; i++) {
		struct node *o = call->list[i];

		if (strcmp(word->name->s, "use") || strcmp(o->name->s, "license"))
			continue;
		if (!o->a || o->a->kind != N_STRING) {
			diag_at(p->h, H021, o->span, "license: \"Dual BSD/GPL\"",
				"the licence is a string");
			continue;
		}
		p->h->module.license = o->a->str;
		p->h->module.license_span = o->a->span;
	}
}

static void parse_decls(struct parser *p, bool in_module);

static void parse_defmodule(struct parser *p)
{
	const struct token *open = p->tok++;
	struct name *name;

	if (p->tok->kind != TOK_ALIAS) {
		parse_error(p, p->tok, "defmodule MemoryMonitor do",
			    "expected a module's name, found %s", parse_token_text(p, p->tok));
		return;
	}
	name = rest_of_path(p);
	if (!p->h->module.name)
		p->h->module.name = name;
	if (p->tok->kind != TOK_DO) {
		parse_error(p, p->tok, NULL, "expected 'do' after the module's name, found %s",
			    parse_token_text(p, p->tok));
		return;
	}
	p->tok++;
	if (!parse_enter(p))
		return;
	parse_decls(p, true);
	parse_leave(p);
	if (p->tok->kind == TOK_END)
		p->tok++;
	else
		parse_no_end(p, open->span, "defmodule");
}

static void parse_foreign(struct parser *p)
{
	diag_at(p->h, H008, p->tok->span, "write a helper with defp", "'%s' is not part of Honey",
		p->tok->name->s);
	p->tok++;
	p->panic = true;
}

static void unknown_decl(struct parser *p)
{
	parse_error(p, p->tok, "a module holds use, @name, defstruct, defmap, def and defp",
		    "expected a declaration, found %s", parse_token_text(p, p->tok));
	if (p->tok->kind != TOK_EOF)
		p->tok++;
}

/* The words that open a declaration: parsing goes on at them after an error. */
static const struct decl {
	const char *word;
	void (*parse)(struct parser *p);
} decls[] = {
	{"def", parse_def},
	{"defp", parse_def},
	{"defmap", parse_defmap},
	{"defstruct", parse_defstruct},
	{"defmodule", parse_defmodule},
	{"use", parse_use},
	{"import", parse_use},
	{"alias", parse_use},
	{"require", parse_use},
	{"defparam", parse_defparam},
	{"defmacro", parse_foreign},
	{"defdelegate", parse_foreign},
	{"field", unknown_decl}, /* only in a struct */
};

static const struct decl *find_decl(const struct parser *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(decls); i++)
		if (parse_is_word(p, decls[i].word))
			return &decls[i];
	return NULL;
}

/* Skips to the next declaration that opens a line. */
static void sync_decl(struct parser *p)
{
	for (; p->tok->kind != TOK_EOF; p->tok++)
		if (p->tok->nl_before && (p->tok->kind == TOK_AT || find_decl(p)))
			break;
	p->panic = false;
}

/* decls = { use | @name | defmap | defstruct | def | defp | defmodule } */
static void parse_decls(struct parser *p, bool in_module)
{
	for (;;) {
		const struct decl *decl;

		while (parse_accept_op(p, OP_SEMI))
			;
		if (p->tok->kind == TOK_EOF || (in_module && p->tok->kind == TOK_END) || p->h->stop)
			return;
		decl = find_decl(p);
		if (p->tok->kind == TOK_AT)
			parse_attribute(p);
		else if (decl)
			decl->parse(p);
		else
			unknown_decl(p);
		if (p->panic)
			sync_decl(p);
	}
}

void parse_module(struct honey *h)
{
	struct parser p = {.h = h, .tok = h->tokens};
	const struct token *last = &h->tokens[h->n_tokens - 1];

	for (;;) {
		parse_decls(&p, false);
		if (h->stop || p.tok >= last)
			break;
		p.tok++; /* past the end of one file */
	}
	if (p.pending_sec && !h->stop)
		diag_at(h, H019, p.pending_sec_span, "put one @sec before each def",
			"no def follows this @sec");
}
