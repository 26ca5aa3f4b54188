/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A comparison by exchange. Stubs stand where A's programs stand. For each load, all arms (empty
 * programs, A, A again, B) are loaded afresh, in random order and at other places than last time,
 * and a child of its own re-points the stubs from arm to arm between blocks of calls, while we
 * consume what comes out of the rings. A load gives one value for each effect; loads follow until
 * the time is up or what was asked is decided.
 */
#include "lib/base.h"
#include "harness/exchange/exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "harness/timing/cycles.h"
#include "harness/exchange/exchange_place.h"
#include "harness/exchange/exchange_stub.h"
#include "harness/exchange/exchange_void.h"
#include "lib/clock.h"
#include "lib/preempt.h"
#include "lib/why.h"
#include "collector/ring.h"
#include "collector/replica.h"

enum {
	POLL_MS = 1,
	QUIET_MS = 50,
	LOAD_MAX_NS = 30 * 1000000000LL,
	LOOK_EVERY = 10,
	LOADS_FEW = 4,
	SPACER_MAX = 1000, /* instructions */
	NICEST = -20
};

/* What a load's rounds should take: as long as loading, so that neither is the waste, and not less
 * than this; no fewer rounds than a trimmed mean needs. */
#define ROUNDS_S 0.010
enum { ROUNDS_MIN = 10 };

const char *const exchange_consumer_names[] = {"timer", "woken", NULL};

const unsigned int exchange_sides[EFFECTS][2] = {
	[EFFECT_A] = {EXCHANGE_A, EXCHANGE_EMPTY},
	[EFFECT_B] = {EXCHANGE_B, EXCHANGE_EMPTY},
	[EFFECT_AA] = {EXCHANGE_AA, EXCHANGE_A},
	[EFFECT_DIFF] = {EXCHANGE_B, EXCHANGE_A},
};

enum cut exchange_cut(const struct exchange_event *e, enum exchange_effect effect)
{
	struct block_stat stat[2];

	for (int i = 0; i < 2; i++) {
		unsigned int arm = exchange_sides[effect][i];

		stat[i].cut = e->cut[arm][CUT_TIGHT];
		stat[i].kept = e->calls - e->cut[arm][CUT_TIGHT];
	}
	if (cut_choose(&stat[0], &stat[1]) == CUT_LOOSE ||
	    cut_choose(&stat[1], &stat[0]) == CUT_LOOSE)
		return CUT_LOOSE;
	/* Alike, but is it a disturbance or both programs' own slow path? The empty one has none.
	 */
	stat[1].cut = e->cut[EXCHANGE_EMPTY][CUT_TIGHT];
	stat[1].kept = e->calls - stat[1].cut;
	return cut_choose(&stat[0], &stat[1]);
}

const struct samples *exchange_effect(const struct exchange_event *e, enum exchange_effect effect)
{
	return &e->effect[effect][exchange_cut(e, effect)];
}

void exchange_release(struct exchange *s)
{
	for (size_t i = 0; i < s->nevents; i++) {
		struct exchange_event *e = &s->events[i];

		for (int x = 0; x < EFFECTS; x++)
			for (int c = 0; c < CUTS; c++)
				samples_release(&e->effect[x][c]);
		samples_release(&e->turn);
		samples_release(&e->total);
		samples_release(&e->program);
		samples_release(&e->waking);
		samples_release(&e->share);
		samples_release(&e->total_diff);
		samples_release(&e->total_aa);
	}
	free(s->events);
	samples_release(&s->at_s);
	samples_release(&s->gauge_ns);
	samples_release(&s->busy);
	free(s->why_void);
}

/* --- the arms of one load --- */

/* What they are made from; all of the caller. */
struct arms_plan {
	const struct stubs *stubs;
	size_t nstubs;
	unsigned int arms;
	struct strbuf *why; /* where reasons go (lib/why.h) */
	struct {
		const char *name;		     /* for messages */
		const struct replica_source *source; /* NULL: the empty programs */
		const struct place *places;	     /* which program of it each stub runs */
	} arm[EXCHANGE_ARMS_MAX];
};

