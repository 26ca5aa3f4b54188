/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads and processes of a worker that do one thing each: new ones, or ones that wait for it. A
 * new one is dear: the kernel clears its stack, an instruction for each byte. For a monitor that
 * knows nothing of a task any more, one that waits is as good (guest_object_forgets()).
 */
#ifndef VM_GUEST_TASKS_H
#define VM_GUEST_TASKS_H

#include <pthread.h>

#include "lib/base.h"

enum guest_task {
	GUEST_THREAD,
	/* A process of its own that shares all that can be shared: nothing is copied. */
	GUEST_PROCESS,
};

/* How many can wait in a guest of so much memory: some 30 KiB of the kernel's each. */
size_t guest_tasks_room(void);

/* @fn(@arg) in a new task, which has ended when this returns. Returns 0 or -errno. */
int guest_task_new(enum guest_task kind, void (*fn)(void *), void *arg);
/*
 * @fn(@arg) in the task number @i, below guest_tasks_room(), of those that wait; it is made when it
 * is wanted first, and waits again when this returns. Returns 0 or -errno.
 */
int guest_task_waiting(enum guest_task kind, size_t i, void (*fn)(void *), void *arg);

/* Attributes of a thread whose stack needs no mmap: the address space stays as it is. For one
 * thread at a time. Returns 0 or -errno; the caller destroys them. */
int guest_task_stack(pthread_attr_t *attr);

#endif
