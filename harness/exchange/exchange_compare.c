/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads of all arms one after the other, each measured by a child of its own while we consume. */
#include "lib/base.h"
#include "harness/exchange/exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <bpf/libbpf.h>

#include "harness/timing/cycles.h"
#include "harness/timing/loop.h"
#include "harness/exchange/exchange_arms.h"
#include "harness/exchange/exchange_pair.h"
#include "harness/exchange/exchange_stub.h"
#include "harness/exchange/exchange_void.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/preempt.h"

enum {
	POLL_MS = 1,
	QUIET_MS = 50,
	LOAD_MAX_NS = 30 * 1000000000LL,
	LOOK_EVERY = 10,
	LOADS_FEW = 4,
	NICEST = -20
};

/* What a load's rounds should take: as long as loading, so that neither is the waste, and not less
 * than this; no fewer rounds than a trimmed mean needs. */
#define ROUNDS_S 0.010
enum { ROUNDS_MIN = 10 };

/* What lives through one comparison. */
struct bench {
	struct sharp *s;
	const struct exchange_options *opts;
	struct replica_source *a, *b; /* @b: NULL without B */
	struct exchange_pair pair;
	struct stubs *stubs;
	struct exchange_arms_plan plan;
	struct exchange_outcome *outcome;
	struct rng rng;
	uint64_t start_ns;
	double ns_per_tick;
	double loading_s; /* of the latest load */
};

/* All that the rings hold, when it is time or when one wakes us; then how the child is. */
static int consume(struct bench *b, struct exchange_arms *l, struct exchange_child *child)
{
	int n, ended;

	if (!l->rings)
		return exchange_child_wait(child, QUIET_MS);
	if (b->opts->consumer == EXCHANGE_WOKEN) {
		n = ring_buffer__poll(l->rings, POLL_MS);
		ended = exchange_child_wait(child, 0);
	} else {
		ended = exchange_child_wait(child, POLL_MS);
		n = ring_buffer__consume(l->rings);
	}
	return n < 0 && n != -EINTR ? n : ended;
}

static int attend(struct bench *b, struct exchange_arms *l, struct exchange_child *child)
{
	uint64_t start_ns = clock_ns();
	int err = 0;

	while (!err) {
		err = consume(b, l, child);
		/* Also when the child has just ended: a signal that comes between two waits
		 * interrupts neither. */
		if (err >= 0 && run_interrupted())
			err = -EINTR;
		if (!err && b->outcome->done)
			err = exchange_child_wait(child, 1000);
		else if (!err && clock_ns() - start_ns > LOAD_MAX_NS)
			err = -ETIMEDOUT;
	}
	if (err == -ETIMEDOUT)
		log_err("one load's calls have not ended after 30 s: a monitor is too dear to "
			"compare");
	return err == 1 ? 0 : err;
}

/* Takes what the child measured of one event into the series. */
static void keep_event(struct bench *b, struct exchange_event *e, size_t i)
{
	const struct exchange_outcome *o = b->outcome;
	const struct sharp *s = b->s;

	for (int x = 0; x < EFFECTS; x++) {
		if (exchange_sides[x][0] >= s->arms)
			continue;
		for (int c = 0; c < CUTS; c++)
			samples_add(&e->effect[x][c],
				    exchange_load_effect(o->calls[i].blocks, s->rounds,
							 exchange_sides[x][0], exchange_sides[x][1],
							 (enum cut)c, o->ns_per_tick));
	}
	for (unsigned int a = 0; a < s->arms; a++) {
		for (int k = 0; k < EXCHANGE_BUCKETS; k++)
			e->histogram[a][k] += o->calls[i].histogram[a][k];
		for (unsigned int r = 0; r < s->rounds; r++)
			for (int c = 0; c < CUTS; c++)
				e->cut[a][c] += o->calls[i].blocks[r][a].cut[c];
	}
	e->calls += (uint64_t)s->rounds * EXCHANGE_CALLS;
	e->wrong += o->calls[i].wrong;
}

static void keep(struct bench *b)
{
	const struct exchange_outcome *o = b->outcome;
	struct sharp *s = b->s;

	for (size_t i = 0; i < s->nevents; i++)
		keep_event(b, &s->events[i], i);
	samples_add(&s->at_s, (double)(clock_ns() - b->start_ns) / 1e9);
	samples_add(&s->gauge_ns, o->gauge_ticks * o->ns_per_tick);
	samples_add(&s->busy, o->busy_share);
}

