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

static struct strbuf *why_of(const struct json_at *at)
{
	while (at->up)
		at = at->up;
	return at->why;
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

int json_at_bad(const struct json_at *at, const char *fmt, ...)
{
	struct strbuf path = STRBUF_INIT;
	char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	path_of(at, &path);
	why_err(why_of(at), "%s:%u: %s%s%s", at->file, line_of(at->text, find_key(at)), path.s,
		path.len ? ": " : "", what ? what : "");
	free(what);
	strbuf_release(&path);
	return -EINVAL;
}

int json_at_wrong_type(const struct json_at *at, const char *wanted, struct json_object *o)
{
	return json_at_bad(at, "%s is expected, this is %s", wanted,
			   json_object_get_type(o) == json_type_null	  ? "null"
			   : json_object_get_type(o) == json_type_boolean ? "true or false"
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

	if (near)
		return json_at_bad(at, "no such field; did you mean \"%s\"?", near);
	return json_at_bad(at, "no such field; see %s", see);
}

int json_at_parse(const char *file, const char *text, struct json_object **doc, struct strbuf *why)
{
	struct json_tokener *tok = json_tokener_new();
	size_t end, rest;
	int err = 0;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	*doc = json_tokener_parse_ex(tok, text, (int)strlen(text) + 1);
	end = json_tokener_get_parse_end(tok);
	end = MIN(end, strlen(text));
	rest = end + strspn(text + end, " \t\r\n");
	if (json_tokener_get_error(tok) != json_tokener_success) {
		why_err(why, "%s:%u: not JSON: %s", file, line_of(text, text + end),
			json_tokener_error_desc(json_tokener_get_error(tok)));
		err = -EINVAL;
	} else if (text[rest]) {
		why_err(why, "%s:%u: not JSON: more text after the end", file,
			line_of(text, text + rest));
		err = -EINVAL;
	}
	json_tokener_free(tok);
	return err;
}
