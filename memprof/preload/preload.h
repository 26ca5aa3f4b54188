/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libmemprof.so, inside. Rules that hold everywhere here: no stdio, nothing that allocates (but
 * in PHASE_OWN), no lib/ functions, errno is left as it was, no cancellation points.
 *
 *	entry.c		the malloc family: what programs call
 *	exact.h		its usual ways when every block counts
 *	note.h		what a block comes to: stack, rows, where it is found again
 *	account.h	rows, histograms, the peak: the counters of a thread
 *	cxx.c		new and delete
 *	table.h		the live table: which block belongs to which stack
 *	trailer.h	the same in the block itself
 *	stacks.c	numbers for stacks; which modules they lie in
 *	thread.c	what each thread has; shards
 *	process.c	options, the segment, fork
 *	exec.c		what the process becomes or starts has the library too
 *	unwind.c	who called
 *	eh_frame.c	..by the rules that compilers leave
 *	poisson.c	which bytes are samples
 */
#ifndef MEMPROF_PRELOAD_PRELOAD_H
#define MEMPROF_PRELOAD_PRELOAD_H

#include "lib/base.h"

#include <pthread.h>

#include <sched.h>
#include <spawn.h>

#include "memprof/preload/unwind.h"
#include "memprof/segment.h"

/* All that is declared here is this library's own, so that it is reached without a table. */
#pragma GCC visibility push(hidden)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define COLD	    __attribute__((noinline, cold))
#define SLOW	    __attribute__((noinline))
#define INLINE	    static inline __attribute__((always_inline))
#define PUBLIC	    __attribute__((visibility("default")))
#define FRAME	    UNWIND_START
/* In what was jumped to: the frame is its own, which @from was. On arm64 FRAME is in the frame of
 * who has it, which is called then and not jumped to. */
#if defined(__x86_64__)
#define FRAME_FROM(from) ((void)(from), FRAME)
#else
#define FRAME_FROM(from) (from)
#endif
/* Behind a call that was given FRAME: a jump would give the frame up, and what it jumps to writes
 * its own registers there. */
#define FRAME_STAYS() __asm__ volatile("" ::: "memory")

/* What a call finds. One word, which is read whole: a word that is read over parts that have just
 * been written waits for them. */
enum phase {
	PHASE_NEW,	/* the thread is not ready, as all that is 0 */
	PHASE_READY,	/* counts, in a shard of its own */
	PHASE_SHARED,	/* counts, in the shared one */
	PHASE_COUNTING, /* this call interrupted the library: a signal handler's */
	PHASE_OWN,	/* ..or is one of libc's own, for the library */
	PHASE_OFF,	/* nothing is counted: no segment could be had, or --no-follow */
};

/* What a thread has at hand. All of it is 0 in a new thread. */
struct thread {
	/* Sampled: bytes until the next sample. A request of so many or more takes the slow way; in
	 * the other modes it is always 0, so that all do. */
	uint64_t left;
	uint32_t phase; /* enum phase */
	struct segment_row *rows;
	struct segment_spread *spreads;
	struct segment_shard *shard;
	uint32_t shared;   /* the shard is the last one, under shared_lock */
	uint32_t gen;	   /* for the memo: another number for each thread */
	uint64_t last;	   /* the thread's last block; 0: it was freed */
	int64_t high, low; /* when shard->live goes out of these the peak is looked at */
	uint32_t untimed;  /* blocks until one has its lifetime measured */
	bool at_peak;	   /* what is live is the peak: account.c */
	uint32_t shard_no;
	/* What its frames had last: never NULL where the phase is PHASE_READY; what it was told for
	 * is @epoch. */
	struct memo *again;
	uint32_t epoch;
	struct memo *memo; /* NULL: it walks each time */
	uint64_t stack_lo, stack_hi, stack_size;
	uint64_t random;
};

/* The next provider of each function, in the order of the libraries. */
struct provider {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*memalign)(size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	void (*free)(void *);
	size_t (*malloc_usable_size)(void *);
	int (*dlclose)(void *);
	int (*getattr)(pthread_t, pthread_attr_t *);
	int (*prctl)(int, unsigned long, unsigned long, unsigned long, unsigned long);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
			   const posix_spawnattr_t *, char *const[], char *const[]);
	int (*posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *,
			    const posix_spawnattr_t *, char *const[], char *const[]);
};

