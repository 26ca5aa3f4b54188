/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a user has chosen on the screen, kept for the next time: order, units, columns. A file of
 * lines "sort -rss", "units plain", "columns pid name rss", in $XDG_CONFIG_HOME/beebench or
 * ~/.config/beebench, one for each tool, whichever of them showed its columns. People write it by
 * hand, too: empty lines and those that begin with # are theirs.
 */
#ifndef MONITOR_TOOL_CONFIG_H
#define MONITOR_TOOL_CONFIG_H

#include "lib/strbuf.h"
#include "monitor/view/column.h"

enum { CONFIG_COLUMNS = 64 };

struct config {
	const char *tool;	   /* whose it is: "memmon" */
	const struct column *sort; /* NULL: not said */
	bool descending, plain;
	const struct column *columns[CONFIG_COLUMNS + 1]; /* ended by NULL; empty: the default */
};

/* @tool is borrowed. What is not there is left at the default. Of a line that is not understood
 * nothing is taken, and
 * @wrong gets one that begins "FILE:LINE: " and says which word, and what is allowed. */
void config_read(struct config *c, const char *tool, struct strbuf *wrong);
/* 0 or -errno after a warning. Where there is no home, or one of somebody else (sudo), nothing is
 * kept. */
int config_write(const struct config *c);
/* As of an option: 0, or -EINVAL after saying what is wrong and what there is; @why as in
 * lib/why.h. "pid,name,rss" or with blanks. All CONFIG_COLUMNS + 1 of @out are written. */
int config_parse_columns(const char *text, const struct column **out, struct strbuf *why);
/* "+rss" rises, "-rss" falls; without a sign numbers fall and texts rise. */
int config_parse_sort(const char *text, const struct column **out, bool *descending,
		      struct strbuf *why);

#endif
