/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stacks merged into a call tree by the names of their functions; of two profiles, side by side. */
#ifndef MEMPROF_TREE_H
#define MEMPROF_TREE_H

#include "lib/names.h"
#include "memprof/report/report.h"

struct tree_node {
	uint32_t name;		      /* in @names of the tree */
	uint32_t parent, child, next; /* places; 0: none (the root is no child) */
	bool kernel;
	bool leaf;						/* a stack ends here */
	uint64_t self[2][REPORT_VALUES], all[2][REPORT_VALUES]; /* @all: with what it calls */
};

struct tree {
	struct tree_node *nodes; /* nodes[0] is the root, which has no name; a parent comes first */
	size_t n;
	struct names names;
	uint32_t *index; /* private */
	size_t index_n;
};

/* A node is told from its siblings by its name, whatever calls of one function come from. */
void tree_of(struct tree *t, const struct report *r);
void tree_release(struct tree *t);

/* What one function has, wherever it stands. */
struct tree_function {
	uint32_t name;
	uint64_t self[2][REPORT_VALUES];
	uint64_t all[2][REPORT_VALUES]; /* a stack counts once, however often the function is in */
};
/* One for each name of @t, in their order; the caller frees. */
struct tree_function *tree_functions(const struct tree *t);

#endif
