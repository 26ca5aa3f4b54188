/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Declarations: a source as a whole, modules, what they set, and their maps, parameters, structs
 * and functions. Each function is named for its rule. An error ends a declaration, never the run:
 * parsing goes on at the next word that opens one.
 */
#include "lib/base.h"
#include "honey/parse.h"

#include <string.h>

#include "honey/passes.h"

static void duplicate(struct parser *p, struct span span, struct span first, const char *what,
		      const struct name *name)
{
	struct diag d = {.code = H011, .span = span, .note_span = first, .note = "first here"};

	d.text = fmt(p->h, "%s %s is defined twice", what, name->s);
	d.help = "rename one of them";
	diag_report(p->h, &d);
}

/* defmap(:name, %{type: BPF_MAP_TYPE_HASH, ..}) of upstream's first versions: the kind stands among
 * the options. */
static void take_kind(struct parser *p, struct node *call)
{
	struct node *options = call->list[1];

	for (uint32_t i = 0; i < options->n; i++) {
		struct node *o = options->list[i];

		if (o->kind != N_KEYVALUE || strcmp(o->name->s, "type") || !o->a ||
		    o->a->kind != N_ATOM)
			continue;
		call->list[1] = o->a;
		options->list[i] = options->list[--options->n];
		node_add(p->h, call, options);
		return;
	}
}

/* The arguments of a declaration, @least to @most of them, that begins with two atoms. Returns NULL
 * after saying what it @takes. */
static struct node *decl_args(struct parser *p, uint32_t least, uint32_t most, const char *example,
			      const char *takes)
{
	const struct token *open = p->tok++;
	struct node *call = node_new(p->h, N_CALL, open->span);

	call = parse_args(p, call, parse_accept_op(p, OP_LPAREN));
	if (p->panic)
		return NULL;
	if (p->in_defmap && call->n == 2 && call->list[1]->kind == N_LIST)
		take_kind(p, call);
	if (call->n >= least && call->n <= most && call->list[0]->kind == N_ATOM &&
	    call->list[1]->kind == N_ATOM)
		return call;
	diag_at(p->h, H019, call->span, example, "%s", takes);
	return NULL;
}

/* defmap(:name, :kind, [key: value, ...]) */
static void parse_defmap(struct parser *p)
{
	struct node *call, *kind, *list;
	struct map *m;

	p->in_defmap = true;
	call = decl_args(
		p, 2, UINT32_MAX,
		"defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)",
		"defmap takes a name, a kind and options");
	p->in_defmap = false;
	if (!call)
		return;
	m = arena_new(&p->h->arena, struct map);
	m->name = call->list[0]->name;
	m->span = call->list[0]->span;
	kind = call->list[1];
	for (uint32_t i = 2; i < call->n; i++) {
		list = call->list[i];
		if (list->kind == N_KEYVALUE)
			arena_push(&p->h->arena, m->options, m->n_options, list);
		for (uint32_t j = 0; list->kind == N_LIST && j < list->n; j++)
			arena_push(&p->h->arena, m->options, m->n_options, list->list[j]);
		if (list->kind != N_KEYVALUE && list->kind != N_LIST)
			diag_at(p->h, H019, list->span, "max_entries: 1024",
				"map options are name: value pairs");
	}
	arena_push(&p->h->arena, m->options, m->n_options, kind); /* last: resolve.c takes it off */
	if (m->name->map)
		duplicate(p, m->span, m->name->map->span, "map", m->name);
	else
		m->name->map = m;
	arena_push(&p->h->arena, p->h->module.maps, p->h->module.n_maps, m);
}

/* defparam(:name, :type, default) */
static void parse_defparam(struct parser *p)
{
	struct node *call = decl_args(p, 3, 3, "defparam(:min_length, :u64, 1024)",
				      "defparam takes a name, a type and a number");
	struct param *v;

	if (!call)
		return;
	v = arena_new(&p->h->arena, struct param);
	v->name = call->list[0]->name;
	v->span = call->list[0]->span;
	v->type_node = call->list[1];
	v->value_node = call->list[2];
	if (v->name->param)
		duplicate(p, v->span, v->name->param->span, "parameter", v->name);
	v->name->param = v;
	arena_push(&p->h->arena, p->h->module.params, p->h->module.n_params, v);
}

