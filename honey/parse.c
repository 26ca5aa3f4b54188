/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Modules, declarations and blocks; each function is named for its rule. Errors end a statement or
 * a declaration, never the run: parsing goes on at the next line or the next def. */
#include "lib/base.h"
#include "honey/parse.h"

#include <string.h>

#include "honey/passes.h"

static const char *const decl_words[] = {
	"def",	 "defp",    "defmap", "defstruct", "defmodule", "use",	      "import",
	"alias", "require", "field",  "defparam",  "defmacro",	"defdelegate"};

static bool at_stmts_end(const struct parser *p)
{
	return p->tok->kind == TOK_END || p->tok->kind == TOK_ELSE || p->tok->kind == TOK_EOF;
}

/* Skips to the next line's first token on this level of blocks. */
static void sync_stmt(struct parser *p)
{
	const struct token *start = p->tok;
	int depth = 0;

	for (; p->tok->kind != TOK_EOF; p->tok++) {
		if (depth == 0 && ((p->tok->nl_before && p->tok != start) || at_stmts_end(p)))
			break;
		if (p->tok->kind == TOK_DO || p->tok->kind == TOK_FN)
			depth++;
		else if (p->tok->kind == TOK_END)
			depth--;
	}
	p->panic = false;
}

bool parse_at_clause(const struct parser *p)
{
	int depth = 0;

	if (!p->tok->nl_before)
		return false;
	for (const struct token *t = p->tok; t->kind != TOK_EOF; t++) {
		if (t != p->tok && t->nl_before && !depth)
			return false;
		if (t->kind == TOK_FN || t->kind == TOK_DO)
			return false;
		if (t->kind != TOK_OP)
			continue;
		if (t->op == OP_LPAREN || t->op == OP_LBRACKET || t->op == OP_LBRACE)
			depth++;
		else if (t->op == OP_RPAREN || t->op == OP_RBRACKET || t->op == OP_RBRACE)
			depth--;
		else if (t->op == OP_ARROW && !depth)
			return true;
	}
	return false;
}

/* A declaration inside a body: an 'end' is missing above. */
static bool at_stray_decl(const struct parser *p)
{
	if (!p->tok->nl_before || p->tok->kind != TOK_IDENT || strncmp(p->tok->name->s, "def", 3))
		return false;
	return parse_is_word(p, "def") || parse_is_word(p, "defp") || parse_is_word(p, "defmap") ||
	       parse_is_word(p, "defstruct") || parse_is_word(p, "defmodule") ||
	       parse_is_word(p, "defparam");
}

/* stmts = { expr (newline | ;) } */
struct node *parse_stmts(struct parser *p, bool in_clause)
{
	struct node *block = node_new(p->h, N_BLOCK, p->tok->span);

	block->span.end = block->span.start;
	for (;;) {
		const struct token *start;

		while (parse_accept_op(p, OP_SEMI))
			;
		if (at_stmts_end(p) || at_stray_decl(p) || p->h->stop ||
		    (in_clause && parse_at_clause(p)))
			break;
		start = p->tok;
		node_add(p->h, block, parse_expr(p));
		if (!p->panic && !at_stmts_end(p) && !p->tok->nl_before &&
		    !parse_is_op(p, OP_SEMI) && !parse_is_op(p, OP_RPAREN) &&
		    !parse_is_op(p, OP_COMMA))
			parse_error(p, p->tok, "one expression a line, or separate them with ';'",
				    "did not expect %s here", parse_token_text(p, p->tok));
		if (p->panic) {
			/* What stands first in its line may be sound already. */
			if (p->tok == start || !p->tok->nl_before)
				sync_stmt(p);
			p->panic = false;
			if (p->tok == start && p->tok->kind != TOK_EOF)
				p->tok++;
		} else if (parse_is_op(p, OP_RPAREN) || parse_is_op(p, OP_COMMA)) {
			break;
		}
	}
	if (block->n)
		block->span = span_join(block->list[0]->span, block->list[block->n - 1]->span);
	return block;
}

/* Remembers a block whose 'end' stands further left than its opener: if an end turns out to be
 * missing, it is probably this one's. */
