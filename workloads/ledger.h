/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ledger: the raw syscalls a workload made between the two barriers, with number, arguments,
 * result, times and thread, in memory shared with the harness. It is the truth monitors are judged
 * by, so a workload makes them through these wrappers only, and between the barriers nothing else
 * in its process may (no malloc, no stdio, no pthread_create). Every workload's ledger holds every
 * memory call; which other calls one holds all of, ledger_knows() says.
 *
 * A lane belongs to one thread and is written by it alone; its entries are in program order, and
 * never go back in time. Merged by time, the lanes of a process replay what became of its address
 * space.
 */
#ifndef WORKLOADS_LEDGER_H
#define WORKLOADS_LEDGER_H

#include "lib/base.h"

/* The memory calls, which replay what became of an address space, all the others, and the calls of
 * an allocator, which are no system calls (workloads/heap.h). */
enum ledger_op {
	LEDGER_MMAP,
	LEDGER_MUNMAP,
	LEDGER_BRK,
	LEDGER_MREMAP,
	LEDGER_OP_COUNT,
	LEDGER_OTHER = LEDGER_OP_COUNT,
	LEDGER_HEAP,
	LEDGER_OP_END,
};

extern const char *const ledger_op_names[LEDGER_OP_COUNT]; /* "mmap", ... */

enum { LEDGER_ARGS = 6 };

struct ledger_entry {
	union {
		uint64_t args[LEDGER_ARGS]; /* as the kernel was given them */
		struct {
			uint64_t addr; /* mmap: the hint; munmap, mremap: start; brk: the break
					  asked for */
			uint64_t len;  /* mmap, munmap: length; mremap: old length */
			uint64_t len2; /* mremap: new length; of no other call a length */
		};
	};
	int64_t ret; /* what the kernel returned: address, 0, new break, or -errno (raw, not libc's
			-1) */
	uint32_t op; /* enum ledger_op; of LEDGER_HEAP: nr is the function, addr and len the block
			that it was given, len2 what was asked for, ret the block that it gave */
	uint32_t flags; /* mmap: MAP_*; mremap: MREMAP_* */
	uint32_t nr;	/* the system call's number on this processor */
	/* CLOCK_MONOTONIC: of a munmap before the call, of the others after it. So an address is
	 * given back before another thread can be given it, and handed over before it is given
	 * back. */
	uint64_t when_ns;
	uint64_t start_ns, end_ns; /* just before the call and just after it */
};

/* Two cache lines: a thread's writes do not slow down its neighbour's. */
struct ledger_lane {
	uint32_t tid, tgid; /* in the thread's own namespace, or as ledger_set_numbers() */
	char comm[16];	    /* of the thread when it opened the lane */
	uint64_t first;	    /* index of its first entry in the ledger's entry array */
	uint64_t capacity;  /* entries it may write */
	uint64_t count;	    /* entries written */
	uint64_t start_brk; /* the process's break when the lane was opened, 0 when never asked */
	uint64_t index;	    /* of this lane */
	uint64_t cpu_ns;    /* CPU time of the thread's work: CLOCK_THREAD_CPUTIME_ID */
	uint64_t user_ns, system_ns; /* the same split by getrusage(RUSAGE_THREAD) */
	uint64_t start_vm_bytes; /* VmSize of the process when the lane was opened; 0: not known */
	uint64_t end_vm_bytes;	 /* the same at ledger_close_lane(); 0: was not called */
	uint64_t spare[3];
};
_Static_assert(sizeof(struct ledger_lane) == 128, "a lane is two cache lines");

struct ledger; /* opaque; lives in MAP_SHARED memory */

/*
 * Makes a ledger for at most @lanes threads and @entries calls altogether. Call before fork().
 * Returns 0, or -errno after saying why. Owner: the process that made it.
 */
int ledger_create(struct ledger **out, uint32_t lanes, uint64_t entries);
/*
 * The same, for a workload that is another program: @fd, which it inherits, is the ledger's memory,
 * and @note, which ledger_open() gives back, what it is to do. The caller closes @fd.
 */
enum { LEDGER_NOTE_BYTES = 4096 };
int ledger_create_shared(struct ledger **out, uint32_t lanes, uint64_t entries, const void *note,
			 size_t note_bytes, int *fd);