/* field(:name, :type [, size: n] [, count: n]) */
static void parse_field(struct parser *p, struct strct *s)
{
	struct node *call =
		decl_args(p, 2, UINT32_MAX, "field(:size, :u64) or field(:comm, :string, size: 16)",
			  "field takes a name and a type");
	struct field f = {0};

	if (!call)
		return;
	f.name = call->list[0]->name;
	f.span = call->list[0]->span;
	f.type_node = call->list[1];
	for (uint32_t i = 2; i < call->n; i++) {
		struct node *o = call->list[i];

		o = o->kind == N_LIST && o->n == 1 ? o->list[0] : o;
		if (o->kind == N_KEYVALUE &&
		    (!strcmp(o->name->s, "size") || !strcmp(o->name->s, "count")))
			f.size_node = o->a;
		else
			diag_at(p->h, H019, o->span, "size: 16", "field has no such option");
	}
	for (uint32_t i = 0; i < s->n_fields; i++)
		if (s->fields[i].name == f.name)
			duplicate(p, f.span, s->fields[i].span, "field", f.name);
	if (s->n_fields == HONEY_MAX_FIELDS) {
		diag_at(p->h, H007, f.span, "group some of them in a struct of their own",
			"a struct has at most %d fields", HONEY_MAX_FIELDS);
		return;
	}
	f.index = s->n_fields;
	arena_push(&p->h->arena, s->fields, s->n_fields, f);
}

/* defstruct :name do { field } end */
static void parse_defstruct(struct parser *p)
{
	const struct token *open = p->tok++;
	bool parens = parse_accept_op(p, OP_LPAREN);
	struct strct *s;

	if (p->tok->kind != TOK_ATOM) {
		parse_error(p, p->tok, "defstruct :event do field(:size, :u64) end",
			    "expected the struct's name as :name, found %s",
			    parse_token_text(p, p->tok));
		return;
	}
	s = arena_new(&p->h->arena, struct strct);
	s->name = p->tok->name;
	s->span = p->tok->span;
	p->tok++;
	if (parens)
		parse_expect_op(p, OP_RPAREN, "after the struct's name");
	if (s->name->strct)
		duplicate(p, s->span, s->name->strct->span, "struct", s->name);
	else
		s->name->strct = s;
	arena_push(&p->h->arena, p->h->module.structs, p->h->module.n_structs, s);
	if (p->panic)
		return;
	if (p->tok->kind != TOK_DO) {
		parse_error(p, p->tok, NULL, "expected 'do' after the struct's name, found %s",
			    parse_token_text(p, p->tok));
		return;
	}
	p->tok++;
	while (!parse_at_end(p)) {
		if (parse_is_word(p, "field"))
			parse_field(p, s);
		else
			parse_error(p, p->tok, "field(:name, :u64)",
				    "only field(...) may stand in a struct, found %s",
				    parse_token_text(p, p->tok));
		if (p->panic)
			parse_sync(p);
	}
	if (p->tok->kind == TOK_END)
		p->tok++;
	else
		diag_at(p->h, H006, open->span, "close it with 'end'",
			"this defstruct does not end");
}

static bool is_pattern(const struct node *n)
{
	if (n->kind == N_UNARY && n->op == OP_SUB)
		return n->a->kind == N_INT;
	return n->kind == N_INT || n->kind == N_NAME || n->kind == N_NIL || n->kind == N_BOOL;
}

