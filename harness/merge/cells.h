/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cells of a plan (harness/suite/suite_cells.h) in a merge: which of them have no result, which
 * could be run nowhere, and which came out in two ways.
 */
#ifndef HARNESS_MERGE_CELLS_H
#define HARNESS_MERGE_CELLS_H

#include <json-c/json.h>

#include "harness/merge/merge.h"
#include "harness/record.h"

/* The ids of a plan: lines whose first word (up to a tab) they are, or JSON objects with an "id".
 * Returns 0, or -errno after saying why. */
int merge_plan_read(struct names *ids, const char *path);

/*
 * @worst: for each part of @p how its records came out at worst. @plan: the ids that there should
 * be, NULL: that is not known. What is found is counted in @r, and its text told there. Returns
 * what the merged run's end says of it; NULL where no run is a cell's and there is no plan.
 */
struct json_object *merge_cells(const struct parts *p, const enum status *worst,
				const struct names *plan, struct merge_result *r);

#endif
