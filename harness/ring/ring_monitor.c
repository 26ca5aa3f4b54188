/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A monitor between a flood and a collector. */
#include "lib/base.h"
#include "harness/ring/ring_monitor.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "bpf/memmon/memmon.h"
#include "harness/progress.h"
#include "harness/result.h"
#include "harness/ring/ring_flood.h"
#include "harness/ring/ring_record.h"
#include "harness/ring/ring_round.h"
#include "lib/cgroup.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/rng.h"
#include "collector/collect.h"
#include "lib/strbuf.h"

static const enum ring_consumer_kind consumers[] = {RING_EPOLL, RING_TIMED};

static const struct {
	uint64_t per_s; /* 0: as fast as it can */
	bool quick;
} rates[] = {
	{50000, false}, {200000, true}, {500000, false}, {1000000, true}, {0, true},
};

enum { POINTS = ARRAY_SIZE(consumers) * ARRAY_SIZE(rates) };

struct flooded {
	struct monitor *monitor;
	struct flood *flood;
	struct cgroup cgroup;
	/* Of the burst that runs. */
	uint64_t next, consumed, gaps, bad;
	uint64_t last_ns;      /* when the last records were taken */
	uint32_t record_bytes; /* of the records seen */
	struct ring_tally tally[POINTS];
	unsigned int order[POINTS];
};

size_t ring_monitor_points(bool quick)
{
	size_t n = 0;

	for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
		n += !quick || rates[r].quick;
	return n * ARRAY_SIZE(consumers);
}

/* The number of the call that the record is of. False: a monitor without a cgroup filter sees
 * others, too. */
static bool number_of(const struct flooded *f, const struct event *e, uint64_t *n)
{
	if (monitor_info(f->monitor)->definition == MONITOR_COMPLETED) {
		*n = flood_page_number(e->value[MEM_EVENT_ADDRESS]);
		return flood_is_our_page(e->value[MEM_EVENT_ADDRESS], e->value[MEM_EVENT_SIZE]);
	}
	*n = flood_number(e->value[MEM_EVENT_SIZE]);
	return flood_is_ours(e->value[MEM_EVENT_SIZE]);
}

static void on_event(void *arg, const struct event *e)
{
	struct flooded *f = arg;
	uint64_t n;

	if (!number_of(f, e, &n))
		return;
	f->record_bytes = e->length;
	if (n < f->next || e->value[MEM_EVENT_TYPE] != MEM_EVENT_MUNMAP) {
		f->bad++;
		return;
	}
	f->gaps += n - f->next;
	f->next = n + 1;
	f->consumed++;
}

static int take(struct flooded *f, int timeout_ms)
{
	int n = monitor_poll(f->monitor, timeout_ms, on_event, f);

	if (n > 0)
		f->last_ns = clock_ns();
	return n == -EINTR ? 0 : n;
}

static int collect(struct flooded *f, enum ring_consumer_kind consumer)
{
	int n = 0;

	while (!flood_done(f->flood) && n >= 0 && !run_interrupted()) {
		n = take(f, consumer == RING_EPOLL ? 10 : 0);
		if (consumer == RING_TIMED)
			clock_sleep_ns(RING_TIMED_NS);
	}
	return n < 0 ? n : 0;
}

static int drain(struct flooded *f)
{
	int n;

	do
		n = take(f, 0);
	while (n > 0);
	return n;
}

/*
 * The monitor's own count of what found no room, if it has one and counts for the flood alone; else
 * what is missing in the numbers, and then only what is there can be checked.
 */
static int count_dropped(struct flooded *f, const struct monitor_losses *before, uint64_t gaps,
			 uint64_t *dropped)
{
	struct monitor_losses after;
	int err = monitor_losses(f->monitor, &after);

	*dropped = gaps;
	if (!err && after.ring_full != UINT64_MAX &&
	    monitor_info(f->monitor)->caps & MONITOR_CGROUP)
		*dropped = after.ring_full - before->ring_full;
	return err;
}

static void explain(const struct ring_round *r, uint64_t gaps, struct strbuf *why)
{
	strbuf_addf(why,
		    "%llu calls were made; %llu records arrived, %llu of them bad; the monitor "
		    "counted %llu dropped, %llu are missing",
		    (unsigned long long)r->produced, (unsigned long long)(r->consumed + r->bad),
		    (unsigned long long)r->bad, (unsigned long long)r->dropped,
		    (unsigned long long)gaps);
}

static int one_burst(struct flooded *f, unsigned int point, const struct ring_monitor_plan *plan,
		     uint32_t round)
{
	enum ring_consumer_kind consumer = consumers[point / ARRAY_SIZE(rates)];
	struct strbuf why = STRBUF_INIT;
	struct monitor_losses before;
	struct flood_burst burst;
	struct ring_round r = {0};
	uint64_t start_ns, waited_ns, gaps;
	int err = drain(f), ended;

	if (!err)
		err = monitor_losses(f->monitor, &before);
	if (err)
		return err;
	f->next = f->consumed = f->gaps = f->bad = 0;
	waited_ns = ring_thread_waited_ns();
	start_ns = clock_ns();
	flood_begin(f->flood, plan->slice_ns, rates[point % ARRAY_SIZE(rates)].per_s);
	err = collect(f, consumer);
	ended = flood_end(f->flood, &burst);
	if (!err)
		err = ended;
	if (!err)
		err = drain(f);
	if (err)
		return err;
	/* Not until now: the collector may have slept on after the last record. */
	r.elapsed_ns = MAX(f->last_ns > start_ns ? f->last_ns - start_ns : 0, burst.elapsed_ns);
	r.waited_ns = MAX(ring_thread_waited_ns() - waited_ns, burst.waited_ns);
	r.disturbed = plan->ncpus > 1 && r.waited_ns > r.elapsed_ns / 100 * RING_CALM_PCT;
	gaps = f->gaps + (burst.calls > f->next ? burst.calls - f->next : 0);
	r.produced = burst.calls;
	r.consumed = f->consumed;
	r.bad = f->bad + burst.wrong;
	r.produce_ns = burst.elapsed_ns;
	r.producing_ns = burst.elapsed_ns;
	err = count_dropped(f, &before, gaps, &r.dropped);
	r.accounted = !r.bad && r.consumed + r.dropped == r.produced && gaps == r.dropped;
	if (!r.accounted)
		explain(&r, gaps, &why);
	if (!err)
		ring_tally_add(&f->tally[point], &r, round, why.s);
	strbuf_release(&why);
	return err;
}