/* params = [ (name | pattern) [ \\ expr ] { , .. } ] ) */
static void parse_params(struct parser *p, struct clause *c)
{
	while (!p->panic && !parse_is_op(p, OP_RPAREN)) {
		const struct token *at = p->tok;
		struct node *param = parse_expr(p);

		if (!p->panic && !is_pattern(param)) {
			diag_at(p->h, H008, at->span, "take a plain name and use case in the body",
				"parameters are names, numbers, nil, true or false");
			p->panic = true;
		}
		if (p->panic)
			return;
		arena_push(&p->h->arena, c->params, c->n_params, param);
		if (parse_accept_op(p, OP_DEFAULT)) {
			struct node *value = parse_expr(p);

			arena_push(&p->h->arena, c->defaults, c->n_defaults, value);
		} else if (c->n_defaults) {
			diag_at(p->h, H008, at->span, "put it before those with a default",
				"a parameter without a default follows one that has one");
		}
		if (!parse_accept_op(p, OP_COMMA))
			break;
	}
	parse_expect_op(p, OP_RPAREN, "after the parameters");
}

static struct func *find_func(const struct name *name, uint32_t n_params)
{
	struct func *f = name->func;

	while (f && f->n_params != n_params)
		f = f->other_arity;
	return f;
}

/* Does the head take whatever it is given? */
static bool is_total(const struct clause *c)
{
	for (uint32_t i = 0; i < c->n_params; i++)
		if (c->params[i]->kind != N_NAME)
			return false;
	return !c->guard;
}

static struct func *new_func(struct parser *p, struct func *like, uint32_t n_params)
{
	struct func *f = arena_new(&p->h->arena, struct func);

	*f = *like;
	f->n_params = n_params;
	f->other_arity = f->name->func;
	f->name->func = f;
	arena_push(&p->h->arena, p->h->module.funcs, p->h->module.n_funcs, f);
	return f;
}

/* f(a, b \\ 1) is also f(a), which calls it. */
static void add_default(struct parser *p, struct func *like, const struct clause *c, uint32_t given)
{
	struct func *f = new_func(p, like, given);
	struct node *call = node_new(p->h, N_CALL, f->span);
	struct clause own = {.span = f->span, .n_params = given, .params = c->params};

	call->name = f->name;
	for (uint32_t i = 0; i < c->n_params; i++)
		node_add(p->h, call,
			 i < given
				 ? sugar_name(p, c->params[i]->name, f->span)
				 : node_clone(p->h, c->defaults[i + c->n_defaults - c->n_params]));
	own.body = node_new(p->h, N_BLOCK, f->span);
	node_add(p->h, own.body, call);
	f->sec = NULL;
	f->clauses = NULL;
	f->n_clauses = 0;
	arena_push(&p->h->arena, f->clauses, f->n_clauses, own);
}

/* @head: what all heads of a function have in common. */
static void add_clause(struct parser *p, struct func *head, struct clause *c)
{
	struct func *f = find_func(head->name, c->n_params);

	if (f && (head->sec || is_total(&f->clauses[f->n_clauses - 1]))) {
		struct diag d = {
			.code = H011, .span = c->span, .note_span = f->span, .note = "first here"};

		d.text = fmt(p->h, "%s/%u is defined twice", f->name->s, f->n_params);
		d.help = "the first takes every argument: what follows it is never called";
		diag_report(p->h, &d);
		return;
	}
	if (!f)
		f = new_func(p, head, c->n_params);
	arena_push(&p->h->arena, f->clauses, f->n_clauses, *c);
	for (uint32_t i = 1; i <= c->n_defaults; i++)
		if (!find_func(f->name, c->n_params - i))
			add_default(p, f, c, c->n_params - i);
}

/* def name[(params)] [when expr] (do stmts end | , do: expr) */
static void parse_def(struct parser *p)
{
	const struct token *open = p->tok++;
	struct func f = {.is_private = !strcmp(open->name->s, "defp"),
			 .sec = p->pending_sec,
			 .sec_span = p->pending_sec_span};
	struct clause c = {.params = NULL};

	p->pending_sec = NULL;
	p->return_is_name = false;
	p->def = open;
	if (p->tok->kind != TOK_IDENT) {
		parse_error(p, p->tok, "def on_event(ctx) do",
			    "expected a function's name, found %s", parse_token_text(p, p->tok));
		return;
	}
	f.name = p->tok->name;
	f.span = c.span = p->tok->span;
	p->tok++;
	if (parse_accept_op(p, OP_LPAREN))
		parse_params(p, &c);
	if (!p->panic && parse_accept_op(p, OP_WHEN))
		c.guard = parse_expr(p);
	if (p->panic)
		return;
	if (parse_accept_op(p, OP_COMMA) && p->tok->kind == TOK_KEY &&
	    !strcmp(p->tok->name->s, "do")) {
		p->tok++;
		c.body = node_new(p->h, N_BLOCK, p->tok->span);
		node_add(p->h, c.body, parse_expr(p));
	} else if (p->tok->kind == TOK_DO) {
		p->tok++;
		c.body = parse_block(p, open->span, open->name->s);
		if (p->tok[-1].kind == TOK_ELSE)
			parse_error(p, p->tok - 1, NULL, "did not expect 'else' here");
	} else {
		parse_error(p, p->tok, NULL, "expected 'do' after the function's head, found %s",
			    parse_token_text(p, p->tok));
		return;
	}
	sugar_forget(p, 0);
	p->known_mark = 0;
	p->def = NULL;
	add_clause(p, &f, &c);
}