/* In that program. Returns 0 or -errno; prints nothing. Neither allocates. */
int ledger_open(struct ledger **out, int fd);
const void *ledger_note(const struct ledger *l);
void ledger_destroy(struct ledger *l);

/*
 * In the child, before the window: makes its page-table entries for the ledger, so that writing it
 * takes no page fault (a child process does not inherit those of shared memory), and asks for the
 * break, which lanes take as start_brk. Makes one brk(0) call that is written nowhere.
 */
void ledger_prepare(struct ledger *l);

/*
 * In a thread (or a process forked inside the window): opens its lane with room for @entries. Makes
 * no memory syscall. NULL when there is no room left: ledger_overflowed() is true from then on and
 * the trial is void.
 */
struct ledger_lane *ledger_open_lane(struct ledger *l, uint64_t entries);

/* From now on each thread that opens a lane runs the BPF program @prog_fd with the lane's index. */
void ledger_note_numbers(struct ledger *l, int prog_fd);
/* What that program found out, of lane @i. */
void ledger_set_numbers(struct ledger *l, uint32_t i, uint32_t tgid, uint32_t tid);

/*
 * At the end of a process that ends inside the window: writes down its VmSize, which nobody can
 * read later. Makes no memory syscall. Accepts NULL.
 */
void ledger_close_lane(struct ledger_lane *lane);

/* Whether a lane or an entry did not fit: then the ledger does not hold everything. */
bool ledger_overflowed(const struct ledger *l);
uint32_t ledger_lane_count(const struct ledger *l);
const struct ledger_lane *ledger_lane(const struct ledger *l, uint32_t i);
const struct ledger_entry *ledger_entries(const struct ledger *l, const struct ledger_lane *lane);

/*
 * In warm_up(): this workload makes no other call through anything but the wrappers, so that its
 * ledger is complete but for what the harness itself calls around it.
 */
void ledger_note_all_calls(struct ledger *l);
/*
 * Does the ledger hold every call numbered @nr that its process made in the window? Memory calls
 * always; others as ledger_note_all_calls() says, except for those by which barriers, threads and
 * clocks of the harness work (recvfrom, sendto, futex, sched_yield, getrusage, clock_gettime).
 */
bool ledger_knows(const struct ledger *l, uint32_t nr);

/* The window, CLOCK_MONOTONIC ns; 0 when it did not open or close. */
void ledger_open_window(struct ledger *l);
void ledger_close_window(struct ledger *l);
uint64_t ledger_window_start_ns(const struct ledger *l);
uint64_t ledger_window_end_ns(const struct ledger *l);

/* True when @ret of a raw syscall is an error (-4095..-1). */
static inline bool ledger_failed(int64_t ret)
{
	return ret < 0 && ret >= -4095;
}

/*
 * The thread's own CPU time, for monitors of the CPU. Called by the child and the crew around a
 * thread's work: a workload need not. Accepts NULL.
 */
void ledger_cpu_begin(struct ledger_lane *lane);
void ledger_cpu_end(struct ledger_lane *lane);

/* Work units done (the denominator of an overhead); a workload adds to it once, at the end. */
void ledger_add_units(struct ledger *l, uint64_t units);
uint64_t ledger_units(const struct ledger *l);

/*
 * Raw syscalls that write the lane. They return what the kernel returned: never -1/errno. A NULL
 * lane makes the bare call; so does a full one, and ledger_overflowed() is true from then on.
 */
int64_t wl_mmap(struct ledger_lane *lane, uint64_t addr, uint64_t len, int prot, int flags);
int64_t wl_munmap(struct ledger_lane *lane, uint64_t addr, uint64_t len);
int64_t wl_brk(struct ledger_lane *lane, uint64_t addr);
int64_t wl_mremap(struct ledger_lane *lane, uint64_t addr, uint64_t old_len, uint64_t new_len,
		  int flags, uint64_t new_addr);
/* Writes down a call that was made by other means: of an allocator. */
void ledger_write(struct ledger_lane *lane, const struct ledger_entry *e);
/* Any call: memory calls by number become theirs. A process or thread that the call makes must not
 * return into the caller. */
int64_t wl_call(struct ledger_lane *lane, uint32_t nr, const uint64_t args[LEDGER_ARGS]);

#endif
