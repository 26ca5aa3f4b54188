/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The measure `compare`: equivalence of two monitors first, then conformance of each, then cost. */
#include "lib/base.h"
#include "harness/compare/compare.h"

#include <string.h>

#include "harness/command/commands.h"
#include "harness/progress.h"

enum { SECONDS_A_WORKLOAD = 1 };

struct compare_params {
	bool cost, exact;
};

static const struct param params[] = {
	PARAM_ROW_BOOL(compare_params, cost, "time both as well (beebench overhead)", true),
	PARAM_ROW_BOOL(compare_params, exact, "count both in a guest as well (beebench exact)",
		       true),
	PARAM_END,
};

static unsigned int steps(const struct run *run, const void *params_ UNUSED,
			  double *seconds_per_step)
{
	*seconds_per_step = SECONDS_A_WORKLOAD;
	return compare_steps(run);
}

static const struct measure_ops *find(const char *name)
{
	const struct measure_ops *const *m = measure_list;

	while (strcmp((*m)->name, name))
		m++;
	return *m;
}

/* Without QEMU or a kernel for it, that lane is left out, which was said. */
static int count_exactly(struct run *run)
{
	int err = measure_run(find("exact"), NULL, run);

	return err == -ENOTSUP ? 0 : err;
}

static int run_compare(struct run *run, const void *params_)
{
	const struct compare_params *p = params_;
	int err = compare_equivalence(run);

	if (!err)
		err = compare_static(run);
	/* The slow-down of a real load is `overhead`'s own; here the calls are compared. */
	if (!err && p->cost)
		err = measure_run(find("overhead"), "slowdown=no", run);
	if (!err && p->exact)
		err = count_exactly(run);
	return err;
}

const struct measure_ops measure_compare = {
	.name = "compare",
	.help = "two monitors, by name or path: are they equivalent, is each right, which is "
		"dearer?",
	.params = params,
	.params_size = sizeof(struct compare_params),
	.steps = steps,
	.run = run_compare,
	.print = compare_print,
	.words = 2,
	.usage = "A B",
};
