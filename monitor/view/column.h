/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The columns of the process table: one row of a table is title, unit, format, order and help. */
#ifndef MONITOR_COLUMN_H
#define MONITOR_COLUMN_H

#include "lib/strbuf.h"
#include "monitor/frame.h"

enum column_kind {
	COLUMN_NUMBER, /* row_value(field) */
	COLUMN_PID,
	COLUMN_PPID,
	COLUMN_NAME,
	COLUMN_USER,
	COLUMN_STATE,
	COLUMN_VERDICT,
	COLUMN_TEXT, /* of proc_row.text[text] */
};

enum column_unit {
	UNIT_NONE,
	UNIT_KB,
	UNIT_BYTES,
	UNIT_RATE,
	UNIT_PERCENT,
	UNIT_MS,
	UNIT_S,
	UNIT_BYTES_PER_S
};

struct column {
	const char *key;   /* in queries and --sort: "rss" */
	const char *title; /* on the screen: "RSS", "MMAP#", "%TOT" */
	const char *help;  /* one line for the help screen and the man page */
	enum column_kind kind;
	enum column_unit unit;
	enum field field;    /* COLUMN_NUMBER */
	enum row_text text;  /* COLUMN_TEXT */
	uint8_t width;	     /* cells, without the blank between */
	bool memmon, cpumon; /* shown by default by this tool */
};

/* What the lines of a table are: processes, those with the sums of what is below them, groups. */
enum column_lines { LINES_PROCESSES, LINES_TREE, LINES_GROUPS };

extern const struct column columns[]; /* in the order of the screen; ended by a NULL key */
extern const size_t ncolumns;

/* By key, title or field without '%' and '#', case ignored ("mmap#" and "mmap" alike), or NULL. */
const struct column *column_find(const char *name);
/* Says that there is no column @name, which are there and which is the nearest; @why as in
 * lib/why.h. */
void column_unknown(const char *name, struct strbuf *why);
/* The same of another table, ended by a NULL key, by key and title alone. */
const struct column *column_find_in(const struct column *table, const char *name);
/* The column's number; NAN for text columns and where not known. In the unit that @c says. */
double column_number(const struct column *c, const struct proc_row *row);
/* Appends the cell's text, not padded: "251494", "~251494" (not exact), "-" (not known), "1.2M"
 * with @human. */
void column_format(const struct column *c, const struct proc_row *row, bool human,
		   struct strbuf *out);
/* Below, equal, above 0 in the column's natural order; what is not known comes last either way. */
int column_compare(const struct column *c, const struct proc_row *a, const struct proc_row *b,
		   bool descending);

/* The text of a COLUMN_TEXT, NULL: not known. */
const char *column_row_text(const struct column *c, const struct proc_row *row);
/* Whether @tool shows it where nothing was chosen. */
bool column_shown(const struct column *c, enum tool tool, enum column_lines lines);
/* What has to be read for it, of enum row_read. */
unsigned int column_reads(const struct column *c);
/* A user's name by number, from the system's database, remembered. "1000" where it has none, "-" of
 * ROW_UNKNOWN. */
const char *column_user(uint32_t uid);

/*
 * Appends a name for a terminal: valid UTF-8 as it is, control bytes and broken sequences as '?',
 * cut to @cells cells (wide characters take two); returns the cells used.
 */
int column_text(const char *bytes, int cells, struct strbuf *out);

#endif
