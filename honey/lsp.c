/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * honeyc --lsp: a language server over standard input and output (the Language Server
 * Protocol 3.17).
 *
 * A message is a header with its length and a JSON object. Documents are kept whole, and compiled
 * anew after every change: what there is to say is published, and the last tree answers for types.
 * What is asked while a text does not parse is answered from its tokens, which there always are.
 */
#include "lib/base.h"
#include "honey/lsp.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "honey/ast.h"
#include "honey/ctx.h"
#include "honey/diag.h"
#include "honey/helpers.h"
#include "honey/honey.h"
#include "honey/inst.h"
#include "honey/lex.h"
#include "honey/passes.h"
#include "lib/strbuf.h"
#include "lib/utf8.h"

enum { MOST_DOCUMENTS = 64, LONGEST_MESSAGE = 16 << 20 };
enum { NOT_A_METHOD = -32601, NOT_A_REQUEST = -32600 };

struct document {
	char *uri;
	struct strbuf text;
};

struct server {
	const struct options *opt;
	struct document docs[MOST_DOCUMENTS];
	size_t n_docs;
	bool shut_down;
};

/* --- messages --- */

static void send(struct json_object *message)
{
	const char *s = json_object_to_json_string_ext(message, JSON_C_TO_STRING_NOSLASHESCAPE);

	printf("Content-Length: %zu\r\n\r\n%s", strlen(s), s);
	fflush(stdout);
	json_object_put(message);
}

static struct json_object *message(void)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "jsonrpc", json_object_new_string("2.0"));
	return o;
}

/* @result is given away; NULL is null. */
static void answer(struct json_object *request, struct json_object *result)
{
	struct json_object *o = message(), *id = NULL;

	json_object_object_get_ex(request, "id", &id);
	json_object_object_add(o, "id", json_object_get(id));
	json_object_object_add(o, "result", result);
	send(o);
}

static void refuse(struct json_object *request, int code, const char *why)
{
	struct json_object *o = message(), *id = NULL, *error = json_object_new_object();

	if (request)
		json_object_object_get_ex(request, "id", &id);
	json_object_object_add(error, "code", json_object_new_int(code));
	json_object_object_add(error, "message", json_object_new_string(why));
	json_object_object_add(o, "id", json_object_get(id));
	json_object_object_add(o, "error", error);
	send(o);
}

/* The next message's text. Returns 0, -ENODATA at the end of the input, or -EPROTO. */
static int receive(struct strbuf *body)
{
	char line[256];
	long length = -1;

	strbuf_reset(body);
	for (;;) {
		if (!fgets(line, sizeof(line), stdin))
			return -ENODATA;
		if (!strcmp(line, "\r\n") || !strcmp(line, "\n"))
			break;
		if (!strncasecmp(line, "content-length:", 15))
			length = strtol(line + 15, NULL, 10);
	}
	if (length < 0 || length > LONGEST_MESSAGE)
		return -EPROTO;
	for (char part[4096]; length > 0;) {
		size_t n = fread(part, 1, MIN((size_t)length, sizeof(part)), stdin);

		if (!n)
			return -ENODATA;
		strbuf_add(body, part, n);
		length -= (long)n;
	}
	return 0;
}

/* a.b.c of an object, or NULL */
static struct json_object *at(struct json_object *o, const char *path)
{
	char word[64];

	while (o && *path) {
		size_t n = strcspn(path, ".");
		struct json_object *next = NULL;

		snprintf(word, sizeof(word), "%.*s", (int)n, path);
		if (!json_object_is_type(o, json_type_object) ||
		    !json_object_object_get_ex(o, word, &next))
			return NULL;
		o = next;
		path += n + (path[n] == '.');
	}
	return o;
}

static const char *text_at(struct json_object *o, const char *path)
{
	o = at(o, path);
	return json_object_is_type(o, json_type_string) ? json_object_get_string(o) : NULL;
}

/* --- places: lines from 0, characters in units of UTF-16 --- */

static struct json_object *position(const struct source *src, uint32_t offset)
{
	struct json_object *o = json_object_new_object();
	uint32_t line = 0, units = 0, c;
	size_t n;

