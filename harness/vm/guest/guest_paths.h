/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel paths whose instructions are counted. Under `-icount shift=0` the guest's time-stamp
 * counter advances by one for each instruction executed (QEMU, docs/devel/tcg-icount.rst), so a
 * difference of two readings around a syscall is a count of instructions; what the same code counts
 * with a `nop` in the syscall's place is taken off, which leaves the kernel's.
 */
#ifndef VM_GUEST_PATHS_H
#define VM_GUEST_PATHS_H

#include "lib/base.h"
#include "harness/vm/guest/guest_ring.h"
#include "workloads/syscall_table.h"

enum {
	GUEST_MIN_CALLS = 16,
	GUEST_MAX_CALLS = 1024,
	GUEST_MAX_PERCENT = 400,  /* of the usual calls that a path may want */
	GUEST_WARM_UP_CALLS = 64, /* before those that are counted */
	GUEST_WARM_UP_TASKS = 16, /* the same where each call takes a new thread or process */
	GUEST_MORE_THREADS = 8,	  /* others that may make a key: the worker's first, init */
};

enum guest_path_needs {
	GUEST_NEEDS_RING = 1 << 0,	/* the object has a ring buffer */
	GUEST_NEEDS_FULL_HASH = 1 << 1, /* its hashes are full of keys that are no thread's */
	GUEST_NEEDS_ROOM = 1 << 2,	/* its hashes take a new key at each call */
	GUEST_TAKES_TASKS = 1 << 3,	/* a thread or process for each call */
};

enum guest_kind {
	GUEST_MMAP,
	GUEST_SMALL,
	GUEST_MUNMAP,
	GUEST_BRK,
	GUEST_OTHER,
	GUEST_TABLE,
	GUEST_KMALLOC, /* a message is sent: one kmalloc */
	GUEST_KFREE,   /* it is received: one kfree */
};

struct guest_path {
	char name[64];	  /* "openat-first" */
	char same_as[64]; /* path that does the same where no object is attached; may be itself */
	char call[48];	  /* what is called: "mmap"; "openat", which fails; "openat-ok" */
	enum guest_kind kind;
	const struct syscall_row *row; /* of GUEST_TABLE: the harmless call */
	bool fails;		       /* and which of its two */
	uint32_t needs;
	bool waiting;	      /* each is made by a task that waits for it, not by a new one */
	unsigned int percent; /* of the usual number of calls: how many it gets */
	int (*run)(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n);
};

/*
 * The paths by number: those of memory calls and of what is beside them, then those of every
 * harmless call of workloads/syscall_table.h. False: there is none of that number here.
 */
size_t guest_path_count(void);
bool guest_path_get(size_t index, struct guest_path *out);
/*
 * Fills @out with @n counts, one a call, or with fewer where tasks are dear and the figure stands.
 * @r: the rings of what is attached. Call it in a process of its own
 * (harness/vm/guest/guest_worker.h). Returns how many, or -errno.
 */
int guest_path_run(const struct guest_path *p, struct guest_rings *r, uint64_t *out, size_t n);

#endif
