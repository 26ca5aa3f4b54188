/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queries on columns, the same in the screen's filter, --filter and alerts:
 *
 *   rss > 1GiB and (name ~ ^postgres or user = www) and not state = Z
 *
 * A term is COLUMN OP VALUE, OP one of = != < <= > >= ~ !~ (regular expression as Perl has it, case
 * ignored unless the value has an upper case letter). Numbers take units of their column's kind: B
 * K KB KiB M MB MiB G .. for sizes (powers of 1024 all; without a unit kB for kB columns, bytes for
 * byte columns), K M G for counts (thousands), /s /min /h for rates, ms s min h d for times, %. A
 * value may be quoted ("a b"). A bare word is name ~ WORD. `and` binds tighter than `or`; `not`,
 * parentheses; && || ! too. A comparison with a value that is not known is false (so `not` of it is
 * true), `rss = ?` asks for exactly that. sum(COLUMN)
 * is of all processes of the row's group, in a tree of the process and all below it (view_sum()),
 * else of itself. At most 4096 bytes and 64 levels of parentheses.
 */
#ifndef MONITOR_QUERY_H
#define MONITOR_QUERY_H

#include "lib/strbuf.h"
#include "monitor/frame.h"

struct column;
struct query;

struct query_error {
	size_t at, length; /* bytes of the text: what is wrong */
	char text[192];	   /* "no column 'rs'; did you mean 'rss'?" */
};

/* 0, or -EINVAL with @e filled in; prints nothing. An empty text matches everything. */
int query_parse(struct query **out, const char *text, struct query_error *e);
/* The same with the columns of another table (column.h). */
int query_parse_in(struct query **out, const char *text, const struct column *table,
		   struct query_error *e);
/* Before a frame's rows are held against it: what its expressions may cost is counted anew. Accepts
 * NULL. */
void query_look(const struct query *q);
bool query_match(const struct query *q, const struct proc_row *row); /* NULL matches everything */
/* An expression in it took too long for a process, and matches none from then on. */
bool query_gave_up(const struct query *q);
/* What has to be read of rows before they are held against it: of enum row_read. */
unsigned int query_reads(const struct query *q);
void query_free(struct query *q); /* accepts NULL */
/* Appends three lines: the error, the text, carets below what is wrong (in cells, not bytes). The
 * last has no newline: log_err() brings one. */
void query_explain(const char *text, const struct query_error *e, struct strbuf *out);

#endif
