/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How often `beebench history` sees a step in a series of runs: where there is none, where there
 * is. */
#ifndef HARNESS_CAL_HISTORY_H
#define HARNESS_CAL_HISTORY_H

#include <json-c/json.h>

#include "lib/base.h"

/* Windows of so many runs in the order in which they were made, half of one before the next. */
enum { CAL_HISTORY_RUNS = 20 };

/* Of @n runs that differ by nothing: windows, and those that a step is seen in when @step is added
 * to their second half (0: as they are). */
struct cal_windows {
	size_t n, seen;
};
struct cal_windows cal_history_windows(const double *diff_ns, size_t n, double step_ns);

/* Adds both shares to the record's figures, where there is a window. */
void cal_history_add(struct json_object *record, const double *diff_ns, size_t n);

#endif