static bool is_doc(const struct name *n)
{
	static const char *const docs[] = {"moduledoc", "doc", "typedoc", "impl", "deprecated"};

	for (size_t i = 0; i < ARRAY_SIZE(docs); i++)
		if (!strcmp(docs[i], n->s))
			return true;
	return false;
}

/* @sec "...", @name expr; @spec and @type are skipped */
static void parse_attribute(struct parser *p)
{
	const struct token *t = p->tok++;
	struct attr *a;

	if (!strcmp(t->name->s, "spec") || !strcmp(t->name->s, "type")) {
		while (!p->tok->nl_before && p->tok->kind != TOK_EOF)
			p->tok++;
		return;
	}
	if (p->tok->nl_before && p->tok->kind != TOK_STRING) {
		parse_error(p, t, fmt(p->h, "@%s 1024", t->name->s), "@%s is given no value here",
			    t->name->s);
		return;
	}
	if (!strcmp(t->name->s, "sec")) {
		if (p->tok->kind != TOK_STRING) {
			parse_error(p, p->tok, "@sec \"tracepoint/sched/sched_switch\"",
				    "@sec takes a string, found %s", parse_token_text(p, p->tok));
			return;
		}
		if (p->pending_sec)
			diag_at(p->h, H019, p->pending_sec_span, "put one @sec before each def",
				"no def follows this @sec");
		p->pending_sec = p->tok->str;
		p->pending_sec_span = p->tok->span;
		p->tok++;
		return;
	}
	a = arena_new(&p->h->arena, struct attr);
	a->name = t->name;
	a->span = t->span;
	a->value = parse_expr(p);
	if (is_doc(t->name))
		return;
	t->name->attr = a;
	arena_push(&p->h->arena, p->h->module.attrs, p->h->module.n_attrs, a);
}

/* --- modules --- */

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

/* A number between declarations is worked out by Elixir, and nobody sees it. */
static void parse_idle(struct parser *p)
{
	diag_at(p->h, W013, p->tok->span, "put it into a def",
		"%s is read over: no def is around it", parse_token_text(p, p->tok));
	p->tok++;
}

/* printlist = [..] is for Honey Potion's front end. */
static void parse_setting(struct parser *p)
{
	const struct token *t = p->tok;

	p->tok += 2;
	parse_expr(p);
	if (!p->panic)
		diag_at(p->h, W013, t->span, "a constant is an attribute: @name value",
			"%s is read over: programs do not see it", t->name->s);
}

static void unknown_decl(struct parser *p)
{
	if (parse_is_word(p, "printlist") && parse_peek(p, 1)->kind == TOK_OP &&
	    parse_peek(p, 1)->op == OP_ASSIGN) {
		parse_setting(p);
		return;
	}
	if (p->tok->kind == TOK_INT) {
		parse_idle(p);
		return;
	}
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
	/* After an error no one looks at them. */
	for (uint32_t i = 0; i < h->module.n_funcs && !h->n_errors; i++)
		sugar_heads(&p, h->module.funcs[i]);
	if (p.pending_sec && !h->stop)
		diag_at(h, H019, p.pending_sec_span, "put one @sec before each def",
			"no def follows this @sec");
}
