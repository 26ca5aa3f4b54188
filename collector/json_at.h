/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A place in a JSON file that a person wrote (a manifest, a policy), for messages that say the
 * file, the line and the key: "FILE:3: counters.map: a string is expected, this is a number".
 */
#ifndef COLLECTOR_JSON_AT_H
#define COLLECTOR_JSON_AT_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/names.h"
#include "lib/strbuf.h"

/* The document itself has no @up and no @key. Nothing is owned. */
struct json_at {
	const char *file, *text;
	const struct json_at *up;
	const char *key;
	struct strbuf *why; /* of the document: where reasons go; NULL: they are said */
	bool columns;	    /* of the document: messages say "FILE:LINE:COLUMN" */
};

/* Parses @text, which is one JSON value and nothing behind it, in which no object has two members
 * of one name. Returns 0 or -EINVAL after saying "FILE:LINE: not JSON: .." or which stands there
 * twice (lib/why.h); the caller owns *@doc in any case. */
int json_at_parse(const char *file, const char *text, struct json_object **doc, struct strbuf *why);
/* The same of the document @top, in its manner. */
int json_at_parse_top(const struct json_at *top, struct json_object **doc);

/* Each says what is wrong there and returns -EINVAL. */
int json_at_bad(const struct json_at *at, const char *fmt, ...) PRINTF_LIKE(2, 3);
int json_at_wrong_type(const struct json_at *at, const char *wanted, struct json_object *o);
/* at->key is none of the @n @names: the nearest is told, or @see ("docs/x.md"). */
int json_at_unknown(const struct json_at *at, const char *const names[], size_t n, const char *see);

/* A string that is not empty, into *@out, whose old value is freed. Returns 0 or as above. */
int json_at_string(const struct json_at *at, struct json_object *o, char **out);
/* A list of at least one string, none of which is empty, into @out, which is emptied before. */
int json_at_strings(const struct json_at *at, struct json_object *o, struct names *out);

/* A member of an object: its name, and who reads it into what @arg is. */
struct json_member {
	const char *name;
	int (*read)(void *arg, const struct json_at *at, struct json_object *o);
};

/* Hands each member of the object @o to its reader; a member that is none of the @n is an error
 * that names the nearest, or @see. Returns 0 or as above. */
int json_at_members(const struct json_at *at, struct json_object *o,
		    const struct json_member *members, size_t n, void *arg, const char *see);

#endif
