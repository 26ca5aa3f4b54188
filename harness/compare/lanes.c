/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs the lanes of a comparison and has them judged.
 *
 * Both sides become object files first; a Honey source is compiled. The static lane is run here
 * where programs can be loaded, and otherwise in the guest, which is booted once for each kernel
 * and serves the exact lane as well. The time lane is run on this machine until it has decided or
 * its budget is spent; a machine that was unsteady gets a second attempt. What cannot be run is a
 * record with its reason, never an error of the whole.
 */
#include "lib/base.h"
#include "harness/compare/lanes.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/compare/compare.h"
#include "harness/compare/judge.h"
#include "harness/exact/exact.h"
#include "harness/exchange/exchange.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/vm/qemu.h"
#include "collector/honey_source.h"
#include "collector/registry.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"

int gate_object_find(struct gate_object *o, const char *spec)
{
	char *object = NULL;
	int err;

	*o = (struct gate_object){0};
	err = registry_find(spec, &o->path, NULL);
	if (err)
		return err;
	o->name = registry_display_name(spec);
	if (str_ends_with(o->path, ".ex")) {
		err = honey_source_compile(o->path, NULL, &object, NULL);
		o->source = o->path;
		o->path = object;
		return err;
	}
	if (str_ends_with(o->path, ".o"))
		return 0;
	log_err("%s is neither a BPF object (.bpf.o) nor a Honey source (.ex): its programs cannot "
		"be compared",
		spec);
	return -EINVAL;
}

void gate_object_release(struct gate_object *o)
{
	if (o->source)
		unlink(o->path);
	free(o->source);
	free(o->name);
	free(o->path);
	*o = (struct gate_object){0};
}

/* What the lanes of one comparison share. */
struct gate_job {
	struct run *run;
	const struct gate_policy *policy;
	const struct gate_object *a, *b;
	struct gate_pair pair;
	struct json_object *out; /* `gate` records so far */
};

/* A step is a second of the budget. */
struct steps {
	struct progress *progress;
	uint64_t start_ns;
	unsigned int told, n;
};

static void tell(void *arg, const char *what, const char *who)
{
	struct steps *s = arg;
	double elapsed_s = (double)(clock_ns() - s->start_ns) / 1e9;

	if (s->told < s->n && elapsed_s >= s->told) {
		s->told++;
		progress_step(s->progress, "time, %s, %s", what, who);
	}
}

static void options(const struct gate_job *job, struct steps *steps, struct exchange_options *o)
{
	const struct gate_policy *p = job->policy;

	*o = (struct exchange_options){
		.consumer = EXCHANGE_TIMER,
		.seconds = job->run->seconds > 0 ? job->run->seconds : p->budget_s,
		.events = p->events.v[0] ? p->events.v : NULL,
		.margin_ns = p->margin_ns,
		.margin_share = p->margin_percent / 100,
		.alpha = p->alpha,
		.rng = {job->run->seed},
		.tell = tell,
		.tell_arg = steps,
	};
	placement_choose(&o->place, "/sys");
	o->realtime = !o->place.same_cpu;
	*steps = (struct steps){.progress = job->run->progress,
				.start_ns = clock_ns(),
				.n = (unsigned int)MAX(ceil(o->seconds), 1)};
	progress_plan(job->run->progress, "time", steps->n, 1);
	progress_begin(job->run->progress, "time");
}

/* The records call the monitors as the other lanes do. */
static void name(const struct gate_job *job, struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "sharp") {
		record_put_str(o, "monitor", job->pair.a);
		record_put_str(o, "other", job->pair.b);
	}
}

/* What was measured becomes records, and they are judged. @before: why an attempt before this did
 * not count, or NULL. */
