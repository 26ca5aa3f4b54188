/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report for a terminal. */
#include "lib/base.h"
#include "harness/plugin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/report/report_doc.h"
#include "harness/result.h"
#include "lib/strbuf.h"

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

static void add_cell(struct strbuf *line, const struct doc_cell *c, size_t width, bool right,
		     bool colour)
{
	size_t w = width_of(c->text), pad = w < width ? width - w : 0;
	bool paint = colour && c->tone != TONE_PLAIN && *c->text;

	strbuf_addstr(line, "  ");
	add_blanks(line, right ? pad : 0);
	strbuf_addf(line, "%s%s%s", paint ? tone_escape[c->tone] : "", c->text,
		    paint ? "\033[0m" : "");
	add_blanks(line, right ? 0 : pad);
}

static void print_line(FILE *out, struct strbuf *line)
{
	while (line->len && line->s[line->len - 1] == ' ')
		line->s[--line->len] = '\0';
	fprintf(out, "%s\n", line->s);
	strbuf_reset(line);
}

static void print_table(FILE *out, const struct doc_block *b, bool colour)
{
	size_t *width = calloc(b->ncolumns, sizeof(*width));
	struct strbuf line = STRBUF_INIT;

	if (!width)
		return;
	for (size_t i = 0; i < b->ncells; i++) {
		size_t w = width_of(b->cells[i].text), c = i % b->ncolumns;

		width[c] = MAX(width[c], MIN(w, (size_t)CELL_MAX));
	}
	for (size_t i = 0; i < b->ncells; i++) {
		size_t c = i % b->ncolumns;

		add_cell(&line, &b->cells[i], width[c], b->right[c], colour);
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

static void print_block(FILE *out, const struct doc_block *b, bool more_items, bool colour)
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
	case DOC_TABLE:
		if (b->ncells > b->ncolumns)
			print_table(out, b, colour);
		break;
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

void doc_print(const struct doc *d, FILE *out)
{
	bool colour = use_colour(out);

	for (size_t i = 0; i < d->n; i++)
		print_block(out, &d->blocks[i], i + 1 < d->n && d->blocks[i + 1].kind == DOC_ITEM,
			    colour);
}

static int render(const struct run_file *run, FILE *out)
{
	struct doc d = {0};

	report_build(&d, run);
	doc_print(&d, out);
	doc_release(&d);
	return 0;
}

const struct reporter_ops reporter_text = {
	.name = "text",
	.help = "tables for a terminal",
	.render = render,
};
