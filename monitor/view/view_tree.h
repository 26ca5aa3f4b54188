/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes below their parents, whatever the parents say: a step of view_build(). Pure. */
#ifndef MONITOR_VIEW_TREE_H
#define MONITOR_VIEW_TREE_H

#include "monitor/view/view_pick.h"

enum { TREE_NONE = UINT32_MAX };

/* How a field of a process and those of the processes below it make one. */
enum tree_sum { TREE_ADD, TREE_MAX, TREE_MIN };
extern const enum tree_sum tree_sums[FIELD_COUNT];

/* Scratch for the rows of a frame; index n is the root above all roots. */
struct tree {
	struct pick *picks;
	double *value;		/* of the sort column, with all below */
	uint32_t *parent;	/* row; n: it is a root */
	uint32_t *first, *next; /* child, sibling; TREE_NONE */
	uint32_t *owner;	/* line that counts this row; TREE_NONE */
	uint32_t *order;	/* rows, children before parents */
	uint8_t *flags;		/* enum tree_flag */
};

enum tree_flag { TREE_MATCH = 1, TREE_KEEP = 2 };

/* Bytes that tree_place() needs for @n rows, and the parts of such a block. */
size_t tree_bytes(size_t n);
void tree_place(struct tree *t, void *block, size_t n);
/* Fills in parents (cycles are cut, orphans are roots), what is kept, and the order of siblings;
 * flags say on entry which rows match. */
void tree_grow(struct tree *t, const struct frame *f, const struct column *sort, bool descending);
/* Where @pid is among @n, which rise; TREE_NONE: nowhere. */
uint32_t tree_find_pid(const uint32_t *pids, size_t n, uint32_t pid);
/* @sum with one more @value, as the field's kind is; what is not known changes nothing. */
double tree_add(enum tree_sum kind, double sum, double value);

#endif
