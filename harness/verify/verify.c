/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The measure `verify`: is a monitor right? Every monitor beside every workload, one trial each. */
#include "lib/base.h"
#include "harness/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/vm/guest_files.h"
#include "harness/vm/guest_monitors.h"
#include "harness/vm/guest_verify.h"
#include "harness/progress.h"
#include "harness/result.h"
#include "harness/verify/verdict.h"
#include "harness/verify/verify_summary.h"
#include "lib/log.h"
#include "collector/elf_check.h"
#include "collector/manifest.h"
#include "collector/registry.h"
#include "harness/vm/qemu.h"
#include "lib/names.h"
#include "lib/strbuf.h"

/* A trial of a ledger workload takes less; bpftrace and stress-ng take the most. */
#define SECONDS_PER_TRIAL 0.3

struct verify_params {
	uint64_t limit, guest;
	bool ignore_exit;
	char stdin_path[PARAM_TEXT_MAX];
};

enum guest_choice { GUEST_AUTO, GUEST_YES, GUEST_NO };
static const char *const guest_choices[] = {"auto", "yes", "no", NULL};

static const struct param params[] = {
	PARAM_ROW(verify_params, limit, U64,
		  "seconds that a workload or command may take; -t says it too", 60, 1, 86400),
	{"ignore-exit", "a command may end with any exit code", PARAM_BOOL,
	 offsetof(struct verify_params, ignore_exit), 0, 0, 0, NULL},
	{"stdin", "what a command reads: a file, or - for beebench's own stdin; nothing otherwise",
	 PARAM_TEXT, offsetof(struct verify_params, stdin_path), 0, 0, 0, NULL},
	PARAM_ROW_ENUM(
		verify_params, guest,
		"in a guest: where this machine refuses BPF or -k names a kernel, always, never",
		GUEST_AUTO, guest_choices),
	PARAM_END,
};

/* Commands beside the ledger workloads, when the user names no workload: short, of a fixed number
 * of operations. The first is all that --quick runs. */
static const char *const commands[] = {
	"stress-ng:stressor=mmap,ops=23",    "stress-ng:stressor=mmapmany,ops=23",
	"stress-ng:stressor=brk,ops=1009",   "stress-ng:stressor=vm,ops=23",
	"stress-ng:stressor=bigheap,ops=23", "stress-ng:stressor=malloc,ops=1009",
	"stress-ng:stressor=mremap,ops=23",
};

/* --quick does without these: what they show, others show as well. */
static const char *const slow[] = {"flood", "remap", "pingpong", "reads"};

static bool is_slow(const struct workload_ops *ops)
{
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++)
		if (!strcmp(ops->name, slow[i]))
			return true;
	return false;
}

/* A monitor as far as the plan must know it. */
struct candidate {
	const char *name; /* the user's */
	uint32_t caps;
	enum workload_subject workloads; /* that have something to tell it */
	bool known; /* false: this machine cannot run it; its trials will say so */
};

struct pair {
	size_t monitor, workload;
};

struct plan {
	struct workload *workloads;
	size_t nworkloads;
	struct workload *owned; /* what was not the user's choice; NULL otherwise */
	struct candidate *candidates;
	size_t ncandidates;
	struct pair *pairs;
	size_t npairs;
};