static int rounds(struct run *run, struct flooded *f, const struct ring_monitor_plan *plan)
{
	struct rng rng = {.state = run->seed};
	int err = 0;

	for (unsigned int i = 0; i < POINTS; i++)
		f->order[i] = i;
	for (uint32_t round = 0; round < plan->rounds && !err; round++) {
		rng_shuffle(&rng, f->order, POINTS);
		for (size_t i = 0; i < POINTS && !err; i++) {
			unsigned int point = f->order[i];

			if (plan->quick && !rates[point % ARRAY_SIZE(rates)].quick)
				continue;
			progress_step(run->progress, "flood of %s, round %u of %u: %s",
				      monitor_info(f->monitor)->name, round + 1, plan->rounds,
				      ring_consumer_names[consumers[point / ARRAY_SIZE(rates)]]);
			err = run_interrupted() ? -EINTR : one_burst(f, point, plan, round);
		}
	}
	return err;
}

static struct json_object *monitor_record(const char *name)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "type", json_object_new_string("losscurve"));
	json_object_object_add(o, "monitor", json_object_new_string(name));
	return o;
}

static int emit(struct run *run, const struct flooded *f)
{
	const struct monitor_info *info = monitor_info(f->monitor);
	int err = 0;

	for (unsigned int i = 0; i < POINTS && !err; i++) {
		struct json_object *o;

		if (!f->tally[i].nsamples)
			continue;
		o = monitor_record(info->name);
		json_object_object_add(
			o, "consumer",
			json_object_new_string(
				ring_consumer_names[consumers[i / ARRAY_SIZE(rates)]]));
		json_object_object_add(o, "record_bytes", json_object_new_uint64(f->record_bytes));
		json_object_object_add(o, "ring_bytes", json_object_new_uint64(info->ring_bytes));
		json_object_object_add(o, "target_per_s",
				       json_object_new_uint64(rates[i % ARRAY_SIZE(rates)].per_s));
		ring_curve_add(o, &f->tally[i]);
		err = sink_emit(run->sink, o);
	}
	return err;
}

static int emit_skip(struct run *run, const struct monitor_info *info)
{
	struct json_object *o;

	if (info->caps & MONITOR_NULL)
		return 0;
	o = monitor_record(info->name);
	json_object_object_add(o, "status", json_object_new_string("skip"));
	json_object_object_add(o, "reason",
			       json_object_new_string("it has no ring of events to flood"));
	return sink_emit(run->sink, o);
}

/* The collector is the calling thread: it goes to its CPU for the time of the flood. */
static int on_cpu(struct run *run, struct flooded *f, const struct ring_monitor_plan *plan)
{
	int slack = prctl(PR_GET_TIMERSLACK), nice_was = getpriority(PRIO_PROCESS, 0), err;
	cpu_set_t before, there;

	CPU_ZERO(&there);
	CPU_SET(plan->cpus[plan->ncpus > 1 ? 1 : 0], &there);
	if (sched_getaffinity(0, sizeof(before), &before) ||
	    sched_setaffinity(0, sizeof(there), &there)) {
		err = -errno;
		log_err_sys(err, "cannot choose the collector's CPU");
		return err;
	}
	prctl(PR_SET_TIMERSLACK, 1UL);
	ring_step_forward(plan->ncpus > 1);
	err = rounds(run, f, plan);
	ring_step_back(nice_was);
	prctl(PR_SET_TIMERSLACK, (unsigned long)slack);
	sched_setaffinity(0, sizeof(before), &before);
	return err;
}

int ring_monitor(struct run *run, const char *name, const struct ring_monitor_plan *plan)
{
	struct flooded *f = calloc(1, sizeof(*f));
	struct monitor_target target;
	int err = -ENOMEM, emitted;

	if (!f)
		return err;
	err = cgroup_create(&f->cgroup, "flood");
	if (err)
		goto out;
	err = flood_start(&f->flood, plan->cpus[0], plan->ncpus > 1, &f->cgroup);
	if (err)
		goto out;
	target = (struct monitor_target){f->cgroup.id, f->cgroup.path};
	err = monitor_open(&f->monitor, name, &target, NULL);
	if (err)
		goto out;
	if (!(monitor_info(f->monitor)->caps & MONITOR_EVENTS)) {
		err = emit_skip(run, monitor_info(f->monitor));
		goto out;
	}
	flood_set_working(f->flood, monitor_info(f->monitor)->definition == MONITOR_COMPLETED);
	err = monitor_attach(f->monitor);
	if (err)
		goto out;
	err = on_cpu(run, f, plan);
	emitted = emit(run, f);
	if (emitted)
		err = emitted;
out:
	monitor_close(f->monitor);
	flood_stop(f->flood);
	cgroup_remove(&f->cgroup);
	for (unsigned int i = 0; i < POINTS; i++)
		ring_tally_release(&f->tally[i]);
	free(f);
	return err;
}
