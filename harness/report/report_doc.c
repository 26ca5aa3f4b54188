/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Blocks of a report: how they are added, the table cells that hold a figure of a record (what is
 * missing is "-"), and how a terminal shows them: aligned, wrapped, coloured.
 */
#include "lib/base.h"
#include "harness/report/report_doc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/record.h"
#include "lib/format.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

static void *grow(void *p, size_t n, size_t size)
{
	/* Powers of two: reallocates when @n has reached one. */
	if (n & (n - 1))
		return p;
	p = realloc(p, (n ? 2 * n : 1) * size);
	if (!p)
		abort();
	return p;
}

static void release_block(struct doc_block *b)
{
	strbuf_release(&b->texts);
	free(b->cells);
	free(b->right);
	free(b->text);
	free(b->name);
}

/* Nothing more is added to it: a large table has room for twice its cells. */
static void trim(struct doc_block *b)
{
	uint64_t *cells = b->ncells ? realloc(b->cells, b->ncells * sizeof(*cells)) : NULL;

	if (cells)
		b->cells = cells;
	strbuf_trim(&b->texts);
}

static void print_block(FILE *out, const struct doc_block *b, bool more_items);

static struct doc_block *add(struct doc *d, enum doc_kind kind, enum doc_tone tone)
{
	if (d->out && d->n) {
		print_block(d->out, &d->blocks[0], kind == DOC_ITEM);
		release_block(&d->blocks[0]);
		d->n = 0;
	} else if (d->n) {
		trim(&d->blocks[d->n - 1]);
	}
	d->blocks = grow(d->blocks, d->n, sizeof(*d->blocks));
	d->blocks[d->n] = (struct doc_block){.kind = kind, .tone = tone};
	return &d->blocks[d->n++];
}

/* What is said of a run is anybody's text: here it becomes harmless, for every form of a report. */
static void print(struct doc *d, void (*clean_by)(struct strbuf *, const char *),
		  struct strbuf *out, const char *fmt, va_list ap)
{
	strbuf_reset(&d->scratch);
	strbuf_vaddf(&d->scratch, fmt, ap);
	clean_by(out, d->scratch.s ? d->scratch.s : "");
}

static char *printed(struct doc *d, void (*clean_by)(struct strbuf *, const char *),
		     const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT;

	print(d, clean_by, &text, fmt, ap);
	return text.len ? strbuf_detach(&text) : strdup("");
}

#define PRINT_INTO(field) PRINT_BY(printable_add_line, field)
#define PRINT_BY(add, field)                                                                       \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		(field) = printed(d, add, fmt, ap);                                                \
		va_end(ap);                                                                        \
	} while (0)

void doc_heading(struct doc *d, int level, const char *fmt, ...)
{
	struct doc_block *b = add(d, DOC_HEADING, TONE_PLAIN);

	b->level = level;
	PRINT_INTO(b->text);
}

void doc_text(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	struct doc_block *b = add(d, DOC_TEXT, tone);

	PRINT_INTO(b->text);
}

void doc_item(struct doc *d, const char *fmt, ...)
{
	struct doc_block *b = add(d, DOC_ITEM, TONE_PLAIN);

	PRINT_INTO(b->text);
}

void doc_code(struct doc *d, const char *fmt, ...)
{
	struct doc_block *b = add(d, DOC_CODE, TONE_PLAIN);

	PRINT_BY(printable_add_lines, b->text);
}

void doc_picture(struct doc *d, const char *name, const char *fmt, ...)
{
	struct doc_block *b = add(d, DOC_PICTURE, TONE_PLAIN);

	b->name = strdup(name);
	PRINT_INTO(b->text);
}

void doc_fold(struct doc *d, int level, const char *fmt, ...)
{
	struct doc_block *b = add(d, DOC_FOLD, TONE_PLAIN);

	b->level = level;
	PRINT_INTO(b->text);
}

void doc_fold_end(struct doc *d)
{
	add(d, DOC_FOLD_END, TONE_PLAIN);
}

void doc_table(struct doc *d)
{
	add(d, DOC_TABLE, TONE_PLAIN);
}

enum { TONE_BITS = 3 };
_Static_assert(TONE_STRONG < 1 << TONE_BITS, "a tone must fit");