static void job_init(struct bench *b, struct exchange_job *job)
{
	*job = (struct exchange_job){.arms = b->s->arms,
				     .rounds = b->s->rounds,
				     .ncalls = (unsigned int)b->s->nevents,
				     .ns_per_tick = b->ns_per_tick,
				     .cpu = b->opts->place.producer_cpu,
				     .realtime = b->opts->realtime};
	job->rng.state = rng_next(&b->rng);
	for (size_t e = 0; e < b->s->nevents; e++) {
		struct exchange_call *call = &job->calls[e];

		call->event = loop_event_find(b->s->events[e].name);
		for (size_t i = 0; i < b->pair.nplaces; i++)
			if (place_may_run(&b->pair.a[i], call->event))
				call->stubs[call->nstubs++] = (unsigned int)i;
	}
	for (size_t i = 0; i < b->pair.nplaces; i++)
		job->map_fd[i] = stubs_map_fd(b->stubs, i);
}

/* Loads, lets a child measure, unloads; the outcome counts unless somebody else came or went. */
static int one_load(struct bench *b, bool *counts)
{
	struct exchange_child *child = NULL;
	struct exchange_job job;
	struct exchange_arms l;
	uint64_t links = env_syscall_links(), start_ns = clock_ns();
	uint64_t skipped = stubs_skipped(b->stubs);
	int err;

	job_init(b, &job);
	err = exchange_arms_load(&l, &b->plan, &b->rng, b->s->records, &job);
	b->loading_s = (double)(clock_ns() - start_ns) / 1e9;
	if (!err)
		err = exchange_child_start(&child, &job, b->outcome);
	if (!err)
		err = attend(b, &l, child);
	exchange_child_stop(child);
	exchange_arms_unload(&l);
	*counts = !err && env_syscall_links() == links;
	b->s->dropped += !err && !*counts;
	/* Somebody else's run was preempted in its middle: the calls of ours ran none meanwhile. */
	if (*counts && preempt_tracepoints() && stubs_skipped(b->stubs) != skipped) {
		*counts = false;
		b->s->skipped++;
	}
	return err;
}

/* The first load does not count: it shows whether it works, and how many rounds fit. */
static int trial(struct bench *b)
{
	bool counts;
	int err;

	b->s->rounds = ROUNDS_MIN;
	err = one_load(b, &counts);
	if (err)
		return err;
	memset(b->s->records, 0, sizeof(b->s->records));
	b->s->dropped = 0;
	b->s->skipped = 0;
	if (b->outcome->seconds > 0)
		b->s->rounds = (unsigned int)MIN(
			MAX(MAX(ROUNDS_S, b->loading_s) / b->outcome->seconds * ROUNDS_MIN,
			    ROUNDS_MIN),
			EXCHANGE_ROUNDS);
	return 0;
}

/* Is every event decided? Looks at each tenth load only. */
static bool decided(struct bench *b)
{
	struct sharp *s = b->s;
	size_t open = 0;

	if (!(b->opts->alpha > 0) || s->at_s.n % LOOK_EVERY || s->arms <= EXCHANGE_B)
		return false;
	for (size_t i = 0; i < s->nevents; i++) {
		struct exchange_event *e = &s->events[i];
		const struct samples *own = exchange_effect(e, EFFECT_A);
		double cost = stats_trimmed_mean(own->v, own->n, EXCHANGE_LOAD_TRIM);

		if (e->verdict != EXCHANGE_UNDECIDED)
			continue;
		e->margin_ns = MAX(b->opts->margin_ns, b->opts->margin_share * fabs(cost));
		e->verdict = exchange_decide(exchange_effect(e, EFFECT_DIFF), e->margin_ns,
					     b->opts->alpha / (double)s->nevents);
		open += e->verdict == EXCHANGE_UNDECIDED;
	}
	return !open;
}

/* By sysctl, or by a file descriptor, which the sysctl does not show. */
static void refuse_stats(struct bench *b)
{
	if (!b->s->why_void && stubs_are_counted(b->stubs))
		b->s->why_void =
			strdup(env_stats_on("/proc")
				       ? env_stats_text
				       : "the kernel counts runs of BPF programs: some process "
					 "(bpftop, bpftool) asked for it; end that first, it "
					 "adds 50 to 60 ns a run");
}