	for (uint32_t i = 0; i < offset && i < src->len; i += (uint32_t)MAX(n, (size_t)1)) {
		n = utf8_decode(src->text + i, src->len - i, &c);
		line += src->text[i] == '\n';
		units = src->text[i] == '\n' ? 0 : units + (n && c > 0xffff ? 2 : 1);
	}
	json_object_object_add(o, "line", json_object_new_int64(line));
	json_object_object_add(o, "character", json_object_new_int64(units));
	return o;
}

static struct json_object *range(const struct source *src, struct span span)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "start", position(src, span.start));
	json_object_object_add(o, "end", position(src, span.end));
	return o;
}

static uint32_t offset_of(const struct source *src, struct json_object *pos)
{
	int64_t line = json_object_get_int64(at(pos, "line"));
	int64_t units = json_object_get_int64(at(pos, "character"));
	size_t i = 0, n;
	uint32_t c;

	for (; line > 0 && i < src->len; i++)
		line -= src->text[i] == '\n';
	for (; units > 0 && i < src->len && src->text[i] != '\n'; i += MAX(n, (size_t)1)) {
		n = utf8_decode(src->text + i, src->len - i, &c);
		units -= n && c > 0xffff ? 2 : 1;
	}
	return (uint32_t)i;
}

/* --- documents --- */

static struct document *find(struct server *s, const char *uri)
{
	for (size_t i = 0; uri && i < s->n_docs; i++)
		if (!strcmp(s->docs[i].uri, uri))
			return &s->docs[i];
	return NULL;
}

/* Compiles the document; the caller releases @h. */
static void compile(struct server *s, const struct document *d, struct honey *h)
{
	struct strbuf c = STRBUF_INIT;
	struct options opt = *s->opt;

	opt.emit = EMIT_C;
	honey_init(h, &opt);
	srcmap_add(h, d->uri, d->text.s, d->text.len);
	honey_compile(h, &c);
	strbuf_release(&c);
}

static struct json_object *diagnostic(struct honey *h, const struct diag *d)
{
	static const int levels[] = {[SEV_ERROR] = 1, [SEV_WARNING] = 2, [SEV_REMARK] = 3};
	struct json_object *o = json_object_new_object();
	const char *text = d->help ? fmt(h, "%s\nhelp: %s", d->text, d->help) : d->text;

	json_object_object_add(o, "range", range(&h->sources[0], d->span));
	json_object_object_add(o, "severity", json_object_new_int(levels[diag_severity(d->code)]));
	json_object_object_add(o, "code", json_object_new_string(diag_name(d->code)));
	json_object_object_add(o, "source", json_object_new_string("honeyc"));
	json_object_object_add(o, "message", json_object_new_string(text));
	return o;
}

static void publish(struct server *s, const struct document *d, const char *uri)
{
	struct json_object *o = message(), *params = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct honey h;

	if (d) {
		compile(s, d, &h);
		for (uint32_t i = 0; i < h.n_diags; i++)
			json_object_array_add(list, diagnostic(&h, &h.diags[i]));
		honey_release(&h);
	}
	json_object_object_add(params, "uri", json_object_new_string(uri));
	json_object_object_add(params, "diagnostics", list);
	json_object_object_add(o, "method",
			       json_object_new_string("textDocument/publishDiagnostics"));
	json_object_object_add(o, "params", params);
	send(o);
}

static void set_document(struct server *s, const char *uri, const char *text)
{
	struct document *d = find(s, uri);

	if (!uri || !text)
		return;
	if (!d && s->n_docs < MOST_DOCUMENTS) {
		d = &s->docs[s->n_docs++];
		*d = (struct document){.uri = strdup(uri), .text = STRBUF_INIT};
	}
	if (!d || !d->uri)
		return;
	strbuf_reset(&d->text);
	strbuf_addstr(&d->text, text);
	publish(s, d, uri);
}

static void forget_document(struct server *s, const char *uri)
{
	struct document *d = find(s, uri);

	if (!d)
		return;
	publish(s, NULL, uri);
	free(d->uri);
	strbuf_release(&d->text);
	*d = s->docs[--s->n_docs];
}

/* --- what stands at a place --- */

