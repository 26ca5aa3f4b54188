/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The measure `verify`: is a monitor right? Every monitor beside every workload, one trial each. */
#include "lib/base.h"
#include "harness/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "harness/progress.h"
#include "harness/result.h"
#include "harness/said.h"
#include "harness/verdict.h"
#include "harness/verify_summary.h"
#include "lib/log.h"

/* A trial of a ledger workload takes less; bpftrace and stress-ng take the most. */
#define SECONDS_PER_TRIAL 0.5

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

struct plan {
	struct workload *workloads;
	size_t n;
	struct workload *owned; /* what was not the user's choice; NULL otherwise */
	bool *cpu;		/* per monitor: it watches the CPU */
};

static void plan_release(struct plan *p)
{
	for (size_t i = 0; p->owned && i < p->n; i++)
		workload_release(&p->owned[i]);
	free(p->owned);
	free(p->cpu);
}

static size_t count_monitors(const struct run *run)
{
	size_t n = 0;

	while (run->monitors[n])
		n++;
	return n;
}

/* Which monitors watch the CPU. What cannot be opened is told later, by try_monitors(). */
static bool *find_cpu_monitors(const struct run *run)
{
	static const struct monitor_target everything = {0};
	bool *cpu = calloc(count_monitors(run) + 1, sizeof(*cpu));

	for (size_t i = 0; cpu && run->monitors[i]; i++) {
		struct monitor *m = NULL;
		struct said said = {0};

		said_listen(&said);
		if (!monitor_open(&m, run->monitors[i], &everything))
			cpu[i] = monitor_info(m)->fields & CPU_FIELDS;
		said_end(&said, false);
		said_release(&said);
		monitor_close(m);
	}
	return cpu;
}

/* Where the user chose no workload, memory monitors are judged beside memory loads and CPU monitors
 * beside CPU loads. */
static bool belongs(const struct plan *p, size_t monitor, size_t workload)
{
	bool cpu = p->workloads[workload].ops->subject == WORKLOAD_CPU;

	return !p->owned || p->cpu[monitor] == cpu;
}

static int plan_make(struct plan *p, const struct run *run)
{
	size_t all = 0, ncommands = run->quick ? 1 : ARRAY_SIZE(commands);
	int err = 0;

	*p = (struct plan){.workloads = run->workloads, .n = run->nworkloads};
	if (p->n)
		return 0;
	while (workload_list[all])
		all++;
	p->cpu = find_cpu_monitors(run);
	p->owned = p->workloads = calloc(all + ARRAY_SIZE(commands), sizeof(*p->owned));
	if (!p->owned || !p->cpu)
		return -ENOMEM;
	for (size_t i = 0; !err && i < all; i++)
		if (workload_list[i]->truth == WORKLOAD_LEDGER)
			err = workload_parse(&p->owned[p->n++], workload_list[i]->name, run->seed);
	for (size_t i = 0; !err && i < ncommands; i++)
		err = workload_parse(&p->owned[p->n++], commands[i], run->seed);
	return err;
}

static unsigned int steps(const struct run *run, const void *p UNUSED, double *seconds_per_step)
{
	struct plan plan;
	unsigned int n = 0;

	*seconds_per_step = SECONDS_PER_TRIAL;
	if (!plan_make(&plan, run))
		for (size_t m = 0; run->monitors[m]; m++)
			for (size_t w = 0; w < plan.n; w++)
				n += belongs(&plan, m, w);
	plan_release(&plan);
	return n;
}

/* An object or a name that is wrong is told before anything runs. */
static int try_monitors(const struct run *run)
{
	static const struct monitor_target everything = {0};
	int err = 0;

	for (size_t i = 0; !err && run->monitors[i]; i++) {
		struct monitor *m = NULL;
		struct said said = {0};

		said_listen(&said);
		err = monitor_open(&m, run->monitors[i], &everything);
		said_end(&said, err && err != -ENOTSUP);
		said_release(&said);
		monitor_close(m);
		if (err == -ENOTSUP)
			err = 0; /* its trials are skipped, with the reason */
	}
	return err;
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
	int err = try_monitors(run);

	if (err)
		return err;
	err = plan_make(&plan, run);
	for (size_t w = 0; !err && w < plan.n; w++) {
		for (size_t m = 0; !err && run->monitors[m]; m++) {
			if (!belongs(&plan, m, w))
				continue;
			if (run_interrupted()) {
				err = -EINTR;
				break;
			}
			progress_step(run->progress, "%s beside %s", run->monitors[m],
				      workload_name(&plan.workloads[w]));
			err = one_trial(run, params_, &run->monitors[m], &plan.workloads[w]);
		}
	}
	plan_release(&plan);
	return err;
}

const struct measure_ops measure_verify = {
	.name = "verify",
	.help = "is a monitor right? conformance and accuracy beside known workloads",
	.params = params,
	.params_size = sizeof(struct verify_params),
	.steps = steps,
	.run = run_all,
	.print = verify_print,
	.summary = verify_summary,
};
