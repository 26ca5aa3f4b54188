/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Starts a task for each call, or has one that waits at a futex make it. */
#include "lib/base.h"
#include "harness/vm/guest/guest_tasks.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* glibc wants more for a thread's stack where pages may be larger. */
#ifdef __x86_64__
enum { STACK_BYTES = 65536, STACK_ALIGN = 4096 };
#else
enum { STACK_BYTES = 262144, STACK_ALIGN = 65536 };
#endif
enum { SHARED = CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND };

/* --- new ones ---------------------------------------------------------------------------------
 */

static char stack[STACK_BYTES] __attribute__((aligned(STACK_ALIGN)));

struct job {
	void (*fn)(void *);
	void *arg;
};

int guest_task_stack(pthread_attr_t *attr)
{
	int err = pthread_attr_init(attr);

	return err ? -err : -pthread_attr_setstack(attr, stack, sizeof(stack));
}

static void *thread_main(void *arg)
{
	const struct job *job = arg;

	job->fn(job->arg);
	return NULL;
}

static int process_main(void *arg)
{
	thread_main(arg);
	return 0;
}

int guest_task_new(enum guest_task kind, void (*fn)(void *), void *arg)
{
	struct job job = {fn, arg};
	pthread_attr_t attr;
	pthread_t t;
	int err, pid;

	if (kind == GUEST_PROCESS) {
		pid = clone(process_main, stack + sizeof(stack), SHARED | SIGCHLD, &job);
		return pid < 0 || waitpid(pid, NULL, 0) != pid ? -errno : 0;
	}
	err = guest_task_stack(&attr);
	if (!err)
		err = -pthread_create(&t, &attr, thread_main, &job);
	if (!err)
		pthread_join(t, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

/* --- ones that wait ---------------------------------------------------------------------------
 */

enum { MOST_WAITING = 2560, SMALL_STACK = 2048, ROOM_BYTES = 192 * 1024 };

/* A word that one task waits at until another sets it; there is one CPU. */
static void wait_for(uint32_t *word)
{
	while (!__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void tell(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static struct waiting {
	struct job job;
	uint32_t turn;
	bool there;
} waiting[2][MOST_WAITING];
static char stacks[2][MOST_WAITING][SMALL_STACK] __attribute__((aligned(16)));
static uint32_t done;

/* Until the guest ends. */
static int __attribute__((noreturn)) waiting_main(void *arg)
{
	struct waiting *w = arg;

	for (;;) {
		wait_for(&w->turn);
		w->job.fn(w->job.arg);
		tell(&done);
	}
}

size_t guest_tasks_room(void)
{
	size_t pages = (size_t)sysconf(_SC_PHYS_PAGES);

	return MIN(pages * (size_t)sysconf(_SC_PAGESIZE) / ROOM_BYTES, (size_t)MOST_WAITING);
}

int guest_task_waiting(enum guest_task kind, size_t i, void (*fn)(void *), void *arg)
{
	struct waiting *w = &waiting[kind][i];

	if (!w->there &&
	    clone(waiting_main, stacks[kind][i] + SMALL_STACK,
		  kind == GUEST_THREAD ? SHARED | CLONE_THREAD : SHARED | SIGCHLD, w) < 0)
		return -errno;
	w->there = true;
	w->job = (struct job){fn, arg};
	tell(&w->turn);
	wait_for(&done);
	return 0;
}
