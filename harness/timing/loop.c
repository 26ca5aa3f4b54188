/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The watched process: timed blocks of calls in a pinned child, forked or a program of its own. */
#include "lib/base.h"
#include "harness/timing/loop.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/timing/cycles.h"
#include "harness/timing/timed_call.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/sys_mmap.h"
#include "lib/strbuf.h"
#include "workloads/heap.h"

/* Where a loop that is a program finds what it shares: "SOCKET MEMORY CPU REALTIME". */
#define SERVE_VARIABLE "BEEBENCH_LOOP"

enum { BLOCK_BYTES = 64, START_MS = 10000, STOP_MS = 10000 };

/* Of the process that makes the calls: brk-ok asks for it. */
static unsigned long loop_break;
/* Where the messages of kmalloc and kfree go, plus 1; 0: there is none yet. */
static int loop_queue;

enum loop_word { LOOP_READY, LOOP_RUN, LOOP_DONE };

struct loop_message {
	uint32_t word; /* enum loop_word */
	uint32_t event, warm_subs, subs;
	uint64_t start_tick; /* 0: at once */
	uint64_t calls, wrong;
	double ns_per_tick;
	bool realtime;
	pid_t pid;
};

struct loop_shared {
	volatile uint32_t done;
	uint32_t ticks[LOOP_SUBS_MAX];
};

