/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The watched process: timed blocks of syscalls in a pinned child. */
#include "lib/base.h"
#include "harness/timing/loop.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/timing/cycles.h"
#include "harness/timing/timed_call.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/sys_mmap.h"
#include "lib/strbuf.h"

/* Of the process that makes the calls: brk-ok asks for it. */
static unsigned long loop_break;

enum loop_word { LOOP_READY, LOOP_RUN, LOOP_DONE };

struct loop_message {
	uint32_t word; /* enum loop_word */
	uint32_t event, warm_subs, subs;
	uint64_t start_tick; /* 0: at once */
	uint64_t calls, wrong;
	double ns_per_tick;
	bool realtime;
};

struct loop_shared {
	volatile uint32_t done;
	uint32_t ticks[LOOP_SUBS_MAX];
};

struct loop {
	struct subproc child;
	int sock[2]; /* ours, the child's */
	struct loop_shared *shared;
	double ns_per_tick;
	bool realtime_wanted, realtime;
	int cpu;
	uint32_t subs;
};

/* Each makes one call of timed_events and says whether its result was another than the trigger's.
 */
static inline bool call_mmap(void)
{
	long r = sys_mmap(NULL, 4096UL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1UL);

	return r != -1 || errno != EINVAL;
}

static inline bool call_munmap(void)
{
	return syscall(SYS_munmap, 1UL, 4096UL) != -1 || errno != EINVAL;
}

static inline bool call_brk(void)
{
	return syscall(SYS_brk, 0UL) <= 0;
}

static inline bool call_other(void)
{
	return syscall(SYS_getppid) < 0;
}

static inline bool call_pair(void)
{
	long p = sys_mmap(NULL, 4096UL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0UL);

	return p == -1 || syscall(SYS_munmap, p, 4096UL);
}

static inline bool call_munmap_ok(void)
{
	return syscall(SYS_munmap, 0UL, 4096UL);
}

static inline bool call_brk_ok(void)
{
	return (unsigned long)syscall(SYS_brk, loop_break) != loop_break;
}

/* A loop of its own for each call, so that nothing but the call is between the readings. */
#define DEFINE_BLOCK(name)                                                                         \
	static uint64_t block_##name(uint32_t *ticks, uint32_t subs)                               \
	{                                                                                          \
		uint64_t wrong = 0;                                                                \
                                                                                                   \
		for (uint32_t s = 0; s < subs; s++) {                                              \
			uint64_t t0 = cycles_now(), t;                                             \
                                                                                                   \
			for (int i = 0; i < LOOP_CALLS; i++)                                       \
				wrong += call_##name();                                            \
			t = cycles_now() - t0;                                                     \
			ticks[s] = t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;                      \
		}                                                                                  \
		return wrong;                                                                      \
	}                                                                                          \
	static uint64_t stamp_##name(uint64_t *t, unsigned int n)                                  \
	{                                                                                          \
		uint64_t wrong = 0;                                                                \
                                                                                                   \
		t[0] = cycles_now();                                                               \
		for (unsigned int i = 1; i <= n; i++) {                                            \
			wrong += call_##name();                                                    \
			t[i] = cycles_now();                                                       \
		}                                                                                  \
		return wrong;                                                                      \
	}
#define DEFINE_BLOCK_OF(fn, ...) DEFINE_BLOCK(fn)
TIMED_EVENT_ROWS(DEFINE_BLOCK_OF, )

/* And one for all the calls of the table. */
static inline bool call_of_table(void)
{
	return timed_call_make();
}
DEFINE_BLOCK(of_table)

#define BLOCK_OF(fn, ...) block_##fn,
static uint64_t (*const blocks[TIMED_OWN])(uint32_t *ticks,
					   uint32_t subs) = {TIMED_EVENT_ROWS(BLOCK_OF, )};

#define STAMP_OF(fn, ...) stamp_##fn,
static uint64_t (*const stamps[TIMED_OWN])(uint64_t *t,
					   unsigned int n) = {TIMED_EVENT_ROWS(STAMP_OF, )};

static uint64_t block(int event, uint32_t *ticks, uint32_t subs)
{
	return event < TIMED_OWN ? blocks[event](ticks, subs) : block_of_table(ticks, subs);
}

/* Before the first call of @event: what it needs. That it is not to be had shows in every call. */
static void get_ready(int event)
{
	if (event >= TIMED_OWN)
		(void)timed_call_prepare(event);
}

uint64_t loop_stamp(int event, uint64_t *t, unsigned int n)
{
	get_ready(event);
	if (event >= TIMED_OWN)
		return stamp_of_table(t, n);
	if (stamps[event] == stamp_brk_ok)
		loop_break = (unsigned long)syscall(SYS_brk, 0UL);
	return stamps[event](t, n);
}

void loop_leave(void)
{
	timed_call_release();
}

