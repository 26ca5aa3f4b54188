/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The change-point test of the history, on series whose steps are known. */
#include "lib/base.h"
#include "harness/calibrate/cal_history.h"

#include <string.h>

#include "harness/calibrate/cal_stats.h"
#include "harness/calibrate/calibrate.h"
#include "harness/history/steps.h"

#define SMALL_NS 1.25

struct cal_windows cal_history_windows(const double *diff_ns, size_t n, double step_ns)
{
	struct cal_windows w = {0};
	double v[CAL_HISTORY_RUNS];
	size_t at[CAL_HISTORY_RUNS];

	for (size_t from = 0; from + CAL_HISTORY_RUNS <= n; from += CAL_HISTORY_RUNS / 2) {
		memcpy(v, diff_ns + from, sizeof(v));
		for (size_t i = CAL_HISTORY_RUNS / 2; i < CAL_HISTORY_RUNS; i++)
			v[i] += step_ns;
		w.n++;
		w.seen += steps_times(v, CAL_HISTORY_RUNS, at) > 0;
	}
	return w;
}

void cal_history_add(struct json_object *record, const double *diff_ns, size_t n)
{
	static const struct {
		const char *name;
		double step_ns;
	} rows[] = {{"history: a step seen in 20 A/A runs", 0},
		    {"history: +1.25 ns seen after 10 of 20 runs", SMALL_NS}};

	for (size_t i = 0; i < ARRAY_SIZE(rows) && n >= CAL_HISTORY_RUNS; i++) {
		struct cal_windows w = cal_history_windows(diff_ns, n, rows[i].step_ns);

		cal_add(record,
			&(struct cal_figure){.name = rows[i].name,
					     .value = cal_share(w.seen, w.n, 0.95),
					     .unit = "share",
					     .n = w.n,
					     .reached = CAL_NO_TARGET},
			"%zu of %zu series", w.seen, w.n);
	}
}
