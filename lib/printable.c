/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks UTF-8 text character by character and replaces what must not be shown. */
#include "lib/base.h"
#include "lib/printable.h"

#include <stdarg.h>
#include <string.h>

#include "lib/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Would move the cursor, turn the writing direction or hide: what follows would be misread. The
 * last ones are no characters, which XML refuses. */
static bool is_harmful(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} spans[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0xad, 0xad},	{0x061c, 0x061c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},	{0xfeff, 0xfeff},
		{0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < ARRAY_SIZE(spans) && c >= spans[i].first; i++)
		if (c <= spans[i].last)
			return true;
	return false;
}

void printable_add_utf8(struct strbuf *out, const char *s, size_t len)
{
	while (len) {
		uint32_t c;
		size_t n = utf8_decode(s, len, &c);

		if (n)
			strbuf_add(out, s, n);
		else
			strbuf_addstr(out, REPLACEMENT);
		s += n ? n : 1;
		len -= n ? n : 1;
	}
}

bool printable_is_utf8(const char *s, size_t len)
{
	while (len) {
		uint32_t c;
		size_t n = utf8_decode(s, len, &c);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

/* A line that begins so is a command of GitHub Actions, or was one of Azure Pipelines. */
static bool is_command(const char *line)
{
	line += strspn(line, " \t");
	return !strncmp(line, "::", 2) || !strncmp(line, "##[", 3);
}

static void add_text(struct strbuf *out, const char *s, bool lines)
{
	size_t left = strlen(s);

	while (left) {
		uint32_t c = 0;
		size_t n = utf8_decode(s, left, &c);

		if (lines && (*s == '\n' || *s == '\t'))
			strbuf_addch(out, *s);
		else if (*s == '\n' || *s == '\t')
			strbuf_addch(out, ' ');
		else if (!n || is_harmful(c))
			strbuf_addch(out, '?');
		else
			strbuf_add(out, s, n);
		if (lines && *s == '\n' && is_command(s + 1))
			strbuf_addstr(out, "| ");
		s += n ? n : 1;
		left -= n ? n : 1;
	}
}

void printable_add_line(struct strbuf *out, const char *s)
{
	add_text(out, s, false);
}

void printable_add_lines(struct strbuf *out, const char *s)
{
	add_text(out, s, true);
}

void printable_put(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		if (is_command(text))
			fputs("| ", out);
		fwrite(text, 1, len, out);
		text += len;
	}
}

void printable_line(FILE *out, const char *fmt, ...)
{
	struct strbuf said = STRBUF_INIT, line = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&said, fmt, ap);
	va_end(ap);
	printable_add_line(&line, said.s);
	strbuf_addch(&line, '\n');
	printable_put(out, line.s);
	strbuf_release(&said);
	strbuf_release(&line);
}

void printable_add_json(struct strbuf *out, const char *json)
{
	size_t left = strlen(json);

	while (left) {
		uint32_t c;
		size_t n = utf8_decode(json, left, &c);

		if (!n)
			strbuf_addstr(out, REPLACEMENT);
		else if (c == '\n' || c == '\t' || !is_harmful(c))
			strbuf_add(out, json, n);
		else if (c < 0x10000)
			strbuf_addf(out, "\\u%04x", c);
		else
			strbuf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				    0xdc00 + ((c - 0x10000) & 0x3ff));
		json += n ? n : 1;
		left -= n ? n : 1;
	}
}
