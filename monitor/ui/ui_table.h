/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of the process table: its cells, and what keys and the mouse do in it. */
#ifndef MONITOR_UI_TABLE_H
#define MONITOR_UI_TABLE_H

#include "monitor/ui/ui_screen.h"

/* --- ui_cells.c --- */

bool column_is_number(const struct column *c); /* stands at the right of its cells */
/* Which columns fit into the width, and where: dropped from the right, but for the sorted one. */
void table_layout(struct ui *u);
/* A cell's text in at most @width cells: a number that is too long is shortened (1.2M), not cut. */
void cell_text(const struct ui *u, const struct column *c, const struct proc_row *row, int width,
	       struct strbuf *out);
/* The name with the branches of the tree before it. */
void cell_name(struct ui *u, size_t line, int width, struct strbuf *out);
/* Puts the sums of line @line and all below it into @row. */
void cell_sums(struct ui *u, size_t line, struct proc_row *row);

/* --- ui_table_keys.c --- */

extern const struct binding table_bindings[];
void table_move(struct ui *u, enum key_action action);
void table_mouse(struct ui *u, const MEVENT *e);
/* @text becomes the filter; nothing but blanks: none. What cannot be parsed changes nothing. */
void table_take_filter(struct ui *u, const char *text);

#endif