static const struct token *token_at(const struct honey *h, uint32_t offset)
{
	for (size_t i = 0; i < h->n_tokens; i++)
		if (h->tokens[i].kind != TOK_EOF && offset >= h->tokens[i].span.start &&
		    offset < h->tokens[i].span.end)
			return &h->tokens[i];
	return NULL;
}

static bool within(struct span span, uint32_t offset)
{
	return offset >= span.start && offset < span.end;
}

/* The innermost node of the tree whose name stands there and that has a type. */
static const struct node *node_at(const struct node *n, uint32_t offset)
{
	const struct node *found = NULL;

	if (!n)
		return NULL;
	for (uint32_t i = 0; i < node_parts(n) && !found; i++)
		found = node_at(node_part(n, i), offset);
	if (found || !n->type || !n->name)
		return found;
	return within(n->kind == N_NAME ? n->span : n->name_span, offset) ? n : NULL;
}

static const struct node *typed_at(const struct honey *h, uint32_t offset)
{
	const struct node *n = NULL;

	for (uint32_t i = 0; i < h->n_insts && !n; i++)
		n = node_at(h->insts[i]->body, offset);
	return n;
}

static const char *helper_words(struct honey *h, const struct helper *p)
{
	return fmt(h, "%s: %s (Linux %u.%u%s)", p->name, p->text, p->kernel / 100, p->kernel % 100,
		   p->gpl ? ", GPL" : "");
}

static void hover(struct server *s, struct json_object *request, const struct document *d)
{
	struct json_object *result = NULL, *contents;
	const struct token *t;
	const struct node *n;
	const struct helper *p;
	const char *text = NULL;
	struct honey h;
	uint32_t offset;

	compile(s, d, &h);
	offset = offset_of(&h.sources[0], at(request, "params.position"));
	t = token_at(&h, offset);
	n = typed_at(&h, offset);
	p = t && t->name ? helper_find(t->name) : NULL;
	if (p)
		text = helper_words(&h, p);
	else if (t && t->kind == TOK_ATOM && t->name->map && t->name->map->kind)
		text = fmt(&h, "map %s: :%s, key %s, value %s", t->name->s,
			   t->name->map->kind->name, type_text(&h, t->name->map->key),
			   type_text(&h, t->name->map->value));
	else if (n)
		text = fmt(&h, "%s: %s", n->name->s, type_text(&h, n->type));
	if (text) {
		result = json_object_new_object();
		contents = json_object_new_object();
		json_object_object_add(contents, "kind", json_object_new_string("plaintext"));
		json_object_object_add(contents, "value", json_object_new_string(text));
		json_object_object_add(result, "contents", contents);
		json_object_object_add(result, "range", range(&h.sources[0], t->span));
	}
	answer(request, result);
	honey_release(&h);
}

/* --- definitions: the name behind def, defp, defmap( and defstruct; where a variable begins --- */

static bool declares(const struct token *t, const struct name *name, bool atom)
{
	static const char *const words[] = {"def", "defp", "defmap", "defstruct", "defparam"};
	const struct token *named = t + 1;

	if (t->kind != TOK_IDENT)
		return false;
	if (named->kind == TOK_OP && named->op == OP_LPAREN)
		named++;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], t->name->s) && named->name == name &&
		    (named->kind == TOK_ATOM) == (i >= 2) && (atom ? i >= 2 : i < 2 || i == 4))
			return true;
	return false;
}

static bool definition_of(const struct honey *h, const struct token *t, uint32_t offset,
			  struct span *span)
{
	const struct node *n = typed_at(h, offset);

	if (t->kind == TOK_AT && t->name->attr) {
		*span = t->name->attr->span;
		return true;
	}
	for (size_t i = 0; i + 2 < h->n_tokens; i++) {
		const struct token *d = &h->tokens[i];

		if (!declares(d, t->name, t->kind == TOK_ATOM))
			continue;
		*span = d[1].kind == TOK_OP ? d[2].span : d[1].span;
		return true;
	}
	if (!n || !n->var)
		return false;
	*span = n->var->span;
	return true;
}

