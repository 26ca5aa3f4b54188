/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One pass over the bytes of an object, which holds them against the grammar of JSON (RFC 8259). */
#include "lib/base.h"
#include "harness/result_scan.h"

#include <string.h>

/* json-c's own limit: what is deeper no reader takes. */
enum { DEPTH_MAX = 31 };

/* What ends a run of plain characters in a string. */
static const bool special[256] = {
	['"'] = true,
	['\\'] = true,
	[0x00 ... 0x1f] = true,
};

static const char *blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* Behind the escape whose backslash @at is at; NULL: there is none such. */
static const char *escape_end(const char *at, const char *end)
{
	if (end - at < 2 || !at[1] || !strchr("\"\\/bfnrtu", at[1]))
		return NULL;
	if (at[1] != 'u')
		return at + 2;
	for (int i = 2; i < 6; i++)
		if (end - at <= i || !at[i] || !strchr("0123456789abcdefABCDEF", at[i]))
			return NULL;
	return at + 6;
}

/* Behind the quote that ends the string, @at being in it; NULL: it does not end, or is none. */
static const char *string_end(const char *at, const char *end)
{
	while (at) {
		while (at < end && !special[(unsigned char)*at])
			at++;
		if (at < end && *at == '"')
			return at + 1;
		at = at < end && *at == '\\' ? escape_end(at, end) : NULL;
	}
	return NULL;
}

/* Behind one digit or more; NULL: there is none. */
static const char *digits_end(const char *at, const char *end)
{
	const char *from = at;

	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at > from ? at : NULL;
}

static const char *number_end(const char *at, const char *end)
{
	at += at < end && *at == '-';
	at = at < end && *at == '0' ? at + 1 : digits_end(at, end);
	if (at && at < end && *at == '.')
		at = digits_end(at + 1, end);
	if (at && at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		at = digits_end(at, end);
	}
	return at;
}

static const char *word_end(const char *at, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - at) >= n && !memcmp(at, word, n) ? at + n : NULL;
}

/* Behind the colon after the key that begins here. */
static const char *key_end(const char *at, const char *end)
{
	at = at < end && *at == '"' ? string_end(at + 1, end) : NULL;
	at = at ? blanks(at, end) : NULL;
	return at && at < end && *at == ':' ? at + 1 : NULL;
}

static const char *value_end(const char *at, const char *end, int depth);

/* An object's members, or an array's: behind the bracket that ends them, @at being behind the
 * first. */
static const char *members_end(const char *at, const char *end, char last, int depth)
{
	at = blanks(at, end);
	if (at < end && *at == last)
		return at + 1;
	while (depth < DEPTH_MAX) {
		at = blanks(at, end);
		if (last == '}')
			at = key_end(at, end);
		at = at ? value_end(blanks(at, end), end, depth + 1) : NULL;
		at = at ? blanks(at, end) : NULL;
		if (!at || at >= end || (*at != ',' && *at != last))
			return NULL;
		if (*at++ == last)
			return at;
	}
	return NULL;
}

/* Behind the value that begins here; NULL: it is none. */
static const char *value_end(const char *at, const char *end, int depth)
{
	switch (at < end ? *at : '\0') {
	case '"': return string_end(at + 1, end);
	case '{': return members_end(at + 1, end, '}', depth);
	case '[': return members_end(at + 1, end, ']', depth);
	case 't': return word_end(at, end, "true");
	case 'f': return word_end(at, end, "false");
	case 'n': return word_end(at, end, "null");
	default: return number_end(at, end);
	}
}

bool scan_object(struct scan *s, struct span text)
{
	*s = (struct scan){text.s, text.s ? text.s + text.len : NULL, true};
	s->at = blanks(s->at, s->end);
	return s->at < s->end && *s->at++ == '{';
}

int scan_next(struct scan *s, struct span *key, struct span *value)
{
	const char *at = blanks(s->at, s->end), *behind;

	if (at < s->end && *at == '}' && s->at) {
		s->at = blanks(at + 1, s->end);
		return s->at == s->end ? 0 : -1;
	}
	if (!s->first && (at >= s->end || *at++ != ','))
		return -1;
	s->first = false;
	at = blanks(at, s->end);
	if (at >= s->end || *at != '"')
		return -1;
	behind = string_end(at + 1, s->end);
	if (!behind)
		return -1;
	*key = (struct span){at + 1, (size_t)(behind - at) - 2};
	at = blanks(behind, s->end);
	if (at >= s->end || *at != ':')
		return -1;
	at = blanks(at + 1, s->end);
	behind = value_end(at, s->end, 1);
	if (!behind)
		return -1;
	*value = (struct span){at, (size_t)(behind - at)};
	s->at = behind;
	return 1;
}

struct span span_member(struct span text, const char *key)
{
	struct span k, value;
	struct scan s;

	if (scan_object(&s, text))
		while (scan_next(&s, &k, &value) == 1)
			if (span_is(k, key))
				return value;
	return (struct span){NULL, 0};
}