static int judge(struct gate_job *job, const struct exchange *s,
		 const struct exchange_options *opts, const char *before)
{
	struct strbuf note = STRBUF_INIT;
	struct run kept = *job->run;
	struct json_object *o;
	int err = sink_open(&kept.sink, NULL);

	if (err)
		return err;
	err = exchange_emit(s, opts, &kept);
	name(job, sink_records(kept.sink));
	record_foreach (sink_records(kept.sink), o)
		if (!err)
			err = sink_emit(job->run->sink, json_object_get(o));
	judge_time(job->policy, &job->pair, sink_records(kept.sink), job->out);
	if (opts->place.same_cpu)
		strbuf_addstr(&note, "one CPU only, shared with whoever reads the records");
	if (before)
		strbuf_addf(&note, "%sthis is the second attempt, of the first %s",
			    note.len ? "; " : "", before);
	judge_lane(job->policy, &job->pair, GATE_TIME, note.len ? note.s : NULL, job->out);
	sink_close(kept.sink);
	strbuf_release(&note);
	return err;
}

/* Measured, and found afterwards not to count: the machine was unsteady, which passes. */
static bool is_unsteady(const struct exchange *s)
{
	return s->why_void && s->at_s.n;
}

/* As exchange_compare(), and once more when the first does not count: *@before, to be freed, says
 * why.
 */
static int measure(struct gate_job *job, struct exchange_options *opts, struct exchange *s,
		   char **before)
{
	int err = exchange_compare(s, job->a->path, job->b->path, opts);

	if (err || !is_unsteady(s))
		return err;
	*before = strdup(s->why_void);
	exchange_release(s);
	rng_next(&opts->rng);
	return exchange_compare(s, job->a->path, job->b->path, opts);
}

/* An object that was made of a Honey source is called as its source is. */
static void call_by_names(const struct gate_job *job, struct strbuf *why)
{
	const struct gate_object *const both[] = {job->a, job->b};

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		char *shown = both[i]->source ? registry_display_name(both[i]->path) : NULL;

		if (!shown)
			continue;
		strbuf_replace(why, both[i]->path, both[i]->name);
		strbuf_replace(why, shown, both[i]->name);
		free(shown);
	}
}

/* What was said of a lane that cannot be run. */
static const char *reason_of(const struct strbuf *why)
{
	return why->len ? why->s : "this machine cannot run it";
}

static int compare(struct gate_job *job)
{
	struct exchange_options opts;
	struct strbuf why = STRBUF_INIT;
	struct steps steps;
	char *before = NULL;
	struct exchange s;
	int err;

	options(job, &steps, &opts);
	placement_pin(opts.place.consumer_cpu);
	opts.why = &why;
	err = measure(job, &opts, &s, &before);
	/* Where the lane is on when possible, what it cannot do is a skip and no error. */
	call_by_names(job, &why);
	if (why.len && job->policy->on[GATE_TIME] == GATE_ON)
		log_err("%s", why.s);
	if (!err) {
		err = judge(job, &s, &opts, before);
	} else if (err != -EINTR) {
		judge_cannot(job->policy, &job->pair, GATE_TIME, reason_of(&why), job->out);
		err = 0;
	}
	strbuf_release(&why);
	exchange_release(&s);
	free(before);
	return err;
}

/*
 * Runs the time lane and judges it; @cannot: why no program can be loaded here, NULL: they can.
 * Returns 0 (also when it could not be run, which is a record), -EINTR, or -errno after saying why.
 */
static int time_lane(struct gate_job *job, const char *cannot)
{
	cpu_set_t affinity;
	int err;

	if (cannot) {
		judge_cannot(job->policy, &job->pair, GATE_TIME, cannot, job->out);
		return 0;
	}
	sched_getaffinity(0, sizeof(affinity), &affinity);
	err = compare(job);
	sched_setaffinity(0, sizeof(affinity), &affinity);
	return err;
}

enum { BOOT_LIMIT_S = 180, BOOT_STEPS = 6, FEWEST_CALLS = 16 };
#define BOOT_STEP_S 2.5

static int emit_all(struct run *run, struct json_object *records, const char *type)
{
	struct json_object *o;
	int err = 0;

	record_foreach_type (records, o, type)
		if (!err)
			err = sink_emit(run->sink, json_object_get(o));
	return err;
}

