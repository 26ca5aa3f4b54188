/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A walk along all tasks from inside a program (Linux 6.7 and later): the kernel's own list, in the
 * order in which tasks were made, each process before its other threads. Tasks are neither looked
 * up by their number nor held, as those of an iterator's program are. For SEC("?syscall"), which
 * user space runs; BTF of older kernels has none of this, so it is declared here.
 */
#ifndef BPF_WALK_H
#define BPF_WALK_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "bpf/calls/walked.h"

/* As the kernel's struct bpf_iter_task. */
struct walk {
	__u64 opaque[3];
};

/* As the kernel's BPF_TASK_ITER_ALL_PROCS and so on. */
enum { WALK_PROCESSES = 0, WALK_THREADS = 1 };

/* As its struct bpf_iter_num. */
struct walk_numbers {
	__u64 opaque;
};

extern int bpf_iter_num_new(struct walk_numbers *it, int from, int to) __weak __ksym;
extern int *bpf_iter_num_next(struct walk_numbers *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct walk_numbers *it) __weak __ksym;
extern int bpf_iter_task_new(struct walk *it, struct task_struct *task,
			     unsigned int flags) __weak __ksym;
extern struct task_struct *bpf_iter_task_next(struct walk *it) __weak __ksym;
extern void bpf_iter_task_destroy(struct walk *it) __weak __ksym;
extern struct task_struct *bpf_task_from_pid(__s32 pid) __weak __ksym;
extern void bpf_task_release(struct task_struct *task) __weak __ksym;
extern void *bpf_rdonly_cast(const void *of, __u32 type) __weak __ksym;
extern void bpf_rcu_read_lock(void) __weak __ksym;
extern void bpf_rcu_read_unlock(void) __weak __ksym;

static __always_inline void walk_begin(struct walk *w, bool threads)
{
	bpf_rcu_read_lock();
	bpf_iter_task_new(w, NULL, threads ? WALK_THREADS : WALK_PROCESSES);
}

/* The next one; of all the first is the idle task, of number 0. NULL: that were all. */
static __always_inline struct task_struct *walk_next(struct walk *w)
{
	return bpf_iter_task_next(w);
}

/*
 * The same task, of which things can only be read. For each pointer that is read from what the
 * verifier trusts it searches all types of the kernel, three times: a loop that reads many would
 * take it half a minute.
 */
static __always_inline struct task_struct *walk_plain(struct task_struct *task)
{
	return bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
}

static __always_inline void walk_clear(struct walked *to)
{
	to->used = sizeof(*to);
	to->nsame = 0;
	to->full = 0;
}

/* Adds a record of @size bytes, a multiple of 8, to @to, which has @bytes in all; both are
 * constants. The record, all 0; NULL: there is no room. */
static __always_inline void *walk_room(struct walked *to, __u32 bytes, __u32 size)
{
	__u64 at = to->used, *record;

	if (at > bytes - size) {
		to->full = 1;
		return NULL;
	}
	record = __builtin_assume_aligned((void *)to + at, sizeof(*record));
	to->used = at + size;
	__builtin_memset(record, 0, size);
	return record;
}

static __always_inline void walk_end(struct walk *w)
{
	bpf_iter_task_destroy(w);
	bpf_rcu_read_unlock();
}

/* What a program returns: bytes written to @to; 0: there was no room for all. */
static __always_inline int walk_used(const struct walked *to)
{
	return to->full ? 0 : to->used;
}

#endif
