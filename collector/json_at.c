/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages about a JSON file that say file, line and key. */
#include "lib/base.h"
#include "collector/json_at.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/why.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"

/* So many names are told all. */
enum { FEW = 9 };

static const struct json_at *top_of(const struct json_at *at)
{
	while (at->up)
		at = at->up;
	return at;
}

static void path_of(const struct json_at *at, struct strbuf *sb)
{
	if (!at || !at->key)
		return;
	path_of(at->up, sb);
	strbuf_addf(sb, "%s%s", sb->len ? "." : "", at->key);
}

/* The text from the key on; json-c keeps no positions, so each key is searched behind the one that
 * holds it. */
static const char *find_key(const struct json_at *at)
{
	const char *from = at->up ? find_key(at->up) : at->text, *p;
	size_t n;

	if (!at->key || !from)
		return from;
	n = strlen(at->key);
	for (p = from; (p = strchr(p, '"')); p++)
		if (!strncmp(p + 1, at->key, n) && p[n + 1] == '"' &&
		    p[n + 2 + strspn(p + n + 2, " \t\r\n")] == ':')
			return p;
	return from;
}

static unsigned int line_of(const char *text, const char *where)
{
	unsigned int line = 1;

	for (; text < where; text++)
		line += *text == '\n';
	return line;
}

/* "FILE:LINE", or "FILE:LINE:COLUMN" in bytes from 1, of the place @where in the document. */
static void add_place(const struct json_at *top, const char *where, struct strbuf *out)
{
	const char *from = where;

	strbuf_addf(out, "%s:%u", top->file, line_of(top->text, where));
	while (from > top->text && from[-1] != '\n')
		from--;
	if (top->columns)
		strbuf_addf(out, ":%zu", (size_t)(where - from) + 1);
}

int json_at_bad(const struct json_at *at, const char *fmt, ...)
{
	struct strbuf path = STRBUF_INIT, place = STRBUF_INIT;
	char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	path_of(at, &path);
	add_place(top_of(at), find_key(at), &place);
	why_err(top_of(at)->why, "%s: %s%s%s", place.s, path.s, path.len ? ": " : "",
		what ? what : "");
	free(what);
	strbuf_release(&place);
	strbuf_release(&path);
	return -EINVAL;
}

int json_at_wrong_type(const struct json_at *at, const char *wanted, struct json_object *o)
{
	return json_at_bad(at, "%s is expected, this is %s", wanted,
			   json_object_get_type(o) == json_type_null	  ? "null"
			   : json_object_get_type(o) == json_type_boolean ? "true or false"
			   : json_object_get_type(o) == json_type_double &&
					   !strncmp(wanted, "a number", 8)
				   ? "one with a point"
			   : json_object_get_type(o) == json_type_double ||
					   json_object_get_type(o) == json_type_int
				   ? "a number"
			   : json_object_get_type(o) == json_type_string ? "a string"
			   : json_object_get_type(o) == json_type_array	 ? "a list"
									 : "an object");
}

int json_at_string(const struct json_at *at, struct json_object *o, char **out)
{
	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "a string", o);
	if (!json_object_get_string_len(o))
		return json_at_bad(at, "is empty");
	free(*out);
	*out = strdup(json_object_get_string(o));
	return 0;
}

int json_at_unknown(const struct json_at *at, const char *const names[], size_t n, const char *see)
{
	const char *near = suggest_nearest(at->key, names, n);

	struct strbuf all = STRBUF_INIT;
	int err;

	if (near)
		return json_at_bad(at, "no such field; did you mean \"%s\"?", near);
	for (size_t i = 0; i < n && n <= FEW; i++)
		strbuf_addf(&all, "%s%s", i ? ", " : "; there are ", names[i]);
	err = json_at_bad(at, "no such field%s; see %s", all.s, see);
	strbuf_release(&all);
	return err;
}

int json_at_strings(const struct json_at *at, struct json_object *o, struct names *out)
{
	size_t n = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
	int err = 0;

	names_release(out);
	if (!json_object_is_type(o, json_type_array))
		return json_at_wrong_type(at, "a list of strings", o);
	if (!n)
		return json_at_bad(at, "is an empty list");
	for (size_t i = 0; i < n && !err; i++) {
		char *word = NULL;

		err = json_at_string(at, json_object_array_get_idx(o, i), &word);
		if (!err && names_find(out, word) < out->n)
			err = json_at_bad(at, "\"%s\" stands there twice", word);
		if (!err)
			names_add(out, word);
		free(word);
	}
	return err;
}