/* The `static` record of one object, loaded on this machine; NULL: it cannot be, and @why says
 * why. */
static struct json_object *load_here(const struct gate_job *job, const struct gate_object *object,
				     struct strbuf *why)
{
	const char *monitors[] = {object->path, NULL};
	struct run one = *job->run;
	struct json_object *o = NULL;
	int err;

	one.monitors = monitors;
	if (sink_open(&one.sink, NULL))
		return NULL;
	err = compare_static(&one, job->policy->on[GATE_TIME] != GATE_OFF, why);
	call_by_names(job, why);
	if (!err)
		o = json_object_get(json_object_array_get_idx(sink_records(one.sink), 0));
	if (o)
		record_put_str(o, "monitor", object->name);
	if (sink_close(one.sink) && o) {
		json_object_put(o);
		o = NULL;
	}
	return o;
}

/*
 * False in @done, with @why, when one of the two cannot be loaded here: this machine cannot tell a
 * broken object from one whose maps it does not know, and the guest can.
 */
static int static_here(struct gate_job *job, bool *done, struct strbuf *why)
{
	struct json_object *a, *b = NULL, *both = json_object_new_array();
	int err = 0;

	progress_plan(job->run->progress, "static", 2, 0.5);
	progress_begin(job->run->progress, "static");
	progress_step(job->run->progress, "static, loading %s", job->pair.a);
	a = load_here(job, job->a, why);
	if (a) {
		json_object_array_add(both, a);
		progress_step(job->run->progress, "static, loading %s", job->pair.b);
		b = load_here(job, job->b, why);
	}
	*done = b;
	if (b) {
		json_object_array_add(both, b);
		judge_static(job->policy, &job->pair, a, b, job->out);
		judge_lane(job->policy, &job->pair, GATE_STATIC, NULL, job->out);
		err = emit_all(job->run, both, "static");
	}
	json_object_put(both);
	return err;
}

/* Which lanes are asked of the guest. */
struct wanted {
	bool exact, statics;
};

static int judge_boot(struct gate_job *job, const struct wanted *w, struct json_object *records)
{
	int err = 0;

	if (w->statics) {
		err = emit_all(job->run, records, "static");
		judge_static_in_guest(job->policy, &job->pair, records, job->out);
	}
	if (!err && w->exact) {
		err = emit_all(job->run, records, "exact");
		judge_exact(job->policy, &job->pair, records, job->out);
	}
	return err;
}

/* The lanes of @w could not be run in the guest. */
static void no_guest(struct gate_job *job, const struct wanted *w, const char *reason)
{
	if (w->statics)
		judge_cannot(job->policy, &job->pair, GATE_STATIC, reason, job->out);
	if (w->exact)
		judge_cannot(job->policy, &job->pair, GATE_EXACT, reason, job->out);
}

static bool is_required(const struct gate_job *job, const struct wanted *w)
{
	return (w->exact && job->policy->on[GATE_EXACT] == GATE_ON) ||
	       (w->statics && job->policy->on[GATE_STATIC] == GATE_ON);
}

/* A guest may have another processor: sources are compiled for it. */
static const char *file_of(const struct gate_object *o)
{
	return o->source ? o->source : o->path;
}

/* One boot of one kernel with both objects. False in @booted when there was none, which is a record
 * by then. */
