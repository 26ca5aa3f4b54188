/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The threads of a round. */
#include "lib/base.h"
#include "harness/ring/ring_round.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/ring/ring_consume.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"

/* Syscalls between two looks at the clock, which costs a third of one. */
enum { CALLS_A_LOOK = 16 };

struct stage;

struct producer {
	struct stage *stage;
	uint32_t id;
	pthread_t thread;
	uint64_t runs; /* of the program */
	uint64_t producing_ns, waited_ns;
	uint64_t end_ns;
	int err;
};

/* What the threads of a round share. */
struct stage {
	struct ring_rig *rig;
	const struct ring_round_plan *plan;
	struct ring_consumer *consumer;
	pthread_mutex_t lock; /* of @ready and @gate */
	pthread_cond_t changed;
	uint32_t ready; /* threads that wait at the gate */
	enum { GATE_SHUT, GATE_OPEN, GATE_CANCELLED } gate;
	atomic_uint producing;	    /* producers that have not finished */
	_Atomic uint64_t start_ns;  /* earliest */
	uint64_t end_ns, waited_ns; /* of the consumer */
	int consumer_err;
	struct producer producer[RINGLOAD_PRODUCERS];
};

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* Second field of schedstat: Documentation/scheduler/sched-stats.rst. */
uint64_t ring_thread_waited_ns(void)
{
	int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	char text[96];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	unsigned long long ran = 0, waited = 0;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

void ring_step_forward(bool alone)
{
	const struct sched_param lowest = {.sched_priority = 1};

	/* Linux: both are of the calling thread. */
	if (!alone || sched_setscheduler(0, SCHED_FIFO, &lowest))
		setpriority(PRIO_PROCESS, 0, -20);
}

void ring_step_back(int nice_was)
{
	const struct sched_param none = {0};

	sched_setscheduler(0, SCHED_OTHER, &none);
	setpriority(PRIO_PROCESS, 0, nice_was);
}

/* Each thread of the round has a CPU of its own. */
static bool alone(const struct ring_rig *rig)
{
	return rig->c.placement != RING_SAME_CPU && !rig->cpus.crowded;
}

/* Waits until all are ready. False when the round was called off. */
static bool await_start(struct stage *s)
{
	uint64_t unset = 0;
	bool open;

	pthread_mutex_lock(&s->lock);
	s->ready++;
	pthread_cond_broadcast(&s->changed);
	while (s->gate == GATE_SHUT)
		pthread_cond_wait(&s->changed, &s->lock);
	open = s->gate == GATE_OPEN;
	pthread_mutex_unlock(&s->lock);
	atomic_compare_exchange_strong(&s->start_ns, &unset, clock_ns());
	return open;
}

/* Lets @threads go once all of them wait, or sends those that there are away. */
static void open_gate(struct stage *s, uint32_t threads, bool cancel)
{
	pthread_mutex_lock(&s->lock);
	while (s->ready < threads)
		pthread_cond_wait(&s->changed, &s->lock);
	s->gate = cancel ? GATE_CANCELLED : GATE_OPEN;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* One look at the clock's worth of work. */
static int produce_some(struct producer *p)
{
	const struct ring_rig *rig = p->stage->rig;

	if (rig->c.mode == RING_BULK) {
		p->runs++;
		return ring_rig_bulk(rig, p->id);
	}
	for (int i = 0; i < CALLS_A_LOOK; i++)
		syscall(SYS_getpgid, 0);
	p->runs += CALLS_A_LOOK;
	return 0;
}

/* Open loop: run n is due n intervals after the start, late or not. */
static void await_turn(const struct producer *p, uint64_t start_ns)
{
	const struct stage *s = p->stage;
	uint64_t due_ns;

	if (!s->plan->offer_per_s)
		return;
	due_ns = start_ns + (uint64_t)((double)p->runs * ring_rig_batch(s->rig) * 1e9 /
				       (double)s->plan->offer_per_s);
	due_ns = MIN(due_ns, start_ns + s->plan->slice_ns);
	while (clock_ns() < due_ns)
		;
}

static void produce(struct producer *p)
{
	struct stage *s = p->stage;
	bool b2b = s->rig->c.placement == RING_B2B;
	uint64_t start_ns = clock_ns(), stop_ns = start_ns + s->plan->slice_ns;
	uint64_t waited_ns = ring_thread_waited_ns();
	uint64_t cpu_ns = clock_thread_cpu_ns(), before_ns; /* CPU time: others may share the CPU */

	while (!p->err && clock_ns() < stop_ns) {
		await_turn(p, start_ns);
		if (!b2b) {
			p->err = produce_some(p);
			continue;
		}
		/* Its own consumer: producing is what lies between two looks at the clock. */
		before_ns = clock_ns();
		p->err = produce_some(p);
		p->producing_ns += clock_ns() - before_ns;
		if (!p->err)
			p->err = ring_consumer_pass(s->consumer, false);
	}
	p->end_ns = clock_ns();
	if (!b2b)
		p->producing_ns = clock_thread_cpu_ns() - cpu_ns;
	p->waited_ns = ring_thread_waited_ns() - waited_ns;
}

static void *producer_main(void *arg)
{
	struct producer *p = arg;
	struct stage *s = p->stage;
	int err;

	ring_step_forward(alone(s->rig));
	p->err = pin(s->rig->cpus.producer[p->id]);
	if (!p->err && s->rig->c.mode == RING_SYSCALL)
		p->err = ring_rig_enlist(s->rig, p->id);
	if (await_start(s) && !p->err)
		produce(p);
	if (s->rig->c.placement == RING_B2B) {
		s->consumer_err = ring_consumer_drain(s->consumer);
		s->end_ns = clock_ns();
	} else if (atomic_fetch_sub(&s->producing, 1) == 1) {
		err = ring_rig_wake(s->rig);
		if (!p->err)
			p->err = err;
	}
	return NULL;
}

static void *consumer_main(void *arg)
{
	struct stage *s = arg;
	int err = pin(s->rig->cpus.consumer), drained;
	uint64_t waited_ns;

	ring_step_forward(alone(s->rig));
	prctl(PR_SET_TIMERSLACK, 1UL); /* an interval of 200 us is meant so */
	if (!await_start(s))
		return NULL;
	waited_ns = ring_thread_waited_ns();
	while (!err && atomic_load(&s->producing))
		err = ring_consumer_pass(s->consumer, true);
	/* After an error the producers still have to come to their end. */
	while (atomic_load(&s->producing))
		clock_sleep_ns(RING_TIMED_NS);
	drained = ring_consumer_drain(s->consumer);
	s->end_ns = clock_ns();
	s->waited_ns = ring_thread_waited_ns() - waited_ns;
	s->consumer_err = err ? err : drained;
	return NULL;
}

static int run_threads(struct stage *s)
{
	const struct ring_case *c = &s->rig->c;
	uint32_t started = 0, consumers = 0;
	pthread_t consumer;
	int err = 0;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	atomic_store(&s->producing, c->producers);
	if (c->placement != RING_B2B) {
		err = pthread_create(&consumer, NULL, consumer_main, s);
		consumers = !err;
	}
	for (uint32_t i = 0; i < c->producers && !err; i++) {
		s->producer[i] = (struct producer){.stage = s, .id = i};
		err = pthread_create(&s->producer[i].thread, NULL, producer_main, &s->producer[i]);
		started += !err;
	}
	if (err)
		log_err_sys(err, "cannot start the threads of a round");
	open_gate(s, started + consumers, err);
	for (uint32_t i = 0; i < started; i++)
		pthread_join(s->producer[i].thread, NULL);
	if (consumers)
		pthread_join(consumer, NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	return -err;
}

static int thread_errors(const struct stage *s)
{
	for (uint32_t i = 0; i < s->rig->c.producers; i++)
		if (s->producer[i].err) {
			log_err_sys(s->producer[i].err, "producer %u (CPU %d) had to stop", i,
				    s->rig->cpus.producer[i]);
			return s->producer[i].err;
		}
	if (s->consumer_err)
		log_err_sys(s->consumer_err, "the consumer (CPU %d) had to stop",
			    s->rig->cpus.consumer);
	return s->consumer_err;
}

static void close_books(const struct stage *s, struct ring_round *out, struct strbuf *why)
{
	const struct ring_rig *rig = s->rig;
	uint64_t start_ns = atomic_load(&s->start_ns), last_ns = start_ns;

	out->bad = s->consumer->check.bad;
	out->waited_ns = s->waited_ns;
	out->accounted = !out->bad;
	if (why)
		ring_check_explain(&s->consumer->check, why);
	for (uint32_t i = 0; i < rig->c.producers; i++) {
		const struct producer *p = &s->producer[i];
		struct ring_books *b = &out->books[i];

		*b = ring_check_books(&s->consumer->check, i, p->runs * ring_rig_batch(rig),
				      &rig->state->producer[i]);
		out->produced += b->produced;
		out->consumed += b->consumed;
		out->dropped += b->dropped;
		out->producing_ns += p->producing_ns;
		out->waited_ns = MAX(out->waited_ns, p->waited_ns);
		last_ns = MAX(last_ns, p->end_ns);
		if (!ring_books_close(b)) {
			out->accounted = false;
			if (why) {
				strbuf_addstr(why, why->len ? "; " : "");
				ring_books_explain(b, i, why);
			}
		}
	}
	out->produce_ns = last_ns - start_ns;
	out->elapsed_ns = s->end_ns - start_ns;
	out->disturbed = alone(rig) && out->waited_ns > out->elapsed_ns / 100 * RING_CALM_PCT;
}

int ring_round_run(struct ring_rig *rig, const struct ring_round_plan *plan, struct ring_round *out,
		   struct strbuf *why)
{
	struct ring_consumer consumer;
	struct stage s = {.rig = rig, .plan = plan, .consumer = &consumer};
	int err = ring_consumer_open(&consumer, rig);

	memset(out, 0, sizeof(*out));
	if (err)
		goto out;
	ring_rig_reset(rig);
	if (rig->c.mode == RING_SYSCALL)
		err = ring_rig_attach(rig);
	if (err)
		goto out;
	err = run_threads(&s);
	if (rig->c.mode == RING_SYSCALL)
		ring_rig_detach(rig);
	if (!err)
		err = thread_errors(&s);
	if (!err)
		close_books(&s, out, why);
out:
	ring_consumer_close(&consumer);
	return err;
}
