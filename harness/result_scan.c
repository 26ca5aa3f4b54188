/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One pass over the bytes of an object; what is in a value is passed over by its brackets. */
#include "lib/base.h"
#include "harness/result_scan.h"

#include <string.h>

enum kind { OTHER, QUOTE, OPEN, CLOSE, COMMA };

static const unsigned char kinds[256] = {
	['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE, [','] = COMMA,
};

static const char *blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* Behind the quote that ends the string, @at being in it; NULL: it does not end. */
static const char *string_end(const char *at, const char *end)
{
	for (const char *from = at, *quote; from < end; from = quote + 1) {
		size_t escapes = 0;

		quote = memchr(from, '"', (size_t)(end - from));
		if (!quote)
			return NULL;
		while (quote - escapes > at && quote[-1 - (ptrdiff_t)escapes] == '\\')
			escapes++;
		if (escapes % 2 == 0)
			return quote + 1;
	}
	return NULL;
}

/* Behind the value that begins here; NULL: it does not end. */
static const char *value_end(const char *at, const char *end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		enum kind kind = kinds[(unsigned char)*at];

		if (kind == OTHER)
			continue;
		if (kind == QUOTE) {
			at = string_end(at + 1, end);
			if (!at)
				return NULL;
			at--;
		} else if (kind == OPEN) {
			depth++;
		} else if (!depth) {
			return at;
		} else {
			depth -= kind == CLOSE;
		}
	}
	return NULL;
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
	behind = value_end(at, s->end);
	if (!behind || behind == at)
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