static void child_settle(struct loop *l)
{
	struct sched_param fifo = {.sched_priority = 1};
	cpu_set_t set;

	CPU_ZERO(&set);
	if (l->cpu >= 0) {
		CPU_SET((unsigned int)l->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	l->realtime = l->realtime_wanted && !sched_setscheduler(0, SCHED_FIFO, &fifo);
	mlockall(MCL_CURRENT);
}

static int child_main(void *arg)
{
	struct loop *l = arg;
	struct loop_message m = {.word = LOOP_READY};
	uint32_t scratch[64];

	close(l->sock[0]);
	child_settle(l);
	m.realtime = l->realtime;
	m.ns_per_tick = cycles_ns_per_tick(21);
	loop_break = (unsigned long)syscall(SYS_brk, 0UL);
	if (send(l->sock[1], &m, sizeof(m), MSG_NOSIGNAL) != sizeof(m))
		return 1;
	while (recv(l->sock[1], &m, sizeof(m), 0) == sizeof(m)) {
		uint32_t warm = m.warm_subs;

		get_ready((int)m.event);
		m.wrong = 0;
		m.calls = (uint64_t)(m.warm_subs + m.subs) * LOOP_CALLS;
		for (; warm; warm -= MIN(warm, (uint32_t)ARRAY_SIZE(scratch)))
			m.wrong += block((int)m.event, scratch, MIN(warm, ARRAY_SIZE(scratch)));
		while (m.start_tick && cycles_now() < m.start_tick)
			;
		m.wrong += block((int)m.event, l->shared->ticks, m.subs);
		l->shared->done = 1;
		m.word = LOOP_DONE;
		if (send(l->sock[1], &m, sizeof(m), MSG_NOSIGNAL) != sizeof(m))
			break;
	}
	loop_leave();
	return 0;
}

/* Returns 1 and the message, 0 after @timeout_ms, -EINTR, or -errno after saying why. */
static int receive(struct loop *l, int timeout_ms, struct loop_message *m)
{
	struct pollfd p = {.fd = l->sock[0], .events = POLLIN};
	int n = poll(&p, 1, timeout_ms);
	struct strbuf how = STRBUF_INIT;
	ssize_t len;

	if (n <= 0)
		return n ? -errno : 0;
	len = recv(l->sock[0], m, sizeof(*m), 0);
	if (len == sizeof(*m))
		return 1;
	if (subproc_wait(&l->child, 1000))
		strbuf_addstr(&how, "it closed its line");
	else
		subproc_describe(&l->child, &how);
	log_err("the process whose syscalls are timed has ended early (%s); start again", how.s);
	strbuf_release(&how);
	return -ECHILD;
}

int loop_start(struct loop **out, int cpu, bool realtime)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct loop *l = calloc(1, sizeof(*l));
	struct loop_message m;
	int err;

	if (!l)
		return -ENOMEM;
	*l = (struct loop){.child = SUBPROC_INIT, .sock = {-1, -1}, .cpu = cpu};
	l->realtime_wanted = realtime;
	l->shared = mmap(NULL, sizeof(*l->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (l->shared == MAP_FAILED ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, l->sock)) {
		err = -errno;
		l->shared = l->shared == MAP_FAILED ? NULL : l->shared;
		log_err_sys(err, "cannot set up the process whose syscalls are timed");
		goto out;
	}
	opts.child = child_main;
	opts.arg = l;
	err = subproc_start(&l->child, &opts);
	if (err)
		goto out;
	close(l->sock[1]);
	l->sock[1] = -1;
	err = receive(l, 10000, &m);
	if (err == 1) {
		l->ns_per_tick = m.ns_per_tick;
		l->realtime = m.realtime;
		*out = l;
		return 0;
	}
	if (!err) {
		log_err("the process whose syscalls are timed did not start within 10 s");
		err = -ETIMEDOUT;
	}
out:
	loop_stop(l);
	return err;
}

pid_t loop_pid(const struct loop *l)
{
	return l->child.pid;
}

bool loop_realtime(const struct loop *l)
{
	return l->realtime;
}

double loop_ns_per_tick(const struct loop *l)
{
	return l->ns_per_tick;
}

int loop_begin(struct loop *l, int event, uint32_t warm, uint32_t subs)
{
	return loop_begin_at(l, event, warm, subs, 0);
}

int loop_begin_at(struct loop *l, int event, uint32_t warm, uint32_t subs, uint64_t start_tick)
{
	struct loop_message m = {.word = LOOP_RUN, .start_tick = start_tick};
	int err;

	m.event = (uint32_t)event;
	m.warm_subs = (warm + LOOP_CALLS - 1) / LOOP_CALLS;
	m.subs = l->subs = MIN(subs, (uint32_t)LOOP_SUBS_MAX);
	l->shared->done = 0;
	if (send(l->sock[0], &m, sizeof(m), MSG_NOSIGNAL) == sizeof(m))
		return 0;
	err = -errno;
	log_err_sys(err, "the process whose syscalls are timed takes no orders");
	return err;
}

int loop_wait(struct loop *l, int timeout_ms, struct loop_block *out)
{
	struct loop_message m;
	int err = receive(l, timeout_ms, &m);

	if (err == 1)
		*out = (struct loop_block){l->shared->ticks, l->subs, m.calls, m.wrong};
	return err;
}

bool loop_done(const struct loop *l)
{
	return l->shared->done;
}

bool loop_lives(struct loop *l)
{
	return subproc_wait(&l->child, 0) == -ETIMEDOUT;
}

void loop_stop(struct loop *l)
{
	if (!l)
		return;
	/* The child ends when its line closes. */
	for (int i = 0; i < 2; i++)
		if (l->sock[i] >= 0)
			close(l->sock[i]);
	if (l->child.pid && !l->child.reaped)
		subproc_wait(&l->child, 2000);
	subproc_release(&l->child);
	if (l->shared)
		munmap(l->shared, sizeof(*l->shared));
	free(l);
}