struct loop {
	struct subproc child;
	const struct cgroup *cgroup; /* NULL: the caller's */
	const char *starter;	     /* NULL: it was started by itself */
	pid_t pid;		     /* who makes the calls: what the child is, or has started */
	int sock[2];		     /* ours, the child's */
	int memory;		     /* of @shared */
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

static inline bool call_malloc(void)
{
	struct heap_block b = {0};

	return !wl_heap_call(NULL, HEAP_MALLOC, &b, BLOCK_BYTES) ||
	       !wl_heap_call(NULL, HEAP_FREE, &b, 0);
}

struct loop_text {
	long type;
	char text[BLOCK_BYTES];
};

static inline bool send_text(void)
{
	struct loop_text m = {.type = 1};

	return msgsnd(loop_queue - 1, &m, sizeof(m.text), IPC_NOWAIT);
}

static inline bool receive_text(void)
{
	struct loop_text m;

	return msgrcv(loop_queue - 1, &m, sizeof(m.text), 0, IPC_NOWAIT) != sizeof(m.text);
}

static inline bool call_kmalloc(void)
{
	return send_text() || receive_text();
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
#define DEFINE_NOTHING(...)
TIMED_EVENT_ROWS(DEFINE_BLOCK_OF, DEFINE_NOTHING, )

/* The halves of a pair: so many of each at once, of which one half is timed. */
static struct heap_block held[LOOP_CALLS];
static unsigned int queued;

static inline bool call_half_malloc(int i)
{
	return !wl_heap_call(NULL, HEAP_MALLOC, &held[i], BLOCK_BYTES);
}

static inline bool call_half_free(int i)
{
	return !wl_heap_call(NULL, HEAP_FREE, &held[i], 0);
}

static inline bool call_half_kmalloc(int i UNUSED)
{
	bool wrong = send_text();

	queued += !wrong;
	return wrong;
}

static inline bool call_half_kfree(int i UNUSED)
{
	bool wrong = receive_text();

	queued -= !wrong;
	return wrong;
}

static uint64_t give_back(void)
{
	uint64_t wrong = 0;

	for (int i = 0; i < LOOP_CALLS; i++)
		wrong += held[i].p && call_half_free(i);
	return wrong;
}

static uint64_t take_all(void)
{
	uint64_t wrong = 0;

	for (int i = 0; i < LOOP_CALLS; i++)
		wrong += !held[i].p && call_half_malloc(i);
	return wrong;
}

static uint64_t receive_all(void)
{
	uint64_t wrong = 0;

	while (queued && !wrong)
		wrong += call_half_kfree(0);
	return wrong;
}

static uint64_t send_all(void)
{
	uint64_t wrong = 0;

	while (queued < LOOP_CALLS && !wrong)
		wrong += call_half_kmalloc(0);
	return wrong;
}

/* @before and @after are not between the readings; of the stamps what they take is left out. */
#define DEFINE_HALF(name, before, after)                                                           \
	static uint64_t block_##name(uint32_t *ticks, uint32_t subs)                               \
	{                                                                                          \
		uint64_t wrong = 0;                                                                \
                                                                                                   \
		for (uint32_t s = 0; s < subs; s++) {                                              \
			uint64_t t0, t;                                                            \
                                                                                                   \
			wrong += before();                                                         \
			t0 = cycles_now();                                                         \
			for (int i = 0; i < LOOP_CALLS; i++)                                       \
				wrong += call_##name(i);                                           \
			t = cycles_now() - t0;                                                     \
			ticks[s] = t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;                      \
			wrong += after();                                                          \
		}                                                                                  \
		return wrong;                                                                      \
	}                                                                                          \
	static uint64_t stamp_##name(uint64_t *t, unsigned int n)                                  \
	{                                                                                          \
		uint64_t wrong = before(), left_out = 0;                                           \
                                                                                                   \
		t[0] = cycles_now();                                                               \
		for (unsigned int i = 1; i <= n; i++) {                                            \
			wrong += call_##name((int)((i - 1) % LOOP_CALLS));                         \
			t[i] = cycles_now() - left_out;                                            \
			if (i % LOOP_CALLS)                                                        \
				continue;                                                          \
			wrong += after() + before();                                               \
			left_out = cycles_now() - t[i];                                            \
		}                                                                                  \
		return wrong + after();                                                            \
	}
DEFINE_HALF(half_malloc, give_back, give_back)
DEFINE_HALF(half_free, take_all, give_back)
DEFINE_HALF(half_kmalloc, receive_all, receive_all)
DEFINE_HALF(half_kfree, send_all, receive_all)

/* And one for all the calls of the table. */
static inline bool call_of_table(void)
{
	return timed_call_make();
}
DEFINE_BLOCK(of_table)

#define BLOCK_OF(fn, ...) block_##fn,
static uint64_t (*const blocks[TIMED_OWN])(uint32_t *ticks, uint32_t subs) = {
	TIMED_EVENT_ROWS(BLOCK_OF, BLOCK_OF, )};

#define STAMP_OF(fn, ...) stamp_##fn,
static uint64_t (*const stamps[TIMED_OWN])(uint64_t *t, unsigned int n) = {
	TIMED_EVENT_ROWS(STAMP_OF, STAMP_OF, )};

static uint64_t block(int event, uint32_t *ticks, uint32_t subs)
{
	return event < TIMED_OWN ? blocks[event](ticks, subs) : block_of_table(ticks, subs);
}

/* The table is not asked: to make it takes memory, and these calls may be counted. */
static bool sends(int event)
{
	return blocks[event] == block_kmalloc || blocks[event] == block_half_kmalloc ||
	       blocks[event] == block_half_kfree;
}

/* Before the first call of @event: what it needs. That it is not to be had shows in every call. */
static void get_ready(int event)
{
	if (event >= TIMED_OWN)
		(void)timed_call_prepare(event);
	else if (sends(event) && !loop_queue) {
		/* In a namespace of its own, where that may be, the queue goes with the process. */
		(void)unshare(CLONE_NEWIPC);
		loop_queue = msgget(IPC_PRIVATE, 0600) + 1;
	}
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
	if (loop_queue)
		msgctl(loop_queue - 1, IPC_RMID, NULL);
	loop_queue = 0;
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
}

static int obey(struct loop *l)
{
	struct loop_message m = {.word = LOOP_READY, .pid = getpid()};
	uint32_t scratch[64];

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

static int child_main(void *arg)
{
	struct loop *l = arg;

	close(l->sock[0]);
	mlockall(MCL_CURRENT);
	return obey(l);
}

/* Before the program: what it is to inherit, and where it belongs. */
static int child_leave(void *arg)
{
	const struct loop *l = arg;

	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	fcntl(l->sock[1], F_SETFD, 0);
	fcntl(l->memory, F_SETFD, 0);
	return l->cgroup && cgroup_enter(l->cgroup, 0) ? -EXIT_USAGE : 0;
}

static bool map_shared(struct loop *l)
{
	l->shared = mmap(NULL, sizeof(*l->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, l->memory, 0);
	if (l->shared == MAP_FAILED)
		l->shared = NULL;
	return l->shared;
}

bool loop_serve(int *code)
{
	static struct loop l; /* as the calls of a program are made: nothing from the allocator */
	const char *where = getenv(SERVE_VARIABLE);
	int realtime;

	if (!where)
		return false;
	*code = EXIT_USAGE;
	if (sscanf(where, "%d %d %d %d", &l.sock[1], &l.memory, &l.cpu, &realtime) != 4 ||
	    !map_shared(&l))
		return true;
	unsetenv(SERVE_VARIABLE);
	l.realtime_wanted = realtime;
	*code = obey(&l);
	return true;
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
	if (l->starter)
		log_err("%s, by which the process is started whose calls are timed, has ended "
			"early: %s",
			l->starter, how.s);
	else
		log_err("the process whose calls are timed has ended early (%s); start again",
			how.s);
	strbuf_release(&how);
	return -ECHILD;
}

static int loop_make(struct loop **out, int cpu, bool realtime)
{
	struct loop *l = calloc(1, sizeof(*l));
	int err = 0;

	if (!l)
		return -ENOMEM;
	*l = (struct loop){.child = SUBPROC_INIT, .sock = {-1, -1}, .cpu = cpu};
	l->realtime_wanted = realtime;
	l->memory = memfd_create("beebench-loop", MFD_CLOEXEC);
	if (l->memory < 0 || ftruncate(l->memory, sizeof(*l->shared)) || !map_shared(l) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, l->sock)) {
		err = -errno;
		log_err_sys(err, "cannot set up the process whose calls are timed");
		loop_stop(l);
		return err;
	}
	*out = l;
	return 0;
}

/* The child, and what it says when it is ready. */
static int loop_run(struct loop **l_, const struct subproc_opts *opts)
{
	struct loop *l = *l_;
	struct loop_message m;
	int err = subproc_start(&l->child, opts);

	if (!err) {
		close(l->sock[1]);
		l->sock[1] = -1;
		err = receive(l, START_MS, &m);
	}
	if (err == 1) {
		l->ns_per_tick = m.ns_per_tick;
		l->realtime = m.realtime;
		l->pid = m.pid;
		return 0;
	}
	if (!err) {
		log_err("the process whose calls are timed did not start within %d s",
			START_MS / 1000);
		err = -ETIMEDOUT;
	}
	loop_stop(l);
	*l_ = NULL;
	return err;
}

int loop_start(struct loop **out, int cpu, bool realtime)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	int err = loop_make(out, cpu, realtime);

	if (err)
		return err;
	opts.child = child_main;
	opts.arg = *out;
	return loop_run(out, &opts);
}

int loop_start_program(struct loop **out, const char *const *starter, const struct cgroup *cgroup,
		       int cpu, bool realtime)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	char self[PATH_MAX] = "", variable[80];
	const char *env[] = {variable, NULL}, **argv;
	size_t n = 0;
	int err;

	while (starter && starter[n])
		n++;
	argv = calloc(n + 2, sizeof(*argv));
	if (!argv || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
		err = argv ? -errno : -ENOMEM;
		log_err_sys(err, "cannot find the own program, whose calls are timed");
		free(argv);
		return err;
	}
	if (n)
		memcpy(argv, starter, n * sizeof(*argv));
	argv[n] = self;
	err = loop_make(out, cpu, realtime);
	if (!err) {
		snprintf(variable, sizeof(variable), SERVE_VARIABLE "=%d %d %d %d", (*out)->sock[1],
			 (*out)->memory, cpu, realtime);
		(*out)->cgroup = cgroup;
		(*out)->starter = n ? starter[0] : NULL;
		opts.child = child_leave;
		opts.arg = *out;
		opts.argv = argv;
		opts.env = env;
		err = loop_run(out, &opts);
	}
	free(argv);
	return err;
}

pid_t loop_pid(const struct loop *l)
{
	return l->pid;
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
	log_err_sys(err, "the process whose calls are timed takes no orders");
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
		subproc_wait(&l->child, STOP_MS);
	subproc_release(&l->child);
	if (l->shared)
		munmap(l->shared, sizeof(*l->shared));
	if (l->memory >= 0)
		close(l->memory);
	free(l);
}
