/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads of all arms one after the other, each measured by a child of its own while we consume. */
#include "lib/base.h"
#include "harness/overhead/sharp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "harness/overhead/cycles.h"
#include "harness/overhead/overhead_loop.h"
#include "harness/overhead/sharp_load.h"
#include "harness/overhead/sharp_stub.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/collect.h"
#include "monitor/object.h"

enum { POLL_MS = 1, LOAD_MAX_NS = 30 * 1000000000LL, LOOK_EVERY = 10 };

/* x against y, for each effect. */
static const unsigned int sides[EFFECTS][2] = {
	[EFFECT_A] = {SHARP_A, SHARP_EMPTY},
	[EFFECT_B] = {SHARP_B, SHARP_EMPTY},
	[EFFECT_AA] = {SHARP_AA, SHARP_A},
	[EFFECT_DIFF] = {SHARP_B, SHARP_A},
};

/* What lives through one comparison. */
struct bench {
	struct sharp *s;
	const struct sharp_options *opts;
	const char *spec[SHARP_ARMS_MAX];
	enum stub_event event;
	struct stub *stub;
	struct sharp_outcome *outcome;
	struct rng rng;
	uint64_t start_ns;
	double ns_per_tick;
};

/* What lives through one load. */
struct loaded {
	struct monitor *monitor[SHARP_ARMS_MAX];
	int spacer[SHARP_ARMS_MAX];
	int epoll_fd; /* of all rings, so that each arm's events find the same sleeper */
};

static void ignore_record(void *arg UNUSED, const struct mem_record *e UNUSED)
{
}

static int watch_rings(struct loaded *l, unsigned int arm)
{
	const struct bpf_map *map;
	struct bpf_object *object = monitor_bpf_object(l->monitor[arm]);

	bpf_object__for_each_map (map, object) {
		struct epoll_event e = {.events = EPOLLIN, .data.u32 = arm};

		if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF &&
		    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, bpf_map__fd(map), &e))
			return -errno;
	}
	return 0;
}

static int load_arm(struct bench *b, struct loaded *l, unsigned int arm, struct sharp_job *job)
{
	static const struct monitor_target everything = {0};
	int err;

	l->spacer[arm] = stub_spacer(1 + (unsigned int)rng_below(&b->rng, 1000));
	err = monitor_open(&l->monitor[arm], b->spec[arm], &everything);
	if (err)
		return err;
	job->program_fd[arm] = stub_program_fd(l->monitor[arm], b->event);
	if (job->program_fd[arm] < 0)
		return -ENOTSUP;
	err = watch_rings(l, arm);
	if (err)
		log_err_sys(err, "the rings of %s cannot be watched", b->spec[arm]);
	return err;
}

static int load_all(struct bench *b, struct loaded *l, struct sharp_job *job)
{
	unsigned int order[SHARP_ARMS_MAX];
	int err = 0;

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0)
		return -errno;
	for (unsigned int a = 0; a < b->s->arms; a++)
		order[a] = a;
	rng_shuffle(&b->rng, order, b->s->arms);
	for (unsigned int k = 0; k < b->s->arms && !err; k++)
		err = load_arm(b, l, order[k], job);
	return err;
}

static void unload(struct loaded *l)
{
	for (int a = 0; a < SHARP_ARMS_MAX; a++) {
		monitor_close(l->monitor[a]);
		if (l->spacer[a] >= 0)
			close(l->spacer[a]);
	}
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
}

/* Asleep until a ring wakes us; then all that it holds. */
static int consume(struct bench *b, struct loaded *l, int timeout_ms)
{
	struct epoll_event ready[SHARP_ARMS_MAX];
	int n = epoll_wait(l->epoll_fd, ready, SHARP_ARMS_MAX, timeout_ms);

	for (int i = 0; i < n; i++) {
		uint32_t arm = ready[i].data.u32;
		int got = monitor_poll(l->monitor[arm], 0, ignore_record, NULL);

		if (got < 0 && got != -EINTR)
			return got;
		b->s->records[arm] += got > 0 ? (uint64_t)got : 0;
	}
	return 0;
}

static int attend(struct bench *b, struct loaded *l, struct sharp_child *child)
{
	uint64_t start_ns = clock_ns();
	int err = 0;

	while (!err) {
		err = consume(b, l, POLL_MS);
		if (!err && run_interrupted())
			err = -EINTR;
		if (!err && b->outcome->done)
			err = sharp_child_wait(child, 1000);
		else if (!err && clock_ns() - start_ns > LOAD_MAX_NS)
			err = -ETIMEDOUT;
		else if (!err)
			err = sharp_child_wait(child, 0);
	}
	if (err == -ETIMEDOUT)
		log_err("one load's calls have not ended after 30 s: a monitor is too dear to "
			"compare");
	return err == 1 ? 0 : err;
}

/* Takes what the child measured into the series. */
static void keep(struct bench *b)
{
	const struct sharp_outcome *o = b->outcome;
	struct sharp *s = b->s;

	for (int e = 0; e < EFFECTS; e++) {
		if (sides[e][0] >= s->arms)
			continue;
		for (int c = 0; c < CUTS; c++)
			samples_add(&s->effect[e][c],
				    sharp_load_effect(o->blocks, SHARP_ROUNDS, sides[e][0],
						      sides[e][1], (enum cut)c, o->ns_per_tick));
	}
	for (unsigned int a = 0; a < s->arms; a++) {
		for (int i = 0; i < SHARP_BUCKETS; i++)
			s->histogram[a][i] += o->histogram[a][i];
		for (int r = 0; r < SHARP_ROUNDS; r++)
			for (int c = 0; c < CUTS; c++)
				s->cut[a][c] += o->blocks[r][a].cut[c];
	}
	samples_add(&s->at_s, (double)(clock_ns() - b->start_ns) / 1e9);
	samples_add(&s->gauge_ns, o->gauge_ticks * o->ns_per_tick);
	samples_add(&s->busy, o->busy_share);
	s->ns_per_tick = o->ns_per_tick;
	s->calls += SHARP_ROUNDS * SHARP_CALLS;
	s->wrong += o->wrong;
}