static void plan_release(struct plan *p)
{
	for (size_t i = 0; p->owned && i < p->nworkloads; i++)
		workload_release(&p->owned[i]);
	free(p->owned);
	free(p->candidates);
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

/* Where the user named none: all, or what `run --quick` has time for. */
static const char *const *monitors_of(const struct run *run)
{
	static const char *const quick[] = {
		"cpumon", "memmon", "memmon-honey", "memmon.bt", "memmon_fast", "none", NULL};

	return run->quick && run->whole ? run_chosen(run->monitors, quick) : run_monitors(run);
}

static int candidates_make(struct plan *p, const struct run *run)
{
	const char *const *monitors = monitors_of(run);

	while (monitors[p->ncandidates])
		p->ncandidates++;
	p->candidates = calloc(p->ncandidates + 1, sizeof(*p->candidates));
	if (!p->candidates)
		return -ENOMEM;
	for (size_t i = 0; i < p->ncandidates; i++)
		p->candidates[i].name = monitors[i];
	return 0;
}

/* Can it be held to what it says, where the calls must be recorded for that? */
static int check_wants(const struct monitor *m, struct strbuf *why)
{
	const struct subject_ops *s = subject_of(monitor_info(m));
	struct calls_wanted ignored = {0};

	return s && s->wants ? s->wants(m, &ignored, why) : 0;
}

/* Opens each monitor once: an object or a name that is wrong is told before anything runs. */
static int open_candidates(struct plan *p, const struct run *run)
{
	const struct monitor_target everything = {.means = run->means};
	int err = 0;

	for (size_t i = 0; !err && i < p->ncandidates; i++) {
		struct candidate *c = &p->candidates[i];
		struct monitor *m = NULL;
		struct strbuf why = STRBUF_INIT;

		err = monitor_open(&m, c->name, &everything, &why);
		if (!err)
			err = check_wants(m, &why);
		if (err && err != -ENOTSUP && why.len)
			log_err("%s", why.s);
		strbuf_release(&why);
		if (!err) {
			c->known = true;
			c->caps = monitor_info(m)->caps;
			c->workloads = subject_workloads(monitor_info(m));
		}
		monitor_close(m);
		if (err == -ENOTSUP)
			err = 0;
	}
	return err;
}

/* By its manifest, or by the mark of its object; memory's monitors need none. */
static enum workload_subject guess_workloads(const char *path)
{
	const struct subject_ops *const *s = subject_list;
	struct strbuf ignored = STRBUF_INIT;
	struct monitor_info info = {0};
	struct manifest man = {0};

	if (str_ends_with(path, ".json")) {
		manifest_defaults(&man, &vocabulary_memory);
		if (!manifest_read(&man, path, &ignored)) {
			info.words = man.words;
			info.definition = man.definition;
		}
		manifest_release(&man);
		strbuf_release(&ignored);
		return subject_workloads(&info);
	}

	while (*s && !((*s)->words->mark && elf_has_symbol(path, (*s)->words->mark)))
		s++;
	return *s ? (*s)->workloads : WORKLOAD_MEMORY;
}

static void guess_candidate(struct candidate *c)
{
	struct strbuf ignored = STRBUF_INIT;
	char *path = NULL;

	c->known = true;
	if (!strcmp(c->name, "none"))
		c->caps = MONITOR_NULL;
	else if (!registry_find(c->name, &path, &ignored))
		c->workloads = guess_workloads(path);
	strbuf_release(&ignored);
	free(path);
}

/* What can be seen of the files, nothing opened: how many trials there will be, about. */
static void guess_candidates(struct plan *p)
{
	for (size_t i = 0; i < p->ncandidates; i++)
		guess_candidate(&p->candidates[i]);
}

/* What has something to say beside what. Monitors that offer nothing to judge show once that the
 * harness itself is silent. */
static bool suits(const struct candidate *c, const struct workload *w)
{
	bool idle = !strcmp(workload_name(w), "idle");

	if (c->known && workload_allocates(c->workloads))
		return w->ops->subject == c->workloads;
	if (idle || !c->known)
		return idle || w->ops->subject == WORKLOAD_MEMORY;
	return !(c->caps & MONITOR_NULL) && w->ops->subject == c->workloads;
}

static int pair_up(struct plan *p)
{
	p->pairs = calloc(p->nworkloads * p->ncandidates + 1, sizeof(*p->pairs));
	if (!p->pairs)
		return -ENOMEM;
	for (size_t w = 0; w < p->nworkloads; w++)
		for (size_t m = 0; m < p->ncandidates; m++)
			if (!p->owned || suits(&p->candidates[m], &p->workloads[w]))
				p->pairs[p->npairs++] = (struct pair){m, w};
	return 0;
}

static unsigned int steps(const struct run *run, const void *p UNUSED, double *seconds_per_step)
{
	struct plan plan = {0};
	unsigned int n = 0;

	*seconds_per_step = SECONDS_PER_TRIAL;
	if (!candidates_make(&plan, run)) {
		guess_candidates(&plan);
		if (!choose_workloads(&plan, run) && !pair_up(&plan))
			n = (unsigned int)plan.npairs;
	}
	plan_release(&plan);
	return n;
}

static double limit_s(const struct run *run, const struct verify_params *p)
{
	return run->seconds > 0 ? run->seconds : (double)p->limit;
}

static int one_trial(struct run *run, const struct verify_params *p, const char *const *monitor,
		     const struct workload *w)
{
	struct trial_spec spec = {.monitors = monitor,
				  .nmonitors = 1,
				  .means = run->means,
				  .workload = w,
				  .limit_ns = (uint64_t)(limit_s(run, p) * NSEC_PER_SEC),
				  .stdin_path = p->stdin_path,
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

static int run_pairs(struct run *run, const struct verify_params *p, const struct plan *plan)
{
	int err = 0;

	/* By now it is known what suits what. */
	progress_plan(run->progress, "verify", (unsigned int)plan->npairs, SECONDS_PER_TRIAL);
	for (size_t i = 0; !err && i < plan->npairs; i++) {
		const char *const *monitor = &plan->candidates[plan->pairs[i].monitor].name;
		const struct workload *w = &plan->workloads[plan->pairs[i].workload];

		if (run_interrupted())
			return -EINTR;
		progress_step(run->progress, "%s beside %s", *monitor, workload_name(w));
		err = one_trial(run, p, monitor, w);
	}
	return err;
}

static int run_here(struct run *run, const struct verify_params *p)
{
	struct plan plan = {0};
	int err = candidates_make(&plan, run);

	if (!err)
		err = open_candidates(&plan, run);
	if (!err)
		err = choose_workloads(&plan, run);
	if (!err)
		err = pair_up(&plan);
	if (!err)
		err = run_pairs(run, p, &plan);
	plan_release(&plan);
	return err;
}

/* --- in a guest --- */

/* The record that a trial which cannot run has here too. */
static int emit_skip(struct run *run, const char *monitor, const struct workload *w,
		     const char *reason)
{
	struct trial_spec spec = {.monitors = &monitor, .nmonitors = 1, .workload = w};
	struct trial_monitor nothing = {0};
	struct trial t = {.spec = &spec, .monitors = &nothing, .nmonitors = 1};
	struct verdict v = {
		.status = STATUS_SKIP, .reason = STRBUF_INIT, .judged.verdict = JUDGE_NONE};
	struct json_object *o;
	char *name = registry_display_name(monitor);

	strbuf_addstr(&v.reason, reason);
	o = verdict_record(&v, &t, 0);
	strbuf_release(&v.reason);
	json_object_object_add(o, "monitor", json_object_new_string(name ? name : monitor));
	json_object_object_add(o, "guest", json_object_new_boolean(true));
	free(name);
	return sink_emit(run->sink, o);
}

static const char no_commands[] =
	"the guest has no programs of this machine; take a static one along: beebench vm -f";

/* Trials that a guest cannot run are skipped with a record; the others go to @t. */
static int sort_out(struct run *run, struct plan *plan, const char **monitors,
		    const struct workload **workloads, struct guest_trials *t)
{
	size_t n = 0;
	int err = 0;

	for (size_t m = 0; m < plan->ncandidates; m++)
		if (!guest_monitors_refuse(plan->candidates[m].name))
			monitors[n++] = plan->candidates[m].name;
	for (size_t w = 0; w < run->nworkloads; w++)
		if (!run->workloads[w].command)
			workloads[t->nworkloads++] = &run->workloads[w];
	for (size_t i = 0; !err && i < plan->npairs; i++) {
		const char *name = plan->candidates[plan->pairs[i].monitor].name;
		const struct workload *w = &plan->workloads[plan->pairs[i].workload];
		const char *reason = guest_monitors_refuse(name);

		if (reason || w->command)
			err = emit_skip(run, name, w, reason ? reason : no_commands);
	}
	t->monitors = monitors;
	t->workloads = workloads;
	return err;
}

/* Of which processor a guest cannot be booted here is said once, in @told. */
static bool can_boot(const char *kernel, struct names *told)
{
	const struct processor *cpu = vm_kernel_processor(kernel);
	struct strbuf why = STRBUF_INIT;
	size_t before = told->n;
	int err = cpu ? vm_can_boot(cpu, &why) : 0;

	if (!err && cpu)
		err = guest_files_built(cpu, &why);
	if (err && names_add(told, cpu->name) == before)
		log_err("%s", why.s);
	strbuf_release(&why);
	return !err;
}

/* On each kernel that can be had. -ENOPKG: on some, -ENOTSUP: on none; why was said. */
static int run_kernels(struct run *run, struct guest_trials *t, const char *const *k,
		       const char *why)
{
	struct names told = {0};
	size_t ran = 0, missing = 0;
	int err = 0;

	for (; !err && *k; k++) {
		t->kernel = *k;
		err = -ENOTSUP;
		if (can_boot(*k, &told)) {
			log_info("%sverifying in a guest: Linux %s, one CPU, no stress-ng, no "
				 "bpftrace",
				 why, *k);
			err = guest_verify(run, t);
		}
		ran += !err;
		missing += err == -ENOTSUP;
		err = err == -ENOTSUP ? 0 : err;
	}
	names_release(&told);
	return err || !missing ? err : ran ? -ENOPKG : -ENOTSUP;
}

static int run_guests(struct run *run, const struct verify_params *p, const char *why)
{
	static const char *const default_kernels[] = {GUEST_VERIFY_KERNEL, NULL};
	const char *const *k = run_chosen(run->kernels, default_kernels);
	struct guest_trials t = {.limit_s = (uint64_t)ceil(limit_s(run, p)),
				 .ignore_exit = p->ignore_exit};
	const struct workload **workloads = calloc(run->nworkloads + 1, sizeof(*workloads));
	const char **monitors = NULL;
	struct plan plan = {0};
	int err = workloads ? candidates_make(&plan, run) : -ENOMEM;

	for (size_t i = 0; !err && i < plan.ncandidates; i++)
		if (guest_monitors_refuse(plan.candidates[i].name))
			guess_candidate(&plan.candidates[i]);
	if (!err)
		err = choose_workloads(&plan, run);
	if (!err)
		err = pair_up(&plan);
	monitors = calloc(plan.ncandidates + 1, sizeof(*monitors));
	if (!err)
		err = monitors ? sort_out(run, &plan, monitors, workloads, &t) : -ENOMEM;
	if (!err && monitors[0] && (t.nworkloads || !run->nworkloads))
		err = run_kernels(run, &t, k, why);
	plan_release(&plan);
	free(workloads);
	free(monitors);
	return err;
}

static int run_all(struct run *run, const void *params_)
{
	const struct verify_params *p = params_;
	struct strbuf why = STRBUF_INIT, no_guest = STRBUF_INIT;
	bool asked = p->guest == GUEST_YES || run_chosen(run->kernels, NULL);
	int err = 0;

	if (p->guest == GUEST_NO || (!asked && !guest_verify_needed(&why))) {
		err = run_here(run, p);
		goto out;
	}
	if (why.len)
		strbuf_addstr(&why, ": ");
	if (vm_supported(&no_guest)) {
		log_err("%s%s%s", why.s, why.len ? "no guest instead: " : "", no_guest.s);
		err = -ENOTSUP;
	}
	if (!err)
		err = run_guests(run, p, why.s);
out:
	strbuf_release(&why);
	strbuf_release(&no_guest);
	return err;
}

const struct measure_ops measure_verify = {
	.name = "verify",
	.help = "is a monitor right? conformance and accuracy beside known workloads",
	.params = params,
	.params_size = sizeof(struct verify_params),
	.steps = steps,
	.takes = TAKES_WORKLOADS | TAKES_COMMAND | TAKES_KERNELS,
	.run = run_all,
	.summary = verify_summary,
};
