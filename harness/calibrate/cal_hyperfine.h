/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What plain hyperfine says of pairs whose difference is known, beside the time lane. */
#ifndef HARNESS_CAL_HYPERFINE_H
#define HARNESS_CAL_HYPERFINE_H

#include <json-c/json.h>

#include "harness/calibrate/calibrate.h"
#include "lib/base.h"

/* Welch's t test at 5 %, two-sided, of two groups: what hyperfine's own script for comparing
 * (welch_ttest.py) takes for different. False where one has fewer than two values. */
bool cal_welch(const double *a, size_t na, const double *b, size_t nb);

/*
 * Compares objects @a and @b as a person would who has hyperfine alone: attach A, 15 runs of a
 * command that makes brk calls for a tenth of a second, then the same beside B. One comparison for
 * every fifteen of the part's @runs, at most 20. Adds a figure called @name to @record: how many
 * were called different, and how far apart the differences of the means lie. Without hyperfine a
 * figure that says so is left out. Returns 0, -EINTR, or -errno after saying why.
 */
int cal_hyperfine(struct cal *c, const char *a, const char *b, unsigned int runs, const char *name,
		  struct json_object *record);

#endif
