/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The program's side of a ring for one CPU (mapped_ring.h), at a third of the instructions of the
 * kernel's ring buffer: no lock, no call.
 *
 * Why it needs none. At the end of a system call a program runs in a task, never in an interrupt,
 * so nothing nests but another task's call on the same CPU. Before Linux 7 the tracepoint runs with
 * preemption off, and a perf event always does; where a tp_btf program can be preempted, the kernel
 * counts the program as active on that CPU and skips another task's run of it (docs/linux7.md).
 * So of one program one run at a time is on a CPU, and who writes to a ring is alone: one
 * program of the object may write to it, from there, and never from an interrupt.
 *
 * The reader must not see the position before the record. x86-64 and s390x keep stores in their
 * order; what is left is to keep the compiler from moving them. On arm64 the position is exchanged
 * atomically, which releases what was stored before it (SWPAL, or a loop with STLXR). The reader's
 * position is read, a branch depends on it, and stores behind that branch come after it everywhere.
 *
 * What the reader may have written to its mapping moves a record to another place of the same
 * ring, and nothing else: places are masked.
 */
#ifndef BPF_MAPPED_RING_BPF_H
#define BPF_MAPPED_RING_BPF_H

#include <bpf/bpf_helpers.h>

#include "bpf/ring/mapped_ring.h"

/* A record that is being written. */
struct mapped_ring_room {
	__u64 at;      /* where it begins, in bytes since the ring was made */
	__u64 waiting; /* bytes that were waiting for the reader before it */
};

/* Room for a record of @length bytes, a constant and a multiple of 8, in @ring, which has @bytes,
 * that the verifier knows. NULL: it is full. */
static __always_inline void *mapped_ring_reserve(void *ring, __u64 bytes, __u32 length,
						 struct mapped_ring_room *room)
{
	__u32 *record;

	room->at = *(volatile __u64 *)(ring + MAPPED_RING_PRODUCER);
	room->waiting = room->at - *(volatile __u64 *)(ring + MAPPED_RING_CONSUMER);
	if (room->waiting > bytes - MAPPED_RING_HEADER - length)
		return NULL;
	record = ring + MAPPED_RING_DATA + (room->at & (bytes - 8));
	*(__u64 *)record = 0;
	*record = length;
	return (void *)record + MAPPED_RING_HEADER;
}

/* The record is whole: the reader may have it. */
static __always_inline void mapped_ring_submit(void *ring, const struct mapped_ring_room *room,
					       __u32 length)
{
	__u64 *producer = ring + MAPPED_RING_PRODUCER;

#ifdef __TARGET_ARCH_arm64
	__sync_lock_test_and_set(producer, room->at + MAPPED_RING_HEADER + length);
#else
	barrier();
	*(volatile __u64 *)producer = room->at + MAPPED_RING_HEADER + length;
#endif
}

#endif
