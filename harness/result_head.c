/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a header character by character, as far as quotes and brackets. */
#include "lib/base.h"
#include "harness/result_head.h"

#include <string.h>

int head_sign(FILE *f)
{
	int c;

	do
		c = getc_unlocked(f);
	while (c == ' ' || c == '\t' || c == '\r');
	return c;
}

/* The string whose quote was just read, to its end. False: the line ends before. */
static bool take_string(FILE *f, struct strbuf *out)
{
	int c;

	while ((c = getc_unlocked(f)) != EOF && c != '\n') {
		strbuf_addch(out, (char)c);
		if (c == '"')
			return true;
		if (c != '\\')
			continue;
		c = getc_unlocked(f);
		if (c == EOF || c == '\n')
			return false;
		strbuf_addch(out, (char)c);
	}
	return false;
}

bool head_value(FILE *f, struct strbuf *out)
{
	size_t depth = 0;

	for (int c = head_sign(f); c != EOF && c != '\n'; c = getc_unlocked(f)) {
		bool closes = c == '}' || c == ']';

		/* A number or a word ends before what follows it. */
		if (!depth && (closes || c == ',' || c == ':')) {
			ungetc(c, f);
			return out->len > 0;
		}
		strbuf_addch(out, (char)c);
		if (c == '"' && !take_string(f, out))
			return false;
		depth += c == '{' || c == '[';
		depth -= closes;
		if (!depth && (c == '"' || closes))
			return true;
	}
	return false;
}

enum head head_take(FILE *f, struct strbuf *head)
{
	struct strbuf key = STRBUF_INIT;
	enum head is = HEAD_NONE;
	int c = head_sign(f);

	strbuf_addch(head, '{');
	for (bool first = true; c == (first ? '{' : ','); first = false, c = head_sign(f)) {
		strbuf_reset(&key);
		if (!head_value(f, &key) || *key.s != '"' || head_sign(f) != ':')
			break;
		if (!strcmp(key.s, "\"merged\"")) {
			is = head_sign(f) == '[' ? HEAD_MERGED : HEAD_NONE;
			break;
		}
		strbuf_addf(head, "%s%s:", first ? "" : ",", key.s);
		strbuf_reset(&key);
		if (!head_value(f, &key))
			break;
		strbuf_addstr(head, key.s);
	}
	if (c == '}')
		is = HEAD_OWN;
	strbuf_addch(head, '}');
	strbuf_release(&key);
	return is;
}
