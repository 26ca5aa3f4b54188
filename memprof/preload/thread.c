/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What each thread has: a shard of the segment, a memo, the bounds of its stack.
 *
 * A shard is taken at the first call that counts and left when the thread ends, for the next one;
 * what a thread still allocates while it ends goes to the shared shard.
 */
#include "lib/base.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "memprof/preload/poisson.h"
#include "memprof/preload/preload.h"

__thread struct thread thread __attribute__((tls_model("initial-exec")));
static pthread_key_t leaving;
static struct memo nothing; /* of threads without one: it remembers nothing */
extern void *__libc_stack_end;

static struct segment_shard *shard_of(uint32_t n)
{
	struct segment_header *h = memprof.head;

	return (struct segment_shard *)((char *)h + h->shards_at + n * h->shard_size);
}

static void use_shard(struct thread *t, uint32_t n)
{
	struct segment_header *h = memprof.head;

	t->shard_no = n;
	t->shard = shard_of(n);
	t->shared = n == h->shards_max - 1;
	t->rows = (struct segment_row *)((char *)t->shard + h->rows_at);
	t->spreads = h->spreads_at ? (void *)((char *)t->shard + h->spreads_at) : NULL;
	t->at_peak = false;
	if (!t->shard->untold)
		t->shard->untold = h->stacks_max;
	/* The first call looks at the peak. */
	t->high = INT64_MIN;
	t->low = INT64_MAX;
}

static void take_shard(struct thread *t)
{
	struct segment_header *h = memprof.head;
	uint32_t n, last = h->shards_max - 1, used;

	for (n = 0; n < last; n++) {
		uint32_t is = 0;

		if (__atomic_compare_exchange_n(&memprof.shard_taken[n], &is, 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			break;
	}
	use_shard(t, n);
	if (n)
		account_not_alone();
	used = __atomic_load_n(&h->nshards, __ATOMIC_RELAXED);
	while (used <= n && n < last)
		if (__atomic_compare_exchange_n(&h->nshards, &used, n + 1, false, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			break;
	__atomic_add_fetch(&t->shard->owners, 1, __ATOMIC_RELAXED);
	t->shard->tid = (uint32_t)syscall(SYS_gettid);
	prctl(PR_GET_NAME, t->shard->comm);
	t->again = &nothing;
	if (memprof.memo && memprof.mode == SEGMENT_EXACT && !t->shared) {
		if (!memprof.memos[n])
			memprof.memos[n] = map_private(sizeof(struct memo));
		t->memo = memprof.memos[n];
		if (t->memo)
			t->again = t->memo;
	}
	t->epoch = __atomic_load_n(&memprof.epoch, __ATOMIC_ACQUIRE);
	memo_forget(t->again);
}

/* The main thread's stack ends where libc began; below, it may grow to its limit, and the kernel
 * keeps at least 128 MiB free there. */
static void main_stack(struct thread *t)
{
	struct rlimit limit;
	uint64_t size = 128ULL << 20;

	if (!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur > size)
		size = limit.rlim_cur < 1ULL << 40 ? limit.rlim_cur : 1ULL << 30;
	t->stack_hi = ((uint64_t)__libc_stack_end + 4095) & ~4095ULL;
	t->stack_lo = t->stack_hi - size;
}

static void own_stack(struct thread *t)
{
	pthread_attr_t attr;
	void *lo;
	size_t size;

	if (syscall(SYS_gettid) == syscall(SYS_getpid)) {
		main_stack(t);
		return;
	}
	if (memprof.next.getattr(pthread_self(), &attr))
		return;
	if (!pthread_attr_getstack(&attr, &lo, &size)) {
		t->stack_lo = (uint64_t)lo;
		t->stack_hi = (uint64_t)lo + size;
	}
	pthread_attr_destroy(&attr);
}

static void seed(struct thread *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	t->random = ((uint64_t)t ^ (uint64_t)now.tv_nsec << 20 ^ (uint64_t)now.tv_sec) *
			    0x9e3779b97f4a7c15ULL ^
		    (uint64_t)syscall(SYS_gettid) * 0xd1342543de82ef95ULL;
	for (unsigned int i = 0; i < 8 || !t->random; i++) {
		t->random += !t->random;
		poisson_draw(&t->random, 1);
	}
	t->left = memprof.mode == SEGMENT_SAMPLED ? poisson_draw(&t->random, memprof.rate) : 0;
	t->untimed = SEGMENT_TIMED;
}

COLD void thread_start(struct thread *t)
{
	int err = errno;

	t->phase = PHASE_OWN;
	if (memprof.needs_segment)
		process_new_segment();
	if (memprof.off) {
		t->left = UINT64_MAX;
		t->phase = PHASE_OFF;
	} else {
		t->gen = __atomic_add_fetch(&memprof.threads, 1, __ATOMIC_RELAXED) << 12;
		/* In a child of fork() the thread has the stack that it had. */
		if (!t->stack_hi)
			own_stack(t);
		t->last = 0;
		t->memo = NULL;
		take_shard(t);
		seed(t);
		/* In a process that has one thread nothing needs to be left. */
		pthread_setspecific(leaving, t);
		t->stack_size = t->stack_hi - t->stack_lo;
		t->phase = t->shared ? PHASE_SHARED : PHASE_READY;
	}
	errno = err;
}

/* What the thread's own bytes are in header.live must be told before somebody else has the shard,
 * which then goes on from there. */
static void leave(void *arg)
{
	struct thread *t = arg;
	uint32_t n = t->shard_no;

	if (t->phase != PHASE_READY || t->shared)
		return;
	t->phase = PHASE_COUNTING;
	account_peak(t);
	if (t->at_peak)
		account_leave_peak(t);
	account_not_alone();
	t->memo = NULL;
	use_shard(t, memprof.head->shards_max - 1);
	__atomic_store_n(&memprof.shard_taken[n], 0, __ATOMIC_RELEASE);
	t->phase = PHASE_SHARED;
}

bool thread_key_create(void)
{
	return !pthread_key_create(&leaving, leave);
}
