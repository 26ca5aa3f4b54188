/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text of anybody's making, made harmless: names of files, threads and maps, arguments of commands,
 * what a guest or a foreign run.json says. One cleaner on the way in (whole UTF-8), and one for
 * each way out: a line, lines, JSON. All append.
 */
#ifndef LIB_PRINTABLE_H
#define LIB_PRINTABLE_H

#include <stdio.h>

#include "lib/base.h"
#include "lib/strbuf.h"

/* Each byte that belongs to no well-formed character becomes U+FFFD. */
void printable_add_utf8(struct strbuf *out, const char *s, size_t len);
bool printable_is_utf8(const char *s, size_t len);

/*
 * For one line of a terminal or a file: what would move the cursor, turn the writing direction,
 * hide or be no character becomes '?', a line's end or a tab a blank.
 */
void printable_add_line(struct strbuf *out, const char *s);
/*
 * The same for text of several lines, which keeps its tabs and line ends. A line after the first
 * that a CI system would take for a command ("::error::", "##[error]") gets a bar before it.
 */
void printable_add_lines(struct strbuf *out, const char *s);
/*
 * Writes @text, which is harmless by then, to @out; a bar goes before each line that a CI system
 * would take for a command. Who prints tables does it at the end: words are wrapped by then.
 */
void printable_put(FILE *out, const char *text);
/* Prints one line of a person's text; what it says may have been written by anybody. */
void printable_line(FILE *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for JSON text: such characters, which stand in strings only, are written as \uXXXX. */
void printable_add_json(struct strbuf *out, const char *json);

#endif
