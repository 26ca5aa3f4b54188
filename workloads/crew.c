/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads of a workload, held at gates made of futexes: no memory call inside the window. */
#include "lib/base.h"
#include "workloads/crew.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a gate's word says. */
enum { GATE_CLOSED, GATE_OPEN, GATE_END };

struct crew {
	crew_fn fn;
	uint64_t n, entries;
	_Atomic uint32_t arrived, go, at_line, finished, leave;
	_Atomic int err;
	uint64_t started; /* threads to join */
	struct slot {
		struct crew *crew;
		struct crew_member m;
		pthread_t thread;
		pid_t tid;
	} slots[];
};

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void set_and_wake(_Atomic uint32_t *word, uint32_t value)
{
	atomic_store(word, value);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void add_and_wake(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void wait_for(_Atomic uint32_t *word, uint32_t value)
{
	for (uint32_t now; (now = atomic_load(word)) != value;)
		futex_wait(word, now);
}

static uint32_t wait_open(_Atomic uint32_t *word)
{
	uint32_t now;

	while ((now = atomic_load(word)) == GATE_CLOSED)
		futex_wait(word, now);
	return now;
}

static void work(struct crew *c, const struct crew_member *m)
{
	int err;

	/* Being woken takes each thread another time; here they meet. */
	atomic_fetch_add(&c->at_line, 1);
	while (atomic_load(&c->at_line) < c->n)
		sched_yield();
	err = c->fn(m);
	if (err)
		atomic_store(&c->err, err);
}

static void *thread_main(void *arg)
{
	struct slot *slot = arg;
	struct crew_member *m = &slot->m;
	struct crew *c = slot->crew;
	char comm[16];

	slot->tid = (pid_t)syscall(SYS_gettid);
	snprintf(comm, sizeof(comm), "wl-thread-%u", (unsigned int)m->number);
	prctl(PR_SET_NAME, comm);
	m->lane = ledger_open_lane(m->run->ledger, c->entries);
	add_and_wake(&c->arrived);
	wait_for(&c->go, GATE_OPEN);
	ledger_cpu_begin(m->lane);
	if (atomic_load(&c->at_line) != UINT32_MAX)
		work(c, m);
	ledger_cpu_end(m->lane);
	add_and_wake(&c->finished);
	/* The bare syscall: glibc's way out may unmap. The kernel tells pthread_join() all the
	 * same. */
	if (wait_open(&c->leave) == GATE_END)
		syscall(SYS_exit, 0);
	return NULL;
}

void crew_end(struct crew *c)
{
	pid_t pid = (pid_t)syscall(SYS_getpid);

	set_and_wake(&c->leave, GATE_END);
	for (uint64_t i = 1; i <= c->started; i++)
		while (!syscall(SYS_tgkill, pid, c->slots[i].tid, 0))
			sched_yield();
}

void crew_dismiss(struct crew *c)
{
	if (!c)
		return;
	if (atomic_load(&c->leave) == GATE_CLOSED)
		set_and_wake(&c->leave, GATE_OPEN);
	for (uint64_t i = 1; i <= c->started; i++)
		pthread_join(c->slots[i].thread, NULL);
	free(c);
}

int crew_hire(struct crew **out, struct workload_run *run, uint64_t n, uint64_t entries, crew_fn fn,
	      void *shared)
{
	struct crew *c = calloc(1, sizeof(*c) + n * sizeof(c->slots[0]));
	int err;

	*out = NULL;
	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->n = n;
	c->entries = entries;
	for (uint64_t i = 0; i < n; i++) {
		c->slots[i].crew = c;
		c->slots[i].m = (struct crew_member){run, run->lane, i, shared};
	}
	for (uint64_t i = 1; i < n; i++) {
		err = pthread_create(&c->slots[i].thread, NULL, thread_main, &c->slots[i]);
		if (err) {
			/* Let those that are there through, with nothing to do. */
			atomic_store(&c->at_line, UINT32_MAX);
			set_and_wake(&c->go, GATE_OPEN);
			crew_dismiss(c);
			return -err;
		}
		c->started++;
	}
	wait_for(&c->arrived, (uint32_t)c->started);
	*out = c;
	return 0;
}

int crew_work(struct crew *c)
{
	set_and_wake(&c->go, GATE_OPEN);
	work(c, &c->slots[0].m);
	wait_for(&c->finished, (uint32_t)c->started);
	return atomic_load(&c->err);
}