static int one_load(struct bench *b)
{
	struct loaded l = {.epoll_fd = -1};
	struct sharp_child *child = NULL;
	struct sharp_job job = {.map_fd = stub_map_fd(b->stub, b->event),
				.event = loop_event_find(b->s->event),
				.arms = b->s->arms,
				.ns_per_tick = b->ns_per_tick,
				.cpu = b->opts->place.producer_cpu,
				.realtime = b->opts->realtime};
	uint64_t links = env_syscall_links();
	int err;

	for (int a = 0; a < SHARP_ARMS_MAX; a++)
		l.spacer[a] = -1;
	job.rng.state = rng_next(&b->rng);
	err = load_all(b, &l, &job);
	if (!err)
		err = sharp_child_start(&child, &job, b->outcome);
	if (!err)
		err = attend(b, &l, child);
	if (!err)
		err = consume(b, &l, 0);
	sharp_child_stop(child);
	/* Who is there all the time slows every arm alike; who comes or goes does not. */
	if (!err && env_syscall_links() != links)
		b->s->dropped++;
	else if (!err)
		keep(b);
	unload(&l);
	return err;
}

static bool decided(struct bench *b)
{
	struct sharp *s = b->s;
	enum sharp_effect e = s->arms > SHARP_B ? EFFECT_DIFF : EFFECT_A;

	if (b->opts->margin_ns <= 0 || s->at_s.n % LOOK_EVERY)
		return false;
	s->verdict =
		sharp_decide(&s->effect[e][sharp_cut(s, e)], b->opts->margin_ns, b->opts->alpha);
	return s->verdict != SHARP_UNDECIDED;
}

static int all_loads(struct bench *b)
{
	double elapsed_s = 0;
	int err = 0;

	while (!err && !decided(b) &&
	       (elapsed_s < b->opts->seconds || (b->s->at_s.n < 4 && elapsed_s < 30))) {
		if (b->opts->tell)
			b->opts->tell(b->opts->tell_arg, b->s->event, b->s->name[SHARP_A]);
		err = one_load(b);
		if (!err && b->s->at_s.n == 1 && stub_is_counted(b->stub, b->event)) {
			log_err("the kernel counts runs of BPF programs: some process (bpftop, "
				"bpftool) asked for it; end that first, it adds 50 to 60 ns a run");
			err = -EBUSY;
		}
		elapsed_s = (double)(clock_ns() - b->start_ns) / 1e9;
	}
	return err;
}

static int stub_event_find(const char *event)
{
	for (int e = 0; e < STUB_EVENTS; e++)
		if (!strcmp(stub_event_names[e], event))
			return e;
	return -1;
}

/* A path's last part; a monitor's name as it is. */
static const char *short_name(const char *spec)
{
	const char *slash = strrchr(spec, '/');

	return slash ? slash + 1 : spec;
}

int sharp_compare(struct sharp *out, const char *a, const char *b, const char *event,
		  const struct sharp_options *opts)
{
	struct bench bench = {.s = out, .opts = opts, .rng = opts->rng, .start_ns = clock_ns()};
	int e = stub_event_find(event), err;

	*out = (struct sharp){.event = event, .arms = b ? SHARP_B + 1 : SHARP_AA + 1};
	if (e < 0) {
		log_err("%s has no tracepoint program to compare; there are mmap, munmap, brk",
			event);
		return -ENOTSUP;
	}
	bench.event = (enum stub_event)e;
	bench.spec[SHARP_EMPTY] = "nop";
	bench.spec[SHARP_A] = bench.spec[SHARP_AA] = a;
	bench.spec[SHARP_B] = b;
	for (unsigned int i = 0; i < out->arms; i++)
		out->name[i] = short_name(bench.spec[i]);
	bench.outcome = sharp_outcome_new();
	if (!bench.outcome)
		return -ENOMEM;
	bench.ns_per_tick = cycles_ns_per_tick(21);
	err = stub_open(&bench.stub, 1U << bench.event);
	if (!err)
		err = all_loads(&bench);
	stub_close(bench.stub);
	sharp_outcome_free(bench.outcome);
	return err;
}

enum cut sharp_cut(const struct sharp *s, enum sharp_effect effect)
{
	struct block_stat stat[2];

	for (int i = 0; i < 2; i++) {
		unsigned int arm = sides[effect][i];

		stat[i].cut = s->cut[arm][CUT_TIGHT];
		stat[i].kept = s->calls - s->cut[arm][CUT_TIGHT];
	}
	if (cut_choose(&stat[0], &stat[1]) == CUT_LOOSE ||
	    cut_choose(&stat[1], &stat[0]) == CUT_LOOSE)
		return CUT_LOOSE;
	/* Alike, but is it a disturbance or both programs' own slow path? The empty one has none.
	 */
	stat[1].cut = s->cut[SHARP_EMPTY][CUT_TIGHT];
	stat[1].kept = s->calls - stat[1].cut;
	return cut_choose(&stat[0], &stat[1]);
}

void sharp_release(struct sharp *s)
{
	for (int e = 0; e < EFFECTS; e++)
		for (int c = 0; c < CUTS; c++)
			samples_release(&s->effect[e][c]);
	samples_release(&s->at_s);
	samples_release(&s->gauge_ns);
	samples_release(&s->busy);
}