struct memprof {
	/* Read on each call, written seldom. */
	struct segment_header *head;
	uint32_t mode;	  /* enum segment_mode */
	uint32_t trailer; /* bytes added to each block: 8 or 0 */
	uint64_t rate;
	uint32_t free_mask;  /* of the filter's places that are looked at; 0: each free is slow */
	uint32_t lock_token; /* what locks of this process are held with: a child's differs */
	uint32_t id_base; /* added to a stack's number in table and trailer: below are a parent's */
	uint32_t epoch;	  /* goes up when modules may have gone */
	uint32_t last_number; /* of a stack: head->stacks_max - 1 */
	uint64_t trailer_salt;
	bool memo, timed, by_thread;
	bool filtered; /* by seccomp, from the beginning */
	bool alone;    /* one thread at most counts, and none did beside it */

	struct provider next;

	/* Written seldom. */
	bool ready, off, no_follow, needs_segment;
	bool no_clock;	  /* who asks for the time is killed */
	uint32_t threads; /* that there were: generations of memos */
	uint32_t shared_lock, stacks_lock;
	uint32_t shard_taken[SEGMENT_SHARDS];
	struct memo *memos[SEGMENT_SHARDS];
	uint32_t stacks_max, shards_max, live_lines;
	char socket[100]; /* of the collector, an abstract name */
	char comm[16];
};

extern struct memprof memprof;
extern __thread struct thread thread __attribute__((tls_model("initial-exec")));

/* The processor may do something else meanwhile. */
INLINE void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("yield");
#endif
}

/* Spins. A token of another process (the parent, at the time of fork) does not hold a lock. */
static inline void lock(uint32_t *word)
{
	for (unsigned int spins = 0;
	     __atomic_exchange_n(word, memprof.lock_token, __ATOMIC_ACQUIRE) == memprof.lock_token;)
		if (++spins % 64 == 0)
			sched_yield();
		else
			relax();
}

static inline void unlock(uint32_t *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static inline void lose(enum segment_loss what, uint64_t count)
{
	__atomic_fetch_add(&memprof.head->losses[what], count, __ATOMIC_RELAXED);
}

/* --- process.c --- */

/* Makes everything ready, at the first call of any entry. */
void process_start(void);
/* Gives a child of fork() its own segment, at its first call that counts. */
void process_new_segment(void);
/* What each thing may take that is mapped for long: an eighth of the address space, where that is
 * limited. Most of it is the program's. */
uint64_t space_limit(void);
/* Private memory, all 0, from the kernel; NULL when there is none. */
void *map_private(size_t size);
/* Blocks that are asked for while the next provider is being looked for come from a small reserve
 * that is never given back. */
enum { RESERVE_BYTES = 64 << 10 };
extern char reserve[RESERVE_BYTES];
static inline bool reserve_owns(const void *p)
{
	return (uint64_t)p - (uint64_t)reserve < RESERVE_BYTES;
}
void *reserve_take(size_t size, size_t align);
size_t reserve_size(const void *p);

/* --- entry.c --- */

/* Once the mode is known. */
void entry_choose_ways(void);
/* Makes what this thread is missing. True: it counts. */
bool entry_ready(struct thread *t);
/* free(), whatever is to be asked. */
void entry_free_slow(void *p);
/* For what another function gives, or takes back, with two more arguments: as malloc() and free(),
 * counted once even if it comes to these after all. @fp: the frame that the program called. */
void *entry_allocate_by(void *(*give)(size_t, uint64_t, const void *), size_t size, uint64_t a,
			const void *b, const uint64_t *fp);
void entry_free_by(void (*take_back)(void *, uint64_t, const void *), void *p, uint64_t a,
		   const void *b);

/* --- exec.c --- */

/* What this process becomes or starts keeps the library, if it is in the environment at all. Once,
 * before the program's own code; without it nothing is done. */
void exec_start(void);

/* --- thread.c --- */

/* Makes this thread ready. */
void thread_start(struct thread *t);
bool thread_key_create(void);

/* --- stacks.c --- */

bool stacks_start(void);
/* The number of a stack; 0 when there is no room. */
uint32_t stacks_number(const struct unwind_stack *stack);
/* A module was unloaded. */
void stacks_modules_changed(void);

/* --- account.c --- */

void account_peak(struct thread *t);
void account_leave_peak(struct thread *t);
void account_not_alone(void);

#pragma GCC visibility pop

#endif