static void definition(struct server *s, struct json_object *request, const struct document *d)
{
	struct json_object *result = NULL;
	const struct token *t;
	struct honey h;
	struct span span;
	uint32_t offset;

	compile(s, d, &h);
	offset = offset_of(&h.sources[0], at(request, "params.position"));
	t = token_at(&h, offset);
	if (t && t->name && definition_of(&h, t, offset, &span)) {
		result = json_object_new_object();
		json_object_object_add(result, "uri", json_object_new_string(d->uri));
		json_object_object_add(result, "range", range(&h.sources[0], span));
	}
	answer(request, result);
	honey_release(&h);
}

/* --- completion --- */

enum { ITEM_FUNCTION = 3, ITEM_FIELD = 5, ITEM_VARIABLE = 6, ITEM_MAP = 7 };

static void add_item(struct json_object *list, const char *label, int kind, const char *detail)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "label", json_object_new_string(label));
	json_object_object_add(o, "kind", json_object_new_int(kind));
	if (detail)
		json_object_object_add(o, "detail", json_object_new_string(detail));
	json_object_array_add(list, o);
}

/* The section of the def that the place is in: the last @sec before it. */
static const char *section_before(const struct honey *h, uint32_t offset)
{
	const char *sec = NULL;

	for (size_t i = 0; i + 1 < h->n_tokens && h->tokens[i].span.start < offset; i++)
		if (h->tokens[i].kind == TOK_AT && !strcmp(h->tokens[i].name->s, "sec") &&
		    h->tokens[i + 1].kind == TOK_STRING)
			sec = h->tokens[i + 1].str;
	return sec;
}

static void complete_fields(struct honey *h, struct json_object *list, const char *owner,
			    size_t len, uint32_t offset)
{
	const char *sec = section_before(h, offset);

	if (len == 3 && !strncmp(owner, "ctx", 3) && sec) {
		const struct section *s = ctx_section(h, sec, (struct span){0, 0, 0});

		for (uint32_t i = 0; s && i < s->n_fields; i++)
			add_item(list, s->fields[i].name, ITEM_FIELD,
				 s->fields[i].type->kind == T_ARGS
					 ? "an argument"
					 : type_text(h, s->fields[i].type));
		if (s && s->n_args)
			add_item(list, "args", ITEM_FIELD,
				 fmt(h, "args[0] to args[%u]", s->n_args - 1));
		return;
	}
	for (size_t i = 0; i + 2 < h->n_tokens; i++)
		if (h->tokens[i].kind == TOK_IDENT && !strcmp(h->tokens[i].name->s, "field") &&
		    h->tokens[i + 2].kind == TOK_ATOM)
			add_item(list, h->tokens[i + 2].name->s, ITEM_FIELD, NULL);
}

static void complete_atoms(const struct honey *h, struct json_object *list)
{
	for (size_t i = 0; i + 2 < h->n_tokens; i++) {
		const struct token *t = &h->tokens[i], *named = t[1].kind == TOK_OP ? t + 2 : t + 1;

		if (t->kind == TOK_IDENT && named->kind == TOK_ATOM &&
		    (!strcmp(t->name->s, "defmap") || !strcmp(t->name->s, "defstruct")))
			add_item(list, named->name->s, ITEM_MAP, t->name->s + 3);
	}
}

static void complete_words(struct honey *h, struct json_object *list)
{
	for (const struct helper *p = helper_next(NULL); p; p = helper_next(p))
		add_item(list, p->name, ITEM_FUNCTION, p->text);
	for (size_t i = 0; i + 1 < h->n_tokens; i++) {
		const struct token *t = &h->tokens[i];

		if (t->kind == TOK_IDENT && t[1].kind == TOK_IDENT &&
		    (!strcmp(t->name->s, "def") || !strcmp(t->name->s, "defp")))
			add_item(list, t[1].name->s, ITEM_FUNCTION, NULL);
	}
	for (uint32_t i = 0; i < h->n_insts; i++)
		for (uint32_t k = 0; k < h->insts[i]->n_vars; k++)
			if (!h->insts[i]->vars[k]->name->hidden)
				add_item(list, h->insts[i]->vars[k]->name->s, ITEM_VARIABLE,
					 type_text(h, h->insts[i]->vars[k]->type));
}

