/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One producer at a pace, and what of it arrives: every call must be found again. */
#include "lib/base.h"
#include "tests/bench/bench_fast.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/memmon/memmon_fast.h"
#include "harness/timing/cycles.h"
#include "harness/timing/env.h"
#include "harness/plugin.h"
#include "harness/ring/ring_round.h"
#include "lib/cgroup.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/subproc.h"

enum { STOPPED_CALLS = 300007, GRACE_S = 60 };

/* Shared with the producer. */
struct order {
	_Atomic bool go, done;
	uint64_t calls;	     /* to make */
	double ticks_a_call; /* 0: no pace */
	uint64_t made, wrong, brk, elapsed_ns, behind_ticks;
};

struct producer {
	struct order *order;
	const struct cgroup *cgroup;
	int cpu;
};

/* A brk to where the break is: it works, and moves nothing. */
static void produce(struct order *o, unsigned long brk)
{
	uint64_t start_ns = clock_ns(), start = cycles_now(), due, now;

	for (uint64_t n = 0; n < o->calls; n++) {
		if (o->ticks_a_call > 0) {
			due = start + (uint64_t)((double)n * o->ticks_a_call);
			while ((now = cycles_now()) < due)
				;
			o->behind_ticks = MAX(o->behind_ticks, now - due);
		}
		o->wrong += (unsigned long)syscall(SYS_brk, brk) != brk;
		o->made = n + 1;
	}
	o->elapsed_ns = clock_ns() - start_ns;
}

static int child_main(void *arg)
{
	struct producer *p = arg;
	unsigned long brk;

	placement_pin(p->cpu);
	ring_step_forward(true);
	if (cgroup_enter(p->cgroup, 0))
		return 1;
	brk = (unsigned long)syscall(SYS_brk, 0UL);
	p->order->brk = brk;
	while (!atomic_load(&p->order->go))
		clock_sleep_ns(50 * NSEC_PER_USEC);
	produce(p->order, brk);
	atomic_store(&p->order->done, true);
	/* Stands until it is killed: its row is of a living process. */
	for (;;)
		pause();
}

/* What the consumer has seen. */
struct seen {
	struct rate *r;
	const struct order *order;
	uint32_t tgid;
};

static void on_event(void *arg, const struct event *e)
{
	struct seen *s = arg;

	s->r->consumed++;
	s->r->bad += e->tgid != s->tgid || e->value[MEM_EVENT_TYPE] != FAST_EVENT_BRK ||
		     e->value[MEM_EVENT_SIZE] || e->value[MEM_EVENT_DOWN] ||
		     e->value[MEM_EVENT_ADDRESS] != s->order->brk;
}

static int take(struct monitor *m, enum cost_consumer how, struct seen *s)
{
	int n = bench_take(m, how, on_event, s);

	s->r->polls += n > 0;
	return n == -EINTR ? 0 : n;
}

static int collect(struct monitor *m, struct seen *s, bool stopped)
{
	uint64_t cpu_ns = clock_thread_cpu_ns(), start_ns = clock_ns(), now_ns = start_ns;
	uint64_t limit_ns = (uint64_t)((s->r->seconds + GRACE_S) * 1e9);
	int n = 0;

	while (!atomic_load(&s->order->done) && n >= 0) {
		if (stopped)
			clock_sleep_ns(NSEC_PER_MSEC);
		else
			n = take(m, CONSUMER_BOTH, s);
		if (run_interrupted())
			return -EINTR;
		now_ns = clock_ns();
		if (now_ns - start_ns > limit_ns) {
			log_err("the producer does not come to its end: %llu of %llu calls",
				(unsigned long long)s->order->made,
				(unsigned long long)s->order->calls);
			return -ETIMEDOUT;
		}
	}
	s->r->consumer_pct =
		100.0 * (double)(clock_thread_cpu_ns() - cpu_ns) / (double)(now_ns - start_ns);
	return MIN(n, 0);
}

/* Detached: takes what is left and asks the monitor what it counted and lost. */
static int finish(struct monitor *m, struct seen *s)
{
	struct monitor_losses losses;
	struct counter_table table = {0};
	const struct counter_row *row;
	int err = monitor_detach(m), n = 0;

	do {
		n = err ? 0 : monitor_poll(m, 0, on_event, s);
	} while (n > 0);
	err = err ? err : n;
	if (!err)
		err = monitor_losses(m, &losses);
	if (!err)
		err = monitor_snapshot(m, &table);
	if (!err) {
		row = counter_table_find(&table, s->tgid);
		s->r->counted = row ? row->value[MEM_BRK_COUNT] : 0;
		s->r->ring_full = losses.ring_full;
	}
	counter_table_release(&table);
	return err;
}

static int watch(struct rate *r, const char *monitor, struct producer *p, uint32_t tgid,
		 bool stopped)
{
	struct monitor_target target = {.cgroup_id = p->cgroup->id, .cgroup_path = p->cgroup->path};
	struct seen seen = {r, p->order, tgid};
	struct monitor *m = NULL;
	int nice_was = 0, err = monitor_open(&m, monitor, &target, NULL);

	if (!err) {
		r->ring_bytes = monitor_info(m)->ring_bytes;
		r->rings = monitor_info(m)->rings;
		err = monitor_attach(m);
	}
	if (!err) {
		ring_step_forward(!stopped);
		atomic_store(&p->order->go, true);
		err = collect(m, &seen, stopped);
		ring_step_back(nice_was);
	}
	if (!err)
		err = finish(m, &seen);
	monitor_close(m);
	return err;
}

int rate_measure(struct rate *r, const char *monitor, const int cpus[2], double per_s,
		 double seconds, bool stopped)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc child = SUBPROC_INIT;
	struct producer p = {.cpu = cpus[0]};
	struct cgroup cg = {0};
	double ns_per_tick = cycles_ns_per_tick(21);
	int err = cgroup_create(&cg, "rate");

	*r = (struct rate){.target_per_s = per_s, .seconds = seconds};
	p.cgroup = &cg;
	p.order = mmap(NULL, sizeof(*p.order), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (p.order == MAP_FAILED)
		return -ENOMEM;
	p.order->calls = per_s > 0 ? (uint64_t)(per_s * seconds) : STOPPED_CALLS;
	p.order->ticks_a_call = per_s > 0 ? 1e9 / per_s / ns_per_tick : 0;
	opts.child = child_main;
	opts.arg = &p;
	if (!err)
		err = subproc_start(&child, &opts);
	placement_pin(cpus[1]);
	while (!err && !*(volatile uint64_t *)&p.order->brk)
		clock_sleep_ns(NSEC_PER_MSEC);
	if (!err)
		err = watch(r, monitor, &p, (uint32_t)child.pid, stopped);
	subproc_kill(&child, 0);
	subproc_release(&child);
	cgroup_remove(&cg);
	r->produced = p.order->made;
	r->wrong = p.order->wrong;
	r->seconds = (double)p.order->elapsed_ns / 1e9;
	r->behind_s = (double)p.order->behind_ticks * ns_per_tick / 1e9;
	munmap(p.order, sizeof(*p.order));
	return err;
}

bool rate_closes(const struct rate *r)
{
	return r->produced && !r->wrong && !r->bad && r->counted == r->produced &&
	       r->ring_full != UINT64_MAX && r->counted == r->consumed + r->ring_full;
}
