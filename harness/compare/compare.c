/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The measure `compare`: equivalence of two monitors first, then conformance of each, then what
 * they cost by three lanes. */
#include "lib/base.h"
#include "harness/compare/compare.h"

#include <stdlib.h>
#include <string.h>

#include "harness/measure.h"
#include "harness/compare/lanes.h"
#include "harness/compare/judge.h"
#include "harness/compare/policy.h"
#include "harness/record.h"
#include "harness/result.h"
#include "collector/registry.h"
#include "lib/strbuf.h"

enum { SECONDS_A_WORKLOAD = 1 };
#define QUICK_BUDGET_S 10

struct compare_params {
	bool cost, exact, attach;
	char policy[PARAM_TEXT_MAX];
};

static const struct param params[] = {
	PARAM_ROW_BOOL(compare_params, cost, "time both as well (by exchanging programs)", true),
	PARAM_ROW_BOOL(compare_params, exact, "count both in a guest as well (beebench exact)",
		       true),
	PARAM_ROW_BOOL(compare_params, attach,
		       "time both by attaching and detaching too (beebench overhead)", false),
	PARAM_ROW_TEXT(compare_params, policy,
		       "file that says how much dearer B may be (docs/ci.md)"),
	PARAM_END,
};

static unsigned int steps(const struct run *run, const void *params_ UNUSED,
			  double *seconds_per_step)
{
	*seconds_per_step = SECONDS_A_WORKLOAD;
	return compare_steps(run);
}

/* The first of the two that is neither an object nor becomes one; NULL: both are. */
static int find_other_kind(const struct run *run, const char **which)
{
	*which = NULL;
	for (size_t i = 0; run->monitors[i]; i++) {
		char *path = NULL;
		int err = registry_find(run->monitors[i], &path, NULL);

		if (!err && !str_ends_with(path, ".o") && !str_ends_with(path, ".ex") && !*which)
			*which = run->monitors[i];
		free(path);
		if (err)
			return err;
	}
	return 0;
}

/* A script has no programs of its own to count or to exchange: one record says so. */
static int without_lanes(struct run *run, bool timed, const char *which)
{
	struct gate_pair pair = {run->monitors[0], run->monitors[1]};
	char *name[2] = {registry_display_name(pair.a), registry_display_name(pair.b)};
	struct json_object *list = json_object_new_array(), *o;
	struct strbuf why = STRBUF_INIT;
	int err = compare_static(run, timed, NULL);

	strbuf_addf(
		&why,
		"%s is neither a BPF object nor a Honey source: its programs cannot be compared",
		which);
	/* As their own records call them, where that tells them apart. */
	if (strcmp(name[0], name[1]) != 0)
		pair = (struct gate_pair){name[0], name[1]};
	judge_without_lanes(&pair, GATE_SKIP, why.s, list);
	free(name[0]);
	free(name[1]);
	record_foreach (list, o)
		if (!err)
			err = sink_emit(run->sink, json_object_get(o));
	strbuf_release(&why);
	json_object_put(list);
	return err;
}

/* compare informs: what this machine cannot do is left out, and says why. */
static int make_policy(struct gate_policy *policy, const struct run *run,
		       const struct compare_params *p)
{
	int err = 0;

	policy_defaults(policy);
	if (run->quick)
		policy->budget_s = QUICK_BUDGET_S;
	if (*p->policy)
		err = policy_read(policy, p->policy);
	if (!p->exact)
		policy->on[GATE_EXACT] = GATE_OFF;
	if (!p->cost)
		policy->on[GATE_TIME] = GATE_OFF;
	for (size_t i = 0; i < GATE_LANES; i++)
		policy->on[i] = policy->on[i] ? GATE_AUTO : GATE_OFF;
	if (run_chosen(run->events, NULL))
		policy_set_list(&policy->events, run->events);
	return err;
}

static bool timed(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "sharp")
		return true;
	return false;
}

static int cost(struct run *run, const struct compare_params *p, const struct gate_policy *policy)
{
	const char *which;
	int err = find_other_kind(run, &which);

	if (!err)
		err = which ? without_lanes(run, p->cost, which)
			    : gate_lanes(run, policy, run->monitors[0], run->monitors[1]);
	/* Where programs cannot be exchanged, the whole monitors are. The slow-down of a real load
	 * is `overhead`'s own. */
	if (!err && (p->attach || (p->cost && !timed(sink_records(run->sink)))) &&
	    compare_can_load(NULL))
		err = measure_run(measure_find("overhead"), "slowdown=no", run);
	return err;
}

static int run_compare(struct run *run, const void *params_)
{
	const struct compare_params *p = params_;
	struct gate_policy policy;
	int err = make_policy(&policy, run, p);

	if (!err)
		err = compare_equivalence(run);
	if (!err)
		err = cost(run, p, &policy);
	policy_release(&policy);
	return err;
}

/* What a monitor costs is told, not judged: that is the gate's. */
static const char *const judged[] = {"equivalence", "trial", NULL};

const struct measure_ops measure_compare = {
	.name = "compare",
	.help = "two monitors, by name or path: are they equivalent, is each right, which is "
		"dearer?",
	.params = params,
	.params_size = sizeof(struct compare_params),
	.steps = steps,
	.takes = TAKES_WORKLOADS | TAKES_COMMAND | TAKES_EVENTS | TAKES_KERNELS,
	.run = run_compare,
	.words = 2,
	.usage = "A B",
	.judged = judged,
};