static void completion(struct server *s, struct json_object *request, const struct document *d)
{
	struct json_object *list = json_object_new_array();
	const char *text = d->text.s, *end;
	struct honey h;
	uint32_t offset;

	compile(s, d, &h);
	h.stop = false; /* ctx_section() may have something to say, which nobody hears */
	offset = offset_of(&h.sources[0], at(request, "params.position"));
	/* Back over the word that is being written. */
	for (end = text + offset;
	     end > text && (isalnum((unsigned char)end[-1]) || end[-1] == '_');)
		end--;
	if (end > text && end[-1] == '.') {
		const char *owner = --end;

		while (owner > text && (isalnum((unsigned char)owner[-1]) || owner[-1] == '_'))
			owner--;
		complete_fields(&h, list, owner, (size_t)(end - owner), offset);
	} else if (end > text && end[-1] == ':') {
		complete_atoms(&h, list);
	} else {
		complete_words(&h, list);
	}
	answer(request, list);
	honey_release(&h);
}

/* --- the loop --- */

static struct json_object *capabilities(void)
{
	return json_tokener_parse(
		"{\"capabilities\": {\"textDocumentSync\": 1, \"hoverProvider\": true,"
		" \"definitionProvider\": true,"
		" \"completionProvider\": {\"triggerCharacters\": [\".\", \":\"]}},"
		" \"serverInfo\": {\"name\": \"honeyc\", \"version\": \"" BEEBENCH_VERSION "\"}}");
}

static void with_document(struct server *s, struct json_object *request,
			  void (*reply)(struct server *, struct json_object *,
					const struct document *))
{
	const struct document *d = find(s, text_at(request, "params.textDocument.uri"));

	if (d)
		reply(s, request, d);
	else
		answer(request, NULL);
}

/* Returns true at "exit". */
static bool handle(struct server *s, struct json_object *request)
{
	const char *method = text_at(request, "method");
	const char *uri = text_at(request, "params.textDocument.uri");
	struct json_object *changes;

	if (!method) {
		refuse(request, NOT_A_REQUEST, "this is no request");
	} else if (!strcmp(method, "initialize")) {
		answer(request, capabilities());
	} else if (!strcmp(method, "shutdown")) {
		s->shut_down = true;
		answer(request, NULL);
	} else if (!strcmp(method, "exit")) {
		return true;
	} else if (!strcmp(method, "textDocument/didOpen")) {
		set_document(s, uri, text_at(request, "params.textDocument.text"));
	} else if (!strcmp(method, "textDocument/didChange")) {
		changes = at(request, "params.contentChanges");
		if (json_object_is_type(changes, json_type_array) &&
		    json_object_array_length(changes))
			set_document(
				s, uri,
				text_at(json_object_array_get_idx(
						changes, json_object_array_length(changes) - 1),
					"text"));
	} else if (!strcmp(method, "textDocument/didClose")) {
		forget_document(s, uri);
	} else if (!strcmp(method, "textDocument/hover")) {
		with_document(s, request, hover);
	} else if (!strcmp(method, "textDocument/definition")) {
		with_document(s, request, definition);
	} else if (!strcmp(method, "textDocument/completion")) {
		with_document(s, request, completion);
	} else if (at(request, "id")) {
		refuse(request, NOT_A_METHOD, "honeyc has no such method");
	}
	return false;
}

int lsp_serve(const struct options *opt)
{
	struct server s = {.opt = opt};
	struct strbuf body = STRBUF_INIT;
	bool done = false;
	int err = 0;

	while (!done && !err) {
		struct json_object *request;

		err = receive(&body);
		if (err)
			break;
		request = json_tokener_parse(body.s);
		if (request)
			done = handle(&s, request);
		else
			refuse(NULL, NOT_A_REQUEST, "this is no JSON");
		json_object_put(request);
	}
	while (s.n_docs) {
		free(s.docs[--s.n_docs].uri);
		strbuf_release(&s.docs[s.n_docs].text);
	}
	strbuf_release(&body);
	/* As the protocol wants it: an exit without a shutdown is none. */
	return done && s.shut_down ? 0 : err == -EPROTO ? err : -ECONNRESET;
}
