/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A report as a list of blocks without any form: what is said is written once (report.c),
 * and the text, Markdown and HTML reporters each give it their form.
 */
#ifndef HARNESS_REPORT_DOC_H
#define HARNESS_REPORT_DOC_H

#include <stdio.h>

#include "harness/record.h"
#include "lib/base.h"
#include "lib/strbuf.h"

enum doc_tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_WARN, TONE_DIM, TONE_STRONG };
enum doc_kind {
	DOC_HEADING,
	DOC_TEXT,
	DOC_ITEM,
	DOC_TABLE,
	DOC_PICTURE,
	DOC_CODE,
	DOC_FOLD,
	DOC_FOLD_END,
};

struct doc_cell {
	const char *text;
	enum doc_tone tone;
};

struct doc_block {
	enum doc_kind kind;
	enum doc_tone tone;
	int level; /* HEADING: 1, 2, 3; FOLD: 1 holds sections (a page leaves it open), 2 details */
	char *text;  /* PICTURE: what it shows, for who cannot see it; FOLD: what is in it */
	char *name;  /* PICTURE: "overhead": plots/overhead.svg and .png of the run */
	bool *right; /* TABLE: columns of numbers */
	size_t ncolumns;
	size_t ncells;	     /* TABLE: the titles, then row by row: doc_cell_at() */
	uint64_t *cells;     /* private: where in @texts, and the tone */
	struct strbuf texts; /* private */
};

struct doc {
	struct doc_block *blocks;
	size_t n;
	FILE *out;	       /* NULL, or what doc_print_to() named */
	struct strbuf scratch; /* private */
};

void doc_heading(struct doc *d, int level, const char *fmt, ...) PRINTF_LIKE(3, 4);
void doc_text(struct doc *d, enum doc_tone tone, const char *fmt, ...) PRINTF_LIKE(3, 4);
void doc_item(struct doc *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doc_code(struct doc *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doc_picture(struct doc *d, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* What follows, until doc_fold_end(), is folded away where the form can. Folds may nest. */
void doc_fold(struct doc *d, int level, const char *fmt, ...) PRINTF_LIKE(3, 4);
void doc_fold_end(struct doc *d);
/* A table: its columns, then its cells row by row. A table without rows is not shown. */
void doc_table(struct doc *d);
void doc_column(struct doc *d, bool right, const char *fmt, ...) PRINTF_LIKE(3, 4);
void doc_cell(struct doc *d, enum doc_tone tone, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Cells that hold a figure of a record; what is missing is "-". */
/* The interval at @path of @o, @scale times. */
void cell_interval(struct doc *d, struct json_object *o, const char *path, double scale);
/* A difference: as cell_interval(), with a sign; coloured where it leaves out 0. */
void cell_difference(struct doc *d, const struct stats_interval *difference);
/* @v with @unit appended; @unit may be "". */
void cell_number(struct doc *d, double v, const char *unit);
/* A difference without an interval: "+12", "0", "-3". */
void cell_signed(struct doc *d, double v);
void cell_bytes(struct doc *d, double v);

/* A cell of a table; valid until another is added. */
struct doc_cell doc_cell_at(const struct doc_block *b, size_t i);

/* For a terminal: aligned, wrapped, coloured on a terminal. */
void doc_print(const struct doc *d, FILE *out);
/* From now on a block is printed, and forgotten, once the next one begins; the last by
 * doc_release(). For what is too long to be held whole; @d must be empty. */
void doc_print_to(struct doc *d, FILE *out);
void doc_release(struct doc *d);

#endif