static int all_loads(struct bench *b)
{
	double elapsed_s = 0;
	int err = trial(b);

	if (!err)
		refuse_stats(b);
	if (b->s->why_void)
		return err;
	b->start_ns = clock_ns();
	while (!err && !decided(b) &&
	       (elapsed_s < b->opts->seconds || (b->s->at_s.n < LOADS_FEW && elapsed_s < 30))) {
		bool counts;

		if (b->opts->tell)
			b->opts->tell(b->opts->tell_arg, "programs", b->s->name[EXCHANGE_A]);
		err = one_load(b, &counts);
		if (!err && counts)
			keep(b);
		elapsed_s = (double)(clock_ns() - b->start_ns) / 1e9;
	}
	refuse_stats(b); /* they may have been switched on meanwhile */
	return err;
}

static int open_sources(struct bench *b, const char *a_spec, const char *b_spec)
{
	int err = replica_source_open(&b->a, a_spec);

	if (!err && b_spec)
		err = replica_source_open(&b->b, b_spec);
	return err;
}

static void plan_arms(struct bench *b)
{
	b->plan = (struct exchange_arms_plan){
		.stubs = b->stubs, .nstubs = b->pair.nplaces, .arms = b->s->arms};
	for (unsigned int arm = 0; arm < b->s->arms; arm++)
		b->plan.arm[arm].name = b->s->name[arm];
	b->plan.arm[EXCHANGE_A].source = b->plan.arm[EXCHANGE_AA].source = b->a;
	b->plan.arm[EXCHANGE_A].places = b->plan.arm[EXCHANGE_AA].places = b->pair.a;
	b->plan.arm[EXCHANGE_B].source = b->b;
	b->plan.arm[EXCHANGE_B].places = b->pair.b;
}

static int prepare(struct bench *b)
{
	struct sharp *s = b->s;
	int err = exchange_pair_make(&b->pair, replica_source_monitor(b->a),
				     b->b ? replica_source_monitor(b->b) : NULL, b->opts->events);

	if (err)
		return err;
	s->events = calloc(b->pair.nevents, sizeof(*s->events));
	if (!s->events)
		return -ENOMEM;
	s->nevents = b->pair.nevents;
	for (size_t i = 0; i < s->nevents; i++)
		s->events[i].name = loop_events[b->pair.events[i]].name;
	b->outcome = exchange_outcome_new();
	if (!b->outcome)
		return -ENOMEM;
	s->ns_per_tick = b->ns_per_tick = cycles_ns_per_tick(21);
	s->why_void = exchange_void_before(&b->pair);
	err = s->why_void ? 0 : stubs_open(&b->stubs, b->pair.a, b->pair.nplaces);
	if (!err)
		plan_arms(b);
	return err;
}

/* A path's last part; a monitor's name as it is. */
static const char *short_name(const char *spec)
{
	const char *slash = strrchr(spec, '/');

	return slash ? slash + 1 : spec;
}

/* Ahead of other processes, where allowed: who waits for a CPU loads few. Returns what was. */
static int step_forward(void)
{
	int was;

	errno = 0;
	was = getpriority(PRIO_PROCESS, 0);
	if (errno)
		was = 0;
	setpriority(PRIO_PROCESS, 0, NICEST);
	return was;
}

int exchange_compare(struct sharp *out, const char *a, const char *b,
		     const struct exchange_options *opts)
{
	struct bench bench = {.s = out, .opts = opts, .rng = opts->rng};
	int nice_before = step_forward(), err;

	*out = (struct sharp){.arms = b ? EXCHANGE_B + 1 : EXCHANGE_AA + 1};
	out->name[EXCHANGE_EMPTY] = "empty";
	out->name[EXCHANGE_A] = out->name[EXCHANGE_AA] = short_name(a);
	out->name[EXCHANGE_B] = b ? short_name(b) : NULL;
	err = open_sources(&bench, a, b);
	if (!err)
		err = prepare(&bench);
	if (!err && !out->why_void)
		err = all_loads(&bench);
	if (!err && !out->why_void)
		out->why_void = exchange_void_after(out);
	setpriority(PRIO_PROCESS, 0, nice_before);
	stubs_close(bench.stubs);
	exchange_outcome_free(bench.outcome);
	replica_source_close(bench.a);
	replica_source_close(bench.b);
	return err;
}