struct arms {
	struct replica replica[EXCHANGE_ARMS_MAX];
	int empty_fd[EXCHANGE_STUBS_MAX];
	int spacer[EXCHANGE_ARMS_MAX];
	/* Of all arms, so that each arm's events find the same sleeper; NULL: no arm has a ring. */
	struct ring_buffer *rings;
	/* Of an arm with mapped rings: those; what wakes their reader is among @rings. */
	struct ring *mapped[EXCHANGE_ARMS_MAX];
	uint64_t *records; /* counted by arm */
};

static int count_record(void *arg, void *data UNUSED, size_t size UNUSED)
{
	(*(uint64_t *)arg)++;
	return 0;
}

static int cannot_watch(const char *name, int err, struct strbuf *why)
{
	why_err_sys(why, err, "the rings of %s cannot be watched", name);
	return err;
}

static int watch_rings(struct arms *l, unsigned int arm, const char *name, struct strbuf *why)
{
	static const struct event_layout any = {0};
	const struct replica *r = &l->replica[arm];
	uint64_t *count = &l->records[arm];
	int opened =
		r->nmapped ? ring_open(&l->mapped[arm], r->mapped_fd, r->nmapped, -1, &any) : 0;

	if (opened)
		return cannot_watch(name, opened, why);
	for (size_t i = 0; i < r->nrings; i++) {
		int err = 0;

		if (l->rings)
			err = ring_buffer__add(l->rings, r->ring_fd[i], count_record, count);
		else
			l->rings = ring_buffer__new(r->ring_fd[i], count_record, count, NULL);
		if (err || !l->rings)
			return cannot_watch(name, err ? err : -errno, why);
	}
	return 0;
}

static int load_empty(struct arms *l, const struct arms_plan *plan, int *program_fd)
{
	for (size_t i = 0; i < plan->nstubs; i++) {
		l->empty_fd[i] = program_fd[i] = stubs_load_empty(plan->stubs, i);
		if (l->empty_fd[i] < 0) {
			why_err_sys(plan->why, l->empty_fd[i], "an empty program cannot be loaded");
			return l->empty_fd[i];
		}
	}
	return 0;
}

static int load_arm(struct arms *l, const struct arms_plan *plan, unsigned int arm, int *program_fd)
{
	const struct place *places = plan->arm[arm].places;
	struct replica *r = &l->replica[arm];
	uint32_t wanted = 0;
	int err;

	if (!plan->arm[arm].source)
		return load_empty(l, plan, program_fd);
	for (size_t i = 0; i < plan->nstubs; i++)
		wanted |= 1U << places[i].program;
	err = replica_load(r, plan->arm[arm].source, wanted, plan->why);
	if (err)
		return err;
	for (size_t i = 0; i < plan->nstubs; i++)
		program_fd[i] = r->program_fd[places[i].program];
	return watch_rings(l, arm, plan->arm[arm].name, plan->why);
}

static void nothing_loaded(struct arms *l)
{
	l->rings = NULL;
	for (int a = 0; a < EXCHANGE_ARMS_MAX; a++) {
		replica_init(&l->replica[a]);
		l->mapped[a] = NULL;
		l->spacer[a] = -1;
	}
	for (int i = 0; i < EXCHANGE_STUBS_MAX; i++)
		l->empty_fd[i] = -1;
}

/*
 * Loads all arms and enters their programs into @job. What is taken from @out->rings later is
 * counted in @records, by arm. Returns 0 or -errno after saying why; arms_unload() is due in any
 * case.
 */
static int arms_load(struct arms *out, const struct arms_plan *plan, struct rng *rng,
		     uint64_t records[EXCHANGE_ARMS_MAX], struct exchange_job *job)
{
	unsigned int order[EXCHANGE_ARMS_MAX];
	int err = 0;

	nothing_loaded(out);
	out->records = records;
	for (unsigned int a = 0; a < plan->arms; a++)
		order[a] = a;
	rng_shuffle(rng, order, plan->arms);
	for (unsigned int k = 0; k < plan->arms && !err; k++) {
		unsigned int arm = order[k];

		out->spacer[arm] = stub_spacer(1 + (unsigned int)rng_below(rng, SPACER_MAX));
		err = load_arm(out, plan, arm, job->program_fd[arm]);
	}
	return err;
}

