/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The time lane of a comparison: runs the exchange lane until it has decided or the budget is
 * spent.
 */
#include "lib/base.h"
#include "harness/gate/gate_lanes.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness/progress.h"
#include "harness/record.h"
#include "harness/result.h"
#include "harness/said.h"
#include "harness/exchange/exchange.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

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
		json_object_object_add(o, "monitor", json_object_new_string(job->pair.a));
		json_object_object_add(o, "other", json_object_new_string(job->pair.b));
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

static int compare(struct gate_job *job)
{
	struct exchange_options opts;
	struct said said = {0};
	struct steps steps;
	char *before = NULL;
	struct exchange s;
	int err;

	options(job, &steps, &opts);
	placement_pin(opts.place.consumer_cpu);
	said_listen(&said);
	err = measure(job, &opts, &s, &before);
	/* Where the lane is on when possible, what it cannot do is a skip and no error. */
	said_end(&said, !err || job->policy->on[GATE_TIME] == GATE_ON);
	if (!err) {
		err = judge(job, &s, &opts, before);
	} else if (err != -EINTR) {
		judge_cannot(job->policy, &job->pair, GATE_TIME, said_reason(&said), job->out);
		err = 0;
	}
	said_release(&said);
	exchange_release(&s);
	free(before);
	return err;
}

int gate_time(struct gate_job *job, const char *cannot)
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