static void note_indent(struct parser *p, struct span open)
{
	const struct source *src = &p->h->sources[open.file];
	struct place from = srcmap_place(p->h, open.file, open.start);
	struct place to = srcmap_place(p->h, p->tok->span.file, p->tok->span.start);
	size_t len, indent = 0;
	const char *line = srcmap_line(src, from.line, &len);

	if (p->has_suspect || !p->tok->nl_before)
		return;
	while (indent < len && (line[indent] == ' ' || line[indent] == '\t'))
		indent++;
	if (to.column > indent)
		return;
	p->suspect = open;
	p->has_suspect = true;
}

static void no_end(struct parser *p, struct span open, const char *what)
{
	struct diag d = {.code = H006, .span = open, .help = "close it with 'end'"};

	if (p->h->stop)
		return;
	d.text = fmt(p->h, "this %s does not end", what);
	if (p->has_suspect && p->suspect.start != open.start) {
		d.note = "by its indentation, this is where an 'end' is missing";
		d.note_span = p->suspect;
	}
	diag_report(p->h, &d);
}

/* block = stmts (end | else); the 'do' was taken. The closing word is taken too. */
struct node *parse_block(struct parser *p, struct span open, const char *what)
{
	struct node *block;

	if (!parse_enter(p))
		return node_new(p->h, N_BLOCK, open);
	block = parse_stmts(p, false);
	parse_leave(p);
	if (p->tok->kind == TOK_END || p->tok->kind == TOK_ELSE) {
		note_indent(p, open);
		p->tok++;
	} else if (!p->panic) {
		no_end(p, open, what);
		p->panic = true;
	}
	return block;
}

#define PUSH(p, array, count, item)                                                                \
	do {                                                                                       \
		if (!((count) & ((count)-1))) {                                                    \
			void *grown_ =                                                             \
				arena_alloc(&(p)->h->arena, sizeof(*(array)) * ((count)*2 + 1));   \
			if (count)                                                                 \
				memcpy(grown_, (array), sizeof(*(array)) * (count));               \
			(array) = grown_;                                                          \
		}                                                                                  \
		(array)[(count)++] = (item);                                                       \
	} while (0)

static void duplicate(struct parser *p, struct span span, struct span first, const char *what,
		      const struct name *name)
{
	struct diag d = {.code = H011, .span = span, .note_span = first, .note = "first here"};

	d.text = fmt(p->h, "%s %s is defined twice", what, name->s);
	d.help = "rename one of them";
	diag_report(p->h, &d);
}

/* defmap(:name, :kind, [key: value, ...]) */
static void parse_defmap(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *call = node_new(p->h, N_CALL, open->span), *kind, *list;
	struct map *m;

	call = parse_args(p, call, parse_accept_op(p, OP_LPAREN));
	if (p->panic)
		return;
	if (call->n < 2 || call->list[0]->kind != N_ATOM || call->list[1]->kind != N_ATOM) {
		diag_at(p->h, H019, call->span,
			"defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: "
			":u64)",
			"defmap takes a name, a kind and options");
		return;
	}
	m = arena_new(&p->h->arena, struct map);
	m->name = call->list[0]->name;
	m->span = call->list[0]->span;
	kind = call->list[1];
	for (uint32_t i = 2; i < call->n; i++) {
		list = call->list[i];
		if (list->kind == N_KEYVALUE)
			PUSH(p, m->options, m->n_options, list);
		for (uint32_t j = 0; list->kind == N_LIST && j < list->n; j++)
			PUSH(p, m->options, m->n_options, list->list[j]);
		if (list->kind != N_KEYVALUE && list->kind != N_LIST)
			diag_at(p->h, H019, list->span, "max_entries: 1024",
				"map options are name: value pairs");
	}
	PUSH(p, m->options, m->n_options, kind); /* last: resolve.c takes it off */
	if (m->name->map)
		duplicate(p, m->span, m->name->map->span, "map", m->name);
	else
		m->name->map = m;
	PUSH(p, p->h->module.maps, p->h->module.n_maps, m);
}