static void arms_unload(struct arms *l)
{
	ring_buffer__free(l->rings);
	for (int a = 0; a < EXCHANGE_ARMS_MAX; a++) {
		ring_close(l->mapped[a]);
		replica_release(&l->replica[a]);
		if (l->spacer[a] >= 0)
			close(l->spacer[a]);
	}
	for (int i = 0; i < EXCHANGE_STUBS_MAX; i++)
		if (l->empty_fd[i] >= 0)
			close(l->empty_fd[i]);
}

/* --- loads one after the other --- */

/* What lives through one comparison. */
struct exchange_comparison {
	struct exchange *s;
	const struct exchange_options *opts;
	struct replica_source *a, *b; /* @b: NULL without B */
	struct exchange_pair pair;
	struct stubs *stubs;
	struct arms_plan plan;
	struct exchange_outcome *outcome;
	struct rng rng;
	uint64_t start_ns; /* of the first load that counts; 0: there was none */
	double ns_per_tick;
	double loading_s; /* of the latest load */
	unsigned int turn;
};

static bool has_rings(const struct arms *l)
{
	for (int a = 0; a < EXCHANGE_ARMS_MAX; a++)
		if (l->mapped[a])
			return true;
	return l->rings != NULL;
}

static int consume_mapped(struct arms *l)
{
	for (int a = 0; a < EXCHANGE_ARMS_MAX; a++) {
		int n = l->mapped[a] ? ring_poll(l->mapped[a], 0, NULL, NULL) : 0;

		if (n < 0)
			return n;
		l->records[a] += (uint64_t)n;
	}
	return 0;
}

/* All that the rings hold, when it is time or when one wakes us; then how the child is. */
static int consume(struct exchange_comparison *b, struct arms *l, struct exchange_child *child)
{
	int n, ended;

	if (!has_rings(l))
		return exchange_child_wait(child, QUIET_MS, b->opts->why);
	if (b->opts->consumer == EXCHANGE_WOKEN && l->rings) {
		n = ring_buffer__poll(l->rings, POLL_MS);
		ended = exchange_child_wait(child, 0, b->opts->why);
	} else {
		ended = exchange_child_wait(child, POLL_MS, b->opts->why);
		n = l->rings ? ring_buffer__consume(l->rings) : 0;
	}
	if (n >= 0)
		n = consume_mapped(l);
	return n < 0 && n != -EINTR ? n : ended;
}

static int attend(struct exchange_comparison *b, struct arms *l, struct exchange_child *child)
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
			err = exchange_child_wait(child, 1000, b->opts->why);
		else if (!err && clock_ns() - start_ns > LOAD_MAX_NS)
			err = -ETIMEDOUT;
	}
	if (err == -ETIMEDOUT)
		why_err(b->opts->why,
			"one load's calls have not ended after 30 s: a monitor is too dear to "
			"compare");
	return err == 1 ? 0 : err;
}

/* Takes what the child measured of one event into the series. */
static void keep_event(struct exchange_comparison *b, struct exchange_event *e, size_t i)
{
	const struct exchange_outcome *o = b->outcome;
	const struct exchange *s = b->s;

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
	for (unsigned int a = 0; a < s->arms; a++)
		for (unsigned int m = 0; m < EXCHANGE_MODES; m++)
			e->modes[a][m] += o->calls[i].modes[a][m];
	e->calls += (uint64_t)s->rounds * EXCHANGE_CALLS;
	e->wrong += o->calls[i].wrong;
}

