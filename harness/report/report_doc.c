/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Blocks of a report, and the table cells that hold a figure of a record; what is missing is "-".
 */
#include "lib/base.h"
#include "harness/report/report_doc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "lib/format.h"
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

static struct doc_block *add(struct doc *d, enum doc_kind kind, enum doc_tone tone)
{
	d->blocks = grow(d->blocks, d->n, sizeof(*d->blocks));
	d->blocks[d->n] = (struct doc_block){.kind = kind, .tone = tone};
	return &d->blocks[d->n++];
}

static char *print(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

#define PRINT_INTO(field)                                                                          \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		(field) = print(fmt, ap);                                                          \
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

	PRINT_INTO(b->text);
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

static struct doc_cell *add_cell(struct doc_block *b, enum doc_tone tone)
{
	b->cells = grow(b->cells, b->ncells, sizeof(*b->cells));
	b->cells[b->ncells] = (struct doc_cell){.tone = tone};
	return &b->cells[b->ncells++];
}

void doc_column(struct doc *d, bool right, const char *fmt, ...)
{
	struct doc_block *b = &d->blocks[d->n - 1];
	struct doc_cell *c = add_cell(b, TONE_PLAIN);

	b->right = grow(b->right, b->ncolumns, sizeof(*b->right));
	b->right[b->ncolumns++] = right;
	PRINT_INTO(c->text);
}

void doc_cell(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	struct doc_cell *c = add_cell(&d->blocks[d->n - 1], tone);

	PRINT_INTO(c->text);
}

void doc_release(struct doc *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct doc_block *b = &d->blocks[i];

		for (size_t c = 0; c < b->ncells; c++)
			free(b->cells[c].text);
		free(b->cells);
		free(b->right);
		free(b->text);
		free(b->name);
	}
	free(d->blocks);
	*d = (struct doc){0};
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