/* defparam(:name, :type, default) */
static void parse_defparam(struct parser *p)
{
	const struct token *open = p->tok++;
	struct node *call = node_new(p->h, N_CALL, open->span);
	struct param *v;

	call = parse_args(p, call, parse_accept_op(p, OP_LPAREN));
	if (p->panic)
		return;
	if (call->n != 3 || call->list[0]->kind != N_ATOM || call->list[1]->kind != N_ATOM) {
		diag_at(p->h, H019, call->span, "defparam(:min_length, :u64, 1024)",
			"defparam takes a name, a type and a number");
		return;
	}
	v = arena_new(&p->h->arena, struct param);
	v->name = call->list[0]->name;
	v->span = call->list[0]->span;
	v->type_node = call->list[1];
	v->value_node = call->list[2];
	if (v->name->param)
		duplicate(p, v->span, v->name->param->span, "parameter", v->name);
	v->name->param = v;
	PUSH(p, p->h->module.params, p->h->module.n_params, v);
}

/* field(:name, :type [, size: n] [, count: n]) */
static void parse_field(struct parser *p, struct strct *s)
{
	const struct token *open = p->tok++;
	struct node *call = node_new(p->h, N_CALL, open->span);
	struct field f = {0};

	call = parse_args(p, call, parse_accept_op(p, OP_LPAREN));
	if (p->panic)
		return;
	if (call->n < 2 || call->list[0]->kind != N_ATOM || call->list[1]->kind != N_ATOM) {
		diag_at(p->h, H019, call->span,
			"field(:size, :u64) or field(:comm, :string, size: 16)",
			"field takes a name and a type");
		return;
	}
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
	PUSH(p, s->fields, s->n_fields, f);
}

static struct name *rest_of_path(struct parser *p)
{
	struct name *name = p->tok++->name;

	while (parse_is_op(p, OP_DOT) && parse_peek(p, 1)->kind == TOK_ALIAS) {
		name = p->tok[1].name;
		p->tok += 2;
	}
	return name;
}

static void sync_decl(struct parser *p);

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
	PUSH(p, p->h->module.structs, p->h->module.n_structs, s);
	if (p->panic)
		return;
	if (p->tok->kind != TOK_DO) {
		parse_error(p, p->tok, NULL, "expected 'do' after the struct's name, found %s",
			    parse_token_text(p, p->tok));
		return;
	}
	p->tok++;
	while (!at_stmts_end(p)) {
		if (parse_is_word(p, "field"))
			parse_field(p, s);
		else
			parse_error(p, p->tok, "field(:name, :u64)",
				    "only field(...) may stand in a struct, found %s",
				    parse_token_text(p, p->tok));
		if (p->panic)
			sync_stmt(p);
	}
	if (p->tok->kind == TOK_END)
		p->tok++;
	else
		diag_at(p->h, H006, open->span, "close it with 'end'",
			"this defstruct does not end");
}

static void parse_params(struct parser *p, struct func *f)
{
	while (!p->panic && !parse_is_op(p, OP_RPAREN)) {
		struct node *param;

		if (p->tok->kind != TOK_IDENT || parse_peek(p, 1)->kind != TOK_OP ||
		    (p->tok[1].op != OP_COMMA && p->tok[1].op != OP_RPAREN)) {
			if (p->tok->kind == TOK_IDENT)
				p->tok++;
			diag_at(p->h, H008, p->tok->span,
				"take a plain name and use case in the body",
				"parameters are plain names: no patterns, no defaults");
			p->panic = true;
			return;
		}
		param = node_new(p->h, N_NAME, p->tok->span);
		param->name = p->tok->name;
		PUSH(p, f->params, f->n_params, param);
		p->tok++;
		if (!parse_accept_op(p, OP_COMMA))
			break;
	}
	parse_expect_op(p, OP_RPAREN, "after the parameters");
}

static void add_func(struct parser *p, struct func *f)
{
	struct func *same = f->name->func;

	for (; same; same = same->other_arity)
		if (same->n_params == f->n_params)
			break;
	if (same) {
		struct diag d = {.code = H011,
				 .span = f->span,
				 .note_span = same->span,
				 .note = "first here"};

		d.text = fmt(p->h, "%s/%u is defined twice", f->name->s, f->n_params);
		d.help = "Honey has one clause a function: use case or cond in it";
		diag_report(p->h, &d);
	} else {
		f->other_arity = f->name->func;
		f->name->func = f;
	}
	PUSH(p, p->h->module.funcs, p->h->module.n_funcs, f);
}