/* Of a large table most is text: a cell is its place in one buffer of all texts. */
static void add_cell(struct doc *d, enum doc_tone tone, const char *fmt, va_list ap)
{
	struct doc_block *b = &d->blocks[d->n - 1];

	b->cells = grow(b->cells, b->ncells, sizeof(*b->cells));
	b->cells[b->ncells++] = (uint64_t)b->texts.len << TONE_BITS | tone;
	print(d, printable_add_line, &b->texts, fmt, ap);
	strbuf_addch(&b->texts, '\0');
}

struct doc_cell doc_cell_at(const struct doc_block *b, size_t i)
{
	return (struct doc_cell){b->texts.s + (b->cells[i] >> TONE_BITS),
				 b->cells[i] & ((1 << TONE_BITS) - 1)};
}

void doc_column(struct doc *d, bool right, const char *fmt, ...)
{
	struct doc_block *b = &d->blocks[d->n - 1];
	va_list ap;

	b->right = grow(b->right, b->ncolumns, sizeof(*b->right));
	b->right[b->ncolumns++] = right;
	va_start(ap, fmt);
	add_cell(d, TONE_PLAIN, fmt, ap);
	va_end(ap);
}

void doc_cell(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_cell(d, tone, fmt, ap);
	va_end(ap);
}

void doc_print_to(struct doc *d, FILE *out)
{
	d->out = out;
}

void doc_release(struct doc *d)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->out)
			print_block(d->out, &d->blocks[i], false);
		release_block(&d->blocks[i]);
	}
	free(d->blocks);
	strbuf_release(&d->scratch);
	*d = (struct doc){.n = 0};
}