/* With the consumer awake: A by both its loads, which are of the same object. */
static void keep_whole(struct exchange_comparison *b, struct exchange_event *e, size_t i)
{
	const struct exchange_outcome *o = b->outcome;
	const struct exchange_split *split = o->calls[i].split;
	struct exchange_whole w[EXCHANGE_ARMS_MAX];

	for (unsigned int a = EXCHANGE_A; a < b->s->arms; a++) {
		w[a] = exchange_load_whole(&split[a], &split[EXCHANGE_EMPTY], o->ns_per_tick);
		if (isnan(w[a].total))
			return;
	}
	samples_add(&e->turn, b->turn);
	samples_add(&e->total, (w[EXCHANGE_A].total + w[EXCHANGE_AA].total) / 2);
	samples_add(&e->program, (w[EXCHANGE_A].program + w[EXCHANGE_AA].program) / 2);
	samples_add(&e->waking, (w[EXCHANGE_A].waking + w[EXCHANGE_AA].waking) / 2);
	samples_add(&e->share, (w[EXCHANGE_A].share + w[EXCHANGE_AA].share) / 2);
	samples_add(&e->total_aa, w[EXCHANGE_AA].total - w[EXCHANGE_A].total);
	if (b->s->arms > EXCHANGE_B)
		samples_add(&e->total_diff,
			    w[EXCHANGE_B].total - (w[EXCHANGE_A].total + w[EXCHANGE_AA].total) / 2);
}

/* Where the two modes part, after the trial: calls that take longer have woken the consumer. Where
 * there is one mode, a call beyond the tight cut is as slow as a wake-up. */
static void part_modes(struct exchange_comparison *b)
{
	for (size_t i = 0; i < b->s->nevents; i++) {
		struct exchange_event *e = &b->s->events[i];
		uint64_t counts[EXCHANGE_MODES];

		for (unsigned int m = 0; m < EXCHANGE_MODES; m++)
			counts[m] = b->outcome->calls[i].modes[EXCHANGE_A][m] +
				    b->outcome->calls[i].modes[EXCHANGE_AA][m];
		e->woke_ticks = exchange_modes_part(counts);
		e->modes_part = e->woke_ticks != 0;
		if (!e->modes_part)
			e->woke_ticks =
				(uint64_t)(exchange_cut_ns[CUT_TIGHT] / b->outcome->ns_per_tick);
	}
}

static void keep(struct exchange_comparison *b)
{
	const struct exchange_outcome *o = b->outcome;
	struct exchange *s = b->s;

	for (size_t i = 0; i < s->nevents; i++)
		keep_event(b, &s->events[i], i);
	for (size_t i = 0; i < s->nevents && b->opts->consumer == EXCHANGE_WOKEN; i++)
		keep_whole(b, &s->events[i], i);
	samples_add(&s->at_s, (double)(clock_ns() - b->start_ns) / 1e9);
	samples_add(&s->gauge_ns, o->gauge_ticks * o->ns_per_tick);
	samples_add(&s->busy, o->busy_share);
}

static void job_init(struct exchange_comparison *b, struct exchange_job *job)
{
	*job = (struct exchange_job){.why = b->opts->why,
				     .arms = b->s->arms,
				     .rounds = b->s->rounds,
				     .ncalls = (unsigned int)b->s->nevents,
				     .ns_per_tick = b->ns_per_tick,
				     .cpu = b->opts->place.producer_cpu,
				     .realtime = b->opts->realtime};
	job->rng.state = rng_next(&b->rng);
	for (size_t e = 0; e < b->s->nevents; e++) {
		struct exchange_call *call = &job->calls[e];

		call->event = timed_event_find(b->s->events[e].name);
		if (b->opts->consumer == EXCHANGE_WOKEN)
			call->woke_ticks = b->s->events[e].woke_ticks;
		for (size_t i = 0; i < b->pair.nplaces; i++)
			if (place_may_run(&b->pair.a[i], call->event))
				call->stubs[call->nstubs++] = (unsigned int)i;
	}
	for (size_t i = 0; i < b->pair.nplaces; i++)
		job->map_fd[i] = stubs_map_fd(b->stubs, i);
}

