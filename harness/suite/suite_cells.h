/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The matrix of a project's suites, cell by cell: what an engine (Slurm, parallel, CI) starts one
 * by one. A cell is one measure of one monitor on one kernel; where no kernel is booted for it,
 * with one workload (verify) or one event (overhead) of those that the suite lists.
 */
#ifndef HARNESS_SUITE_CELLS_H
#define HARNESS_SUITE_CELLS_H

#include <json-c/json.h>

#include "harness/suite/suite.h"

struct suite_cell {
	const struct suite *suite;
	/* As they stand in the file; NULL: none, or all of the suite's. */
	const char *measure, *monitor, *kernel, *workload, *event;
	char *id; /* owned: a name for files, the same for the same cell of the same suite */
};

struct suite_cells {
	struct suite_cell *cell; /* in the order of the file */
	size_t n;
};

/* The cells of the @chosen suites (names, ended by NULL; none: all), which point into @f. What
 * `beebench run` does not do (a gate) has none. */
void suite_cells_list(struct suite_cells *c, const struct suite_file *f, const char *const *chosen);
void suite_cells_release(struct suite_cells *c);

/* The cell of that id, or NULL after naming the nearest. */
const struct suite_cell *suite_cells_find(const struct suite_cells *c, const struct suite_file *f,
					  const char *id);

/* What is known of a cell: "id", "suite", "measure", ..; null where it has none. The caller owns
 * it. */
struct json_object *suite_cell_json(const struct suite_cell *c);

/* A suite that comes to this cell alone; suite_cell_release() is due. It points into the cell. */
void suite_cell_alone(const struct suite_cell *c, struct suite *one);
void suite_cell_release(struct suite *one);

#endif
