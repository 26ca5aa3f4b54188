/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The measure `verify`: is a monitor right? Every monitor beside every workload, one trial each. */
#include "lib/base.h"
#include "harness/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "harness/progress.h"
#include "harness/result.h"
#include "harness/said.h"
#include "harness/verify/verdict.h"
#include "harness/verify/verify_summary.h"
#include "lib/log.h"

/* A trial of a ledger workload takes less; bpftrace and stress-ng take the most. */
#define SECONDS_PER_TRIAL 0.3

struct verify_params {
	uint64_t limit;
	bool ignore_exit;
};

static const struct param params[] = {
	PARAM_ROW(verify_params, limit, U64, "seconds that a workload or command may take", 60, 1,
		  86400),
	{"ignore-exit", "a command may end with any exit code", PARAM_BOOL,
	 offsetof(struct verify_params, ignore_exit), 0, 0, 0, NULL},
	PARAM_END,
};

/* Commands beside the ledger workloads, when the user names no workload: short, of a fixed number
 * of operations. The first is all that --quick runs. */
static const char *const commands[] = {
	"stress-ng:stressor=mmap,ops=23",    "stress-ng:stressor=mmapmany,ops=23",
	"stress-ng:stressor=brk,ops=1009",   "stress-ng:stressor=vm,ops=23",
	"stress-ng:stressor=bigheap,ops=23", "stress-ng:stressor=malloc,ops=1009",
};

/* --quick does without these: what they show, others show as well. */
static const char *const slow[] = {"flood", "remap", "pingpong", "syscalls"};

static bool is_slow(const struct workload_ops *ops)
{
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++)
		if (!strcmp(ops->name, slow[i]))
			return true;
	return false;
}

/* A monitor as far as the plan must know it. */
struct subject {
	const char *name; /* the user's */
	uint32_t caps, fields;
	bool known; /* false: this machine cannot run it; its trials will say so */
};

struct pair {
	size_t monitor, workload;
};

struct plan {
	struct workload *workloads;
	size_t nworkloads;
	struct workload *owned; /* what was not the user's choice; NULL otherwise */
	struct subject *subjects;
	size_t nsubjects;
	struct pair *pairs;
	size_t npairs;
};

static void plan_release(struct plan *p)
{
	for (size_t i = 0; p->owned && i < p->nworkloads; i++)
		workload_release(&p->owned[i]);
	free(p->owned);
	free(p->subjects);
	free(p->pairs);
}

static int choose_workloads(struct plan *p, const struct run *run)
{
	size_t all = 0, ncommands = run->quick ? 1 : ARRAY_SIZE(commands);
	int err = 0;

	p->workloads = run->workloads;
	p->nworkloads = run->nworkloads;
	if (run->nworkloads)
		return 0;
	while (workload_list[all])
		all++;
	p->owned = p->workloads = calloc(all + ARRAY_SIZE(commands), sizeof(*p->owned));
	if (!p->owned)
		return -ENOMEM;
	for (size_t i = 0; !err && i < all; i++)
		if (workload_list[i]->truth == WORKLOAD_LEDGER &&
		    !(run->quick && is_slow(workload_list[i])))
			err = workload_parse(&p->owned[p->nworkloads++], workload_list[i]->name,
					     run->seed);
	for (size_t i = 0; !err && i < ncommands; i++)
		err = workload_parse(&p->owned[p->nworkloads++], commands[i], run->seed);
	return err;
}