/* def name[(params)] (do stmts end | , do: expr) */
static void parse_def(struct parser *p)
{
	const struct token *open = p->tok++;
	struct func *f = arena_new(&p->h->arena, struct func);

	f->is_private = !strcmp(open->name->s, "defp");
	f->sec = p->pending_sec;
	f->sec_span = p->pending_sec_span;
	p->pending_sec = NULL;
	if (p->tok->kind != TOK_IDENT) {
		parse_error(p, p->tok, "def on_event(ctx) do",
			    "expected a function's name, found %s", parse_token_text(p, p->tok));
		return;
	}
	f->name = p->tok->name;
	f->span = p->tok->span;
	p->tok++;
	if (parse_accept_op(p, OP_LPAREN))
		parse_params(p, f);
	if (p->panic)
		return;
	if (parse_is_op(p, OP_WHEN)) {
		diag_at(p->h, H008, p->tok->span, "test it in the body with if",
			"functions have no guards in Honey");
		p->panic = true;
		return;
	}
	if (parse_accept_op(p, OP_COMMA) && p->tok->kind == TOK_KEY &&
	    !strcmp(p->tok->name->s, "do")) {
		p->tok++;
		f->body = node_new(p->h, N_BLOCK, p->tok->span);
		node_add(p->h, f->body, parse_expr(p));
	} else if (p->tok->kind == TOK_DO) {
		p->tok++;
		f->body = parse_block(p, open->span, open->name->s);
		if (p->tok[-1].kind == TOK_ELSE)
			parse_error(p, p->tok - 1, NULL, "did not expect 'else' here");
	} else {
		parse_error(p, p->tok, NULL, "expected 'do' after the function's head, found %s",
			    parse_token_text(p, p->tok));
		return;
	}
	add_func(p, f);
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
	PUSH(p, p->h->module.attrs, p->h->module.n_attrs, a);
}

static bool at_decl(const struct parser *p)
{
	if (p->tok->kind == TOK_AT)
		return p->tok->nl_before;
	for (size_t i = 0; i < ARRAY_SIZE(decl_words); i++)
		if (p->tok->nl_before && parse_is_word(p, decl_words[i]))
			return true;
	return false;
}

/* Skips to the next declaration that opens a line. */
static void sync_decl(struct parser *p)
{
	for (; p->tok->kind != TOK_EOF; p->tok++)
		if (at_decl(p))
			break;
	p->panic = false;
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
		no_end(p, open->span, "defmodule");
}

static void unknown_decl(struct parser *p)
{
	if (parse_is_word(p, "defmacro") || parse_is_word(p, "defdelegate")) {
		diag_at(p->h, H008, p->tok->span, "write a helper with defp",
			"'%s' is not part of Honey", p->tok->name->s);
		p->tok++;
		p->panic = true;
		return;
	}
	parse_error(p, p->tok, "a module holds use, @name, defstruct, defmap, def and defp",
		    "expected a declaration, found %s", parse_token_text(p, p->tok));
	if (p->tok->kind != TOK_EOF)
		p->tok++;
}

/* decls = { use | @name | defmap | defstruct | def | defp | defmodule } */
static void parse_decls(struct parser *p, bool in_module)
{
	static const struct {
		const char *word;
		void (*parse)(struct parser *p);
	} rows[] = {
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
	};

	for (;;) {
		size_t i = 0;

		while (parse_accept_op(p, OP_SEMI))
			;
		if (p->tok->kind == TOK_EOF || (in_module && p->tok->kind == TOK_END) || p->h->stop)
			return;
		if (p->tok->kind == TOK_AT) {
			parse_attribute(p);
		} else {
			while (i < ARRAY_SIZE(rows) && !parse_is_word(p, rows[i].word))
				i++;
			if (i < ARRAY_SIZE(rows))
				rows[i].parse(p);
			else
				unknown_decl(p);
		}
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
