/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a user has chosen on the screen, kept for the next time: order, units, columns. A file of
 * lines "sort -rss", "units plain", "columns pid name rss", in $XDG_CONFIG_HOME/beebench or
 * ~/.config/beebench, one for each tool.
 */
#ifndef MONITOR_TOOL_CONFIG_H
#define MONITOR_TOOL_CONFIG_H

#include "monitor/view/column.h"

enum { CONFIG_COLUMNS = 64 };

struct config {
	const struct column *sort; /* NULL: not said */
	bool descending, plain;
	const struct column *columns[CONFIG_COLUMNS + 1]; /* ended by NULL; empty: the default */
};

/* What is not there, or not understood, is left at the default: the file is for convenience. */
void config_read(struct config *c, const char *tool);
/* 0 or -errno after a warning. Where there is no home, or one of somebody else (sudo), nothing is
 * kept. */
int config_write(const struct config *c, const char *tool);
/* "pid,name,rss" or with blanks; 0, or -EINVAL after saying which there are where @say. */
int config_parse_columns(const char *text, const struct column **out, bool say);

#endif