static int boot(struct gate_job *job, const struct wanted *w, const char *kernel, bool *booted)
{
	const char *names[] = {job->pair.a, job->pair.b},
		   *paths[] = {file_of(job->a), file_of(job->b)};
	struct exact_job exact = {.kernel = kernel,
				  .names = names,
				  .paths = paths,
				  .n = ARRAY_SIZE(names),
				  .events = job->policy->paths.v[0] ? job->policy->paths.v
								    : job->policy->events.v,
				  .also = true,
				  .calls = w->exact ? job->policy->calls : FEWEST_CALLS,
				  .seed = job->run->seed,
				  .timeout_s = BOOT_LIMIT_S,
				  .progress = job->run->progress};
	struct json_object *records = json_object_new_array();
	struct strbuf why = STRBUF_INIT;
	int err;

	progress_plan(job->run->progress, kernel, BOOT_STEPS, BOOT_STEP_S);
	progress_begin(job->run->progress, kernel);
	progress_step(job->run->progress, "kernel %s, which may have to be fetched", kernel);
	exact.why = &why;
	err = exact_run(&exact, records);
	*booted = !err;
	call_by_names(job, &why);
	if (why.len && (*booted || is_required(job, w)))
		log_err("%s", why.s);
	if (!err)
		err = judge_boot(job, w, records);
	else if (err != -EINTR)
		no_guest(job, w, reason_of(&why));
	strbuf_release(&why);
	json_object_put(records);
	return *booted || err == -EINTR ? err : 0;
}

static const char *const *kernels_of(const struct gate_job *job)
{
	const char *const *given = job->run->kernels;

	return given && given[0] ? given : job->policy->kernels.v;
}

static int in_guest(struct gate_job *job, const struct wanted *w)
{
	struct strbuf why = STRBUF_INIT;
	struct wanted next = *w;
	bool booted = !vm_supported(&why);
	int err = 0;

	if (!booted)
		no_guest(job, w, why.s);
	strbuf_release(&why);
	for (const char *const *k = kernels_of(job); *k && booted && !err; k++) {
		if (!next.exact && !next.statics)
			break;
		err = boot(job, &next, *k, &booted);
		next.statics = false; /* loading is judged on the first kernel */
	}
	if (!err && w->statics)
		judge_lane(job->policy, &job->pair, GATE_STATIC, NULL, job->out);
	if (!err && w->exact)
		judge_lane(job->policy, &job->pair, GATE_EXACT, NULL, job->out);
	return err;
}

static int run_lanes(struct gate_job *job)
{
	const enum gate_when *on = job->policy->on;
	struct strbuf cannot = STRBUF_INIT, why = STRBUF_INIT;
	bool here = compare_can_load(&cannot), done = false;
	struct wanted guest = {.exact = on[GATE_EXACT]};
	int err = 0;

	if (on[GATE_STATIC] && here)
		err = static_here(job, &done, &why);
	guest.statics = on[GATE_STATIC] && !done;
	if (why.len)
		log_dbg("static: not on this machine: %s", why.s);
	err = err ? err : run_interrupted() ? -EINTR : 0;
	if (!err && (guest.exact || guest.statics))
		err = in_guest(job, &guest);
	err = err ? err : run_interrupted() ? -EINTR : 0;
	if (!err && on[GATE_TIME])
		err = time_lane(job, here ? NULL : cannot.s);
	strbuf_release(&cannot);
	strbuf_release(&why);
	return err ? err : run_interrupted() ? -EINTR : 0;
}

int gate_lanes_of(struct run *run, const struct gate_policy *policy, const struct gate_object *a,
		  const struct gate_object *b)
{
	struct gate_job job = {.run = run, .policy = policy, .a = a, .b = b};
	int err, emitted;

	/* Two files of one name are called by their paths. */
	job.pair = strcmp(a->name, b->name) || !strcmp(a->path, b->path)
			   ? (struct gate_pair){a->name, b->name}
			   : (struct gate_pair){a->path, b->path};
	job.out = json_object_new_array();
	err = run_lanes(&job);
	progress_clear(run->progress);
	if (!err)
		judge_all(&job.pair, job.out);
	emitted = emit_all(run, job.out, "gate");
	json_object_put(job.out);
	return err ? err : emitted;
}

int gate_lanes(struct run *run, const struct gate_policy *policy, const char *a, const char *b)
{
	struct gate_object old = {0}, new = {0};
	int err = gate_object_find(&old, a);

	if (!err)
		err = gate_object_find(&new, b);
	if (!err)
		err = gate_lanes_of(run, policy, &old, &new);
	gate_object_release(&old);
	gate_object_release(&new);
	return err;
}