void cell_interval(struct doc *d, struct json_object *o, const char *path, double scale)
{
	struct stats_interval i;
	struct strbuf sb = STRBUF_INIT;

	record_interval(o, path, &i);
	format_interval(&sb, &i, scale);
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

void cell_difference(struct doc *d, const struct stats_interval *difference)
{
	struct strbuf sb = STRBUF_INIT;
	enum doc_tone tone = difference->low > 0    ? TONE_WARN
			     : difference->high < 0 ? TONE_GOOD
						    : TONE_PLAIN;

	format_interval(&sb, difference, 1);
	doc_cell(d, tone, "%s%s", difference->centre > 0 ? "+" : "", sb.s);
	strbuf_release(&sb);
}

void cell_number(struct doc *d, double v, const char *unit)
{
	struct strbuf sb = STRBUF_INIT;

	format_number(&sb, v);
	doc_cell(d, TONE_PLAIN, "%s%s", sb.s, isfinite(v) ? unit : "");
	strbuf_release(&sb);
}

void cell_signed(struct doc *d, double v)
{
	struct strbuf sb = STRBUF_INIT;

	format_number(&sb, v);
	doc_cell(d,
		 v > 0	 ? TONE_WARN
		 : v < 0 ? TONE_GOOD
			 : TONE_PLAIN,
		 "%s%s", v > 0 ? "+" : "", sb.s);
	strbuf_release(&sb);
}

void cell_bytes(struct doc *d, double v)
{
	struct strbuf sb = STRBUF_INIT;

	if (isfinite(v))
		format_bytes(&sb, v);
	else
		strbuf_addch(&sb, '-');
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

enum { CELL_MAX = 48, LINE_MAX_COLUMNS = 98 };

static const char *const tone_escape[] = {
	[TONE_PLAIN] = "",	  [TONE_GOOD] = "\033[32m", [TONE_BAD] = "\033[1;31m",
	[TONE_WARN] = "\033[33m", [TONE_DIM] = "\033[2m",   [TONE_STRONG] = "\033[1m",
};

static bool use_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb");
}

/* Columns a UTF-8 string takes: its code points. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Prints @text wrapped at words; lines after the first begin with @indent blanks. */
static void print_wrapped(FILE *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column > indent && column + 1 + len > LINE_MAX_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += len;
		text += len;
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

static void add_blanks(struct strbuf *line, size_t n)
{
	while (n--)
		strbuf_addch(line, ' ');
}

static void put_cell(struct strbuf *line, struct doc_cell c, size_t width, bool right, bool colour)
{
	size_t w = width_of(c.text), pad = w < width ? width - w : 0;
	bool paint = colour && c.tone != TONE_PLAIN && *c.text;

	strbuf_addstr(line, "  ");
	add_blanks(line, right ? pad : 0);
	strbuf_addstr(line, paint ? tone_escape[c.tone] : "");
	strbuf_addstr(line, c.text);
	strbuf_addstr(line, paint ? "\033[0m" : "");
	add_blanks(line, right ? 0 : pad);
}

static void print_line(FILE *out, struct strbuf *line)
{
	while (line->len && line->s[line->len - 1] == ' ')
		line->s[--line->len] = '\0';
	strbuf_addch(line, '\n');
	printable_put(out, line->s);
	strbuf_reset(line);
}

static void print_table(FILE *out, const struct doc_block *b, bool colour)
{
	size_t *width = calloc(b->ncolumns, sizeof(*width));
	struct strbuf line = STRBUF_INIT;

	if (!width)
		return;
	for (size_t i = 0; i < b->ncells; i++) {
		size_t w = width_of(doc_cell_at(b, i).text), c = i % b->ncolumns;

		width[c] = MAX(width[c], MIN(w, (size_t)CELL_MAX));
	}
	for (size_t i = 0; i < b->ncells; i++) {
		size_t c = i % b->ncolumns;

		put_cell(&line, doc_cell_at(b, i), width[c], b->right[c], colour);
		if (c + 1 < b->ncolumns)
			continue;
		print_line(out, &line);
		for (size_t k = 0; i < b->ncolumns && k < b->ncolumns; k++) {
			strbuf_addstr(&line, "  ");
			for (size_t n = 0; n < width[k]; n++)
				strbuf_addch(&line, '-');
		}
		if (line.len)
			print_line(out, &line);
	}
	fputc('\n', out);
	strbuf_release(&line);
	free(width);
}

/* All but a table, which may be long. */
static void print_words(FILE *out, const struct doc_block *b, bool more_items, bool colour)
{
	bool paint = colour && b->tone != TONE_PLAIN;

	switch (b->kind) {
	case DOC_HEADING:
		fprintf(out, "%s%s%s\n", colour ? "\033[1m" : "", b->text, colour ? "\033[0m" : "");
		for (size_t n = width_of(b->text); n > 0; n--)
			fputc(b->level == 1 ? '=' : '-', out);
		fputc('\n', out);
		break;
	case DOC_TEXT:
		fputs(paint ? tone_escape[b->tone] : "", out);
		print_wrapped(out, b->text, 0);
		fprintf(out, "%s\n", paint ? "\033[0m" : "");
		break;
	case DOC_ITEM:
		fputs("  - ", out);
		print_wrapped(out, b->text, 4);
		if (!more_items)
			fputc('\n', out);
		break;
	case DOC_TABLE: break;
	/* A terminal folds nothing: details have their title, and sections theirs. */
	case DOC_FOLD:
		if (b->level > 1)
			fprintf(out, "%s:\n\n", b->text);
		break;
	case DOC_FOLD_END: break;
	case DOC_PICTURE: fprintf(out, "  (picture: plots/%s.svg)\n\n", b->name); break;
	case DOC_CODE:
		fputs("    ", out);
		for (const char *c = b->text; *c; c++) {
			fputc(*c, out);
			if (*c == '\n')
				fputs("    ", out);
		}
		fputs("\n\n", out);
		break;
	}
}

static void print_block(FILE *out, const struct doc_block *b, bool more_items)
{
	bool colour = use_colour(out);
	char *text = NULL;
	size_t size = 0;
	FILE *f;

	if (b->kind == DOC_TABLE) {
		if (b->ncells > b->ncolumns)
			print_table(out, b, colour);
		return;
	}
	f = open_memstream(&text, &size);
	if (!f)
		abort();
	print_words(f, b, more_items, colour);
	fclose(f);
	printable_put(out, text);
	free(text);
}

void doc_print(const struct doc *d, FILE *out)
{
	for (size_t i = 0; i < d->n; i++)
		print_block(out, &d->blocks[i], i + 1 < d->n && d->blocks[i + 1].kind == DOC_ITEM);
}
