/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first rows by a column, in order, of many: what view.c sorts with. Pure. */
#ifndef MONITOR_VIEW_PICK_H
#define MONITOR_VIEW_PICK_H

#include "monitor/view/view.h"

/* A row with what decides its place, as a number that rises in the order wanted. */
struct pick {
	uint64_t key;
	uint32_t row; /* rows are sorted by pid: of two alike the lower comes first */
};

/* The key of a number; NAN comes last either way. */
uint64_t pick_number(double v, bool descending);
/* The key of a row: all of the order for numbers, its beginning for text. */
uint64_t pick_key(const struct column *c, bool descending, const struct proc_row *row);

/*
 * Leaves the first @top of the @n picks in @picks[0..], sorted; what follows them is in no order.
 * Takes no memory; the time is n log top. @c: to decide between texts that begin alike.
 */
size_t pick_top(struct pick *picks, size_t n, size_t top, const struct proc_row *rows,
		const struct column *c, bool descending);

#endif