int json_at_members(const struct json_at *at, struct json_object *o,
		    const struct json_member *members, size_t n, void *arg, const char *see)
{
	const char *names[32];

	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object", o);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(names); i++)
		names[i] = members[i].name;
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};
		size_t i = 0;
		int err;

		while (i < n && strcmp(members[i].name, key) != 0)
			i++;
		if (i == n)
			return json_at_unknown(&here, names, MIN(n, ARRAY_SIZE(names)), see);
		err = members[i].read(arg, &here, val);
		if (err)
			return err;
	}
	return 0;
}

/* An object or a list that is open while a text is gone through. */
struct open_value {
	struct names keys;
	const char **at; /* where each key stands; owned */
	const char *key; /* of the value that is read now; in @keys */
};

enum { DEPTH_MAX = JSON_TOKENER_DEFAULT_DEPTH + 1 };

/* Behind the string that begins at @p. */
static const char *string_end(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		p += *p == '\\' && p[1];
	return p + (*p == '"');
}

static void say_twice(const struct json_at *top, const struct open_value *open, size_t depth,
		      const char *first, const char *again)
{
	struct strbuf path = STRBUF_INIT, place = STRBUF_INIT;

	for (size_t i = 0; i <= depth; i++)
		if (open[i].key)
			strbuf_addf(&path, "%s%s", path.len ? "." : "", open[i].key);
	add_place(top, again, &place);
	why_err(top->why, "%s: %s: stands there twice, first in line %u; keep one of them", place.s,
		path.s, line_of(top->text, first));
	strbuf_release(&place);
	strbuf_release(&path);
}

/* The key at @p, up to @end, is one more of @open[@depth]. */
static int add_key(const struct json_at *top, struct open_value *open, size_t depth, const char *p,
		   const char *end)
{
	struct open_value *o = &open[depth];
	struct strbuf quoted = STRBUF_INIT;
	struct json_object *key;
	size_t known;

	strbuf_add(&quoted, p, (size_t)(end - p));
	key = json_tokener_parse(quoted.s); /* "a" and "\u0061" are one */
	known = names_find(&o->keys, json_object_get_string(key));
	if (known < o->keys.n) {
		o->key = o->keys.v[known];
		say_twice(top, open, depth, o->at[known], p);
	} else {
		names_add(&o->keys, json_object_get_string(key));
		o->at = realloc(o->at, o->keys.n * sizeof(*o->at));
		if (!o->at)
			abort();
		o->at[known] = p;
		o->key = o->keys.v[known];
		known = SIZE_MAX;
	}
	json_object_put(key);
	strbuf_release(&quoted);
	return known == SIZE_MAX ? 0 : -EINVAL;
}

static void close_value(struct open_value *o)
{
	names_release(&o->keys);
	free(o->at);
	*o = (struct open_value){0};
}

/* json-c takes the last of two members of one name, and says nothing. The text is JSON. */
static int find_twice(const struct json_at *top)
{
	struct open_value open[DEPTH_MAX] = {0};
	const char *p = top->text;
	size_t depth = 0;
	int err = 0;

	while (*p && !err) {
		const char *end = *p == '"' ? string_end(p) : p + 1;

		if (*p == '"' && end[strspn(end, " \t\r\n")] == ':')
			err = add_key(top, open, depth, p, end);
		else if ((*p == '{' || *p == '[') && depth + 1 < DEPTH_MAX)
			depth++;
		else if ((*p == '}' || *p == ']') && depth)
			close_value(&open[depth--]);
		p = end;
	}
	for (size_t i = 0; i < DEPTH_MAX; i++)
		close_value(&open[i]);
	return err;
}

int json_at_parse_top(const struct json_at *top, struct json_object **doc)
{
	struct json_tokener *tok = json_tokener_new();
	struct strbuf place = STRBUF_INIT;
	const char *text = top->text, *what = NULL;
	size_t end, rest;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	*doc = json_tokener_parse_ex(tok, text, (int)strlen(text) + 1);
	end = json_tokener_get_parse_end(tok);
	end = MIN(end, strlen(text));
	rest = end + strspn(text + end, " \t\r\n");
	if (json_tokener_get_error(tok) != json_tokener_success) {
		what = json_tokener_error_desc(json_tokener_get_error(tok));
		add_place(top, text + end, &place);
	} else if (text[rest]) {
		what = "more text after the end";
		add_place(top, text + rest, &place);
	}
	if (what)
		why_err(top->why, "%s: not JSON: %s", place.s, what);
	json_tokener_free(tok);
	strbuf_release(&place);
	return what ? -EINVAL : find_twice(top);
}

int json_at_parse(const char *file, const char *text, struct json_object **doc, struct strbuf *why)
{
	const struct json_at top = {.file = file, .text = text, .why = why};

	return json_at_parse_top(&top, doc);
}
