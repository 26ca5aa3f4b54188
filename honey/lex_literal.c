/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Literals: numbers in four bases, strings and heredocs, escapes. */
#include "lib/base.h"
#include "honey/lexer.h"

#include <ctype.h>
#include <string.h>

#include "honey/honey.h"

static unsigned int digit_value(int c)
{
	if (isdigit(c))
		return (unsigned int)(c - '0');
	return isalpha(c) ? (unsigned int)(tolower(c) - 'a') + 10 : 99;
}

void lex_number(struct lexer *lx)
{
	const char *from = lx->s, *digits;
	unsigned int base = 10;
	uint64_t value = 0;
	bool bad = false, big = false;
	struct token *t;

	if (*from == '0' && from + 1 < lx->end && strchr("xXbBoO", from[1])) {
		base = tolower(from[1]) == 'x' ? 16 : tolower(from[1]) == 'b' ? 2 : 8;
		lx->s += 2;
	}
	digits = lx->s;
	for (; lx->s < lx->end && lex_is_name((unsigned char)*lx->s); lx->s++) {
		unsigned int d = digit_value((unsigned char)*lx->s);

		if (*lx->s == '_' && lx->s > digits)
			continue;
		if (d >= base)
			bad = true;
		else if (__builtin_mul_overflow(value, base, &value) ||
			 __builtin_add_overflow(value, d, &value))
			big = true;
	}
	if (lx->s + 1 < lx->end && *lx->s == '.' && isdigit((unsigned char)lx->s[1])) {
		for (lx->s++; lx->s < lx->end && lex_is_name((unsigned char)*lx->s);)
			lx->s++;
		lex_error(lx, H003, from, lx->s,
			  "BPF programs have no floating point; scale to an "
			  "integer, such as milliseconds for seconds",
			  "a number with a fraction");
	} else if (bad || lx->s == digits) {
		lex_error(lx, H003, from, lx->s, "write 42, 1_000, 0xff, 0b101 or 0o17",
			  "this is no number");
	} else if (big) {
		lex_error(lx, H003, from, lx->s, "the largest is 0xffffffffffffffff",
			  "this number does not fit in 64 bits");
	}
	t = lex_push(lx, TOK_INT, from);
	t->value = value;
	t->hex = base == 16;
}

int lex_escape(int c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 's': return ' ';
	case '0': return '\0';
	case 'e': return '\033';
	default: return c;
	}
}

/* The value of the text between @s and @end, escapes resolved. */
static const char *string_value(struct lexer *lx, const char *s, const char *end)
{
	char *value = arena_alloc(&lx->h->arena, (size_t)(end - s) + 1), *to = value;

	while (s < end) {
		if (*s == '\\' && s + 1 < end) {
			*to++ = (char)lex_escape(s[1]);
			s += 2;
		} else {
			*to++ = *s++;
		}
	}
	return value;
}

const char *lex_find_close(struct lexer *lx, const char *close, bool one_line)
{
	size_t n = strlen(close);
	const char *s = lx->s;

	for (; s < lx->end; s++) {
		if (*s == '\\' && s + 1 < lx->end && !(one_line && s[1] == '\n'))
			s++;
		else if (one_line && *s == '\n')
			return NULL;
		else if ((size_t)(lx->end - s) >= n && !memcmp(s, close, n))
			return s;
	}
	return NULL;
}

void lex_string(struct lexer *lx)
{
	bool heredoc = lx->end - lx->s >= 3 && !memcmp(lx->s, "\"\"\"", 3);
	const char *from = lx->s, *close, *value, *line_end;
	struct token *t;

	lx->s += heredoc ? 3 : 1;
	close = lex_find_close(lx, heredoc ? "\"\"\"" : "\"", !heredoc);
	if (!close) {
		line_end = memchr(from, '\n', (size_t)(lx->end - from));
		line_end = line_end ? line_end : lx->end;
		lex_error(lx, H002, from, line_end,
			  heredoc ? "end it with \"\"\"" : "end it with \"",
			  "this string does not end");
		lx->s = heredoc ? lx->end : line_end;
		lex_push(lx, TOK_STRING, from)->str = "";
		return;
	}
	value = string_value(lx, lx->s, close);
	if (!heredoc)
		for (const char *p = lx->s; p + 1 < close; p++)
			if (p[0] == '#' && p[1] == '{' && (p == lx->s || p[-1] != '\\')) {
				lex_error(
					lx, H008, p, close,
					"print with a format: bpf_printk(\"size %d\", size)",
					"values inside a string (#{...}) need memory a BPF program "
					"does not have");
				break;
			}
	lx->s = close + (heredoc ? 3 : 1);
	t = lex_push(lx, TOK_STRING, from);
	t->str = value;
}