/* Loads, lets a child measure, unloads; the outcome counts unless somebody else came or went. */
static int one_load(struct exchange_comparison *b, bool *counts)
{
	struct exchange_child *child = NULL;
	struct exchange_job job;
	struct arms l;
	uint64_t links = env_syscall_links(), start_ns = clock_ns();
	uint64_t skipped = stubs_skipped(b->stubs);
	int err;

	job_init(b, &job);
	err = arms_load(&l, &b->plan, &b->rng, b->s->records, &job);
	b->loading_s = (double)(clock_ns() - start_ns) / 1e9;
	if (!err)
		err = exchange_child_start(&child, &job, b->outcome);
	if (!err)
		err = attend(b, &l, child);
	exchange_child_stop(child);
	arms_unload(&l);
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
static int trial(struct exchange_comparison *b)
{
	bool counts;
	int err;

	b->s->rounds = ROUNDS_MIN;
	err = one_load(b, &counts);
	if (err)
		return err;
	part_modes(b);
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
static bool decided(struct exchange_comparison *b)
{
	struct exchange *s = b->s;
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
static void refuse_stats(struct exchange_comparison *b)
{
	if (!b->s->why_void && stubs_are_counted(b->stubs))
		b->s->why_void =
			strdup(env_stats_on("/proc")
				       ? env_stats_text
				       : "the kernel counts runs of BPF programs: some process "
					 "(bpftop, bpftool) asked for it; end that first, it "
					 "adds 50 to 60 ns a run");
}

static int loads_for(struct exchange_comparison *b, double seconds)
{
	uint64_t start_ns;
	double elapsed_s = 0;
	int err = 0;

	if (!b->start_ns)
		err = trial(b);
	if (!err)
		refuse_stats(b);
	if (b->s->why_void)
		return err;
	start_ns = clock_ns();
	if (!b->start_ns)
		b->start_ns = start_ns;
	while (!err && !decided(b) &&
	       (elapsed_s < seconds || (b->s->at_s.n < LOADS_FEW && elapsed_s < 30))) {
		bool counts;

		if (b->opts->tell)
			b->opts->tell(b->opts->tell_arg, "programs", b->s->name[EXCHANGE_A]);
		err = one_load(b, &counts);
		if (!err && counts)
			keep(b);
		elapsed_s = (double)(clock_ns() - start_ns) / 1e9;
	}
	refuse_stats(b); /* they may have been switched on meanwhile */
	return err;
}

static int open_sources(struct exchange_comparison *b, const char *a_spec, const char *b_spec)
{
	int err = replica_source_open(&b->a, a_spec, b->opts->why);

	if (!err && b_spec)
		err = replica_source_open(&b->b, b_spec, b->opts->why);
	return err;
}

static void plan_arms(struct exchange_comparison *b)
{
	b->plan = (struct arms_plan){
		.nstubs = b->pair.nplaces, .arms = b->s->arms, .why = b->opts->why};
	for (unsigned int arm = 0; arm < b->s->arms; arm++)
		b->plan.arm[arm].name = b->s->name[arm];
	b->plan.arm[EXCHANGE_A].source = b->plan.arm[EXCHANGE_AA].source = b->a;
	b->plan.arm[EXCHANGE_A].places = b->plan.arm[EXCHANGE_AA].places = b->pair.a;
	b->plan.arm[EXCHANGE_B].source = b->b;
	b->plan.arm[EXCHANGE_B].places = b->pair.b;
}

static int prepare(struct exchange_comparison *b)
{
	struct exchange *s = b->s;
	int err = exchange_pair_make(&b->pair, replica_source_monitor(b->a),
				     b->b ? replica_source_monitor(b->b) : NULL, b->opts->events,
				     b->opts->why);

	if (err)
		return err;
	s->events = calloc(b->pair.nevents, sizeof(*s->events));
	if (!s->events)
		return -ENOMEM;
	s->nevents = b->pair.nevents;
	for (size_t i = 0; i < s->nevents; i++)
		s->events[i].name = timed_event(b->pair.events[i])->name;
	b->outcome = exchange_outcome_new(b->opts->why);
	if (!b->outcome)
		return -ENOMEM;
	s->ns_per_tick = b->ns_per_tick = cycles_ns_per_tick(21);
	s->why_void = exchange_void_before(&b->pair);
	plan_arms(b);
	return 0;
}

static bool same_places(const struct exchange_comparison *a, const struct exchange_comparison *b)
{
	bool same = a->pair.nplaces == b->pair.nplaces;

	for (size_t i = 0; same && i < a->pair.nplaces; i++)
		same = place_same_type(&a->pair.a[i], &b->pair.a[i]);
	return same;
}

/* Those of @before where they stand at the same places, else its own ones. */
static int attach_stubs(struct exchange_comparison *b, struct exchange_comparison *before)
{
	int err = 0;

	if (before && before != b) {
		if (!b->stubs && same_places(b, before)) {
			b->stubs = before->stubs;
			before->stubs = NULL;
		}
		exchange_rest(before);
	}
	if (!b->stubs)
		err = stubs_open(&b->stubs, b->pair.a, b->pair.nplaces, b->opts->why);
	b->plan.stubs = b->stubs;
	return err;
}

/* A path's last part; a monitor's name as it is. */
static const char *short_name(const char *spec)
{
	const char *slash = strrchr(spec, '/');

	return slash ? slash + 1 : spec;
}

/* Ahead of other processes, where allowed: who waits for a CPU loads few. Returns what was. */
static int step_forward(const struct exchange_options *opts)
{
	int was;

	errno = 0;
	was = getpriority(PRIO_PROCESS, 0);
	if (errno)
		was = 0;
	setpriority(PRIO_PROCESS, 0, NICEST);
	if (opts->consumer == EXCHANGE_WOKEN && opts->realtime)
		consumer_step_ahead();
	return was;
}

static void step_back(const struct exchange_options *opts, int nice_before)
{
	if (opts->consumer == EXCHANGE_WOKEN && opts->realtime)
		consumer_step_back();
	setpriority(PRIO_PROCESS, 0, nice_before);
}

int exchange_open(struct exchange_comparison **out, struct exchange *result, const char *a,
		  const char *b, const struct exchange_options *opts)
{
	struct exchange_comparison *c = calloc(1, sizeof(*c));
	int err;

	*out = c;
	*result = (struct exchange){.arms = b ? EXCHANGE_B + 1 : EXCHANGE_AA + 1,
				    .woken = opts->consumer == EXCHANGE_WOKEN};
	if (!c)
		return -ENOMEM;
	c->s = result;
	c->opts = opts;
	c->rng = opts->rng;
	result->name[EXCHANGE_EMPTY] = "empty";
	result->name[EXCHANGE_A] = result->name[EXCHANGE_AA] = short_name(a);
	result->name[EXCHANGE_B] = b ? short_name(b) : NULL;
	err = open_sources(c, a, b);
	return err ? err : prepare(c);
}

int exchange_go_on(struct exchange_comparison *c, double seconds,
		   struct exchange_comparison *before)
{
	uint64_t start_ns = clock_ns();
	int nice_before, err;

	if (c->s->why_void)
		return 0;
	err = attach_stubs(c, before);
	if (err)
		return err;
	nice_before = step_forward(c->opts);
	err = loads_for(c, MAX(seconds - (double)(clock_ns() - start_ns) / 1e9, seconds / 2));
	step_back(c->opts, nice_before);
	c->turn++;
	return err;
}

void exchange_rest(struct exchange_comparison *c)
{
	if (!c)
		return;
	stubs_close(c->stubs);
	c->stubs = NULL;
}

void exchange_close(struct exchange_comparison *c, bool whole)
{
	if (!c)
		return;
	if (whole && !c->s->why_void)
		c->s->why_void = exchange_void_after(c->s);
	exchange_rest(c);
	exchange_outcome_free(c->outcome);
	replica_source_close(c->a);
	replica_source_close(c->b);
	free(c);
}

int exchange_compare(struct exchange *out, const char *a, const char *b,
		     const struct exchange_options *opts)
{
	struct exchange_comparison *c = NULL;
	int err = exchange_open(&c, out, a, b, opts);

	if (!err)
		err = exchange_go_on(c, opts->seconds, NULL);
	exchange_close(c, !err);
	return err;
}