/* Opens each monitor once: an object or a name that is wrong is told before anything runs. */
static int try_monitors(struct plan *p, const struct run *run, bool tell)
{
	static const struct monitor_target everything = {0};
	int err = 0;

	while (run->monitors[p->nsubjects])
		p->nsubjects++;
	p->subjects = calloc(p->nsubjects + 1, sizeof(*p->subjects));
	if (!p->subjects)
		return -ENOMEM;
	for (size_t i = 0; !err && i < p->nsubjects; i++) {
		struct subject *s = &p->subjects[i];
		struct monitor *m = NULL;
		struct said said = {0};

		s->name = run->monitors[i];
		said_listen(&said);
		err = monitor_open(&m, s->name, &everything);
		said_end(&said, tell && err && err != -ENOTSUP);
		said_release(&said);
		if (!err) {
			s->known = true;
			s->caps = monitor_info(m)->caps;
			s->fields = monitor_info(m)->fields;
		}
		monitor_close(m);
		if (err == -ENOTSUP)
			err = 0;
	}
	return err;
}

/* What has something to say beside what. Monitors that offer nothing to judge show once that the
 * harness itself is silent. */
static bool suits(const struct subject *s, const struct workload *w)
{
	bool idle = !strcmp(workload_name(w), "idle"), cpu = w->ops->subject == WORKLOAD_CPU;

	if (idle || !s->known)
		return idle || !cpu;
	if (s->caps & MONITOR_NULL)
		return false;
	return cpu == ((s->fields & CPU_FIELDS) != 0);
}

static int plan_make(struct plan *p, const struct run *run, bool tell)
{
	int err;

	*p = (struct plan){0};
	err = try_monitors(p, run, tell);
	if (!err)
		err = choose_workloads(p, run);
	if (err)
		return err;
	p->pairs = calloc(p->nworkloads * p->nsubjects + 1, sizeof(*p->pairs));
	if (!p->pairs)
		return -ENOMEM;
	for (size_t w = 0; w < p->nworkloads; w++)
		for (size_t m = 0; m < p->nsubjects; m++)
			if (!p->owned || suits(&p->subjects[m], &p->workloads[w]))
				p->pairs[p->npairs++] = (struct pair){m, w};
	return 0;
}

static unsigned int steps(const struct run *run, const void *p UNUSED, double *seconds_per_step)
{
	struct plan plan;
	unsigned int n = 0;

	*seconds_per_step = SECONDS_PER_TRIAL;
	if (!plan_make(&plan, run, false))
		n = (unsigned int)plan.npairs;
	plan_release(&plan);
	return n;
}

static int one_trial(struct run *run, const struct verify_params *p, const char *const *monitor,
		     const struct workload *w)
{
	struct trial_spec spec = {.monitors = monitor,
				  .nmonitors = 1,
				  .workload = w,
				  .limit_ns = p->limit * NSEC_PER_SEC,
				  .ignore_exit = p->ignore_exit};
	struct verdict v = {.reason = STRBUF_INIT};
	struct trial t;
	int err = trial_run(&t, &spec);

	if (!err)
		err = verdict_reach(&v, &t, 0);
	if (!err)
		err = sink_emit(run->sink, verdict_record(&v, &t, 0));
	verdict_release(&v);
	trial_release(&t);
	return err;
}

static int run_all(struct run *run, const void *params_)
{
	struct plan plan;
	int err = plan_make(&plan, run, true);

	for (size_t i = 0; !err && i < plan.npairs; i++) {
		const char *const *monitor = &run->monitors[plan.pairs[i].monitor];
		const struct workload *w = &plan.workloads[plan.pairs[i].workload];

		if (run_interrupted()) {
			err = -EINTR;
			break;
		}
		progress_step(run->progress, "%s beside %s", *monitor, workload_name(w));
		err = one_trial(run, params_, monitor, w);
	}
	plan_release(&plan);
	return err;
}

static const char *const quick_monitors[] = {"cpumon",	  "memmon", "memmon-honey",
					     "memmon.bt", "none",   NULL};

const struct measure_ops measure_verify = {
	.name = "verify",
	.help = "is a monitor right? conformance and accuracy beside known workloads",
	.params = params,
	.params_size = sizeof(struct verify_params),
	.steps = steps,
	.run = run_all,
	.print = verify_print,
	.summary = verify_summary,
	.quick_monitors = quick_monitors,
};
