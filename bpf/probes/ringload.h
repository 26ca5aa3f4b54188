/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ring load: records whose every bit is known beforehand, so that a consumer can tell a right
 * one from a wrong one. Shared by the BPF producer (ringload.bpf.c) and the checker in user space
 * (harness/ring/ring_check.c).
 *
 * A record is @bytes / 8 words of 64 bits. The first says who wrote it and when:
 *
 *   63..56 producer    55..16 sequence number, from 0    15..0 check of the 48 bits before
 *
 * The others follow from the first: a record is right only when all its words are. A producer takes
 * a sequence number for each *attempt*, so a record that found no room is a gap in the sequence,
 * and gaps must equal the drops counted.
 */
#ifndef BPF_RINGLOAD_H
#define BPF_RINGLOAD_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define RINGLOAD_PRODUCERS  2
#define RINGLOAD_MAX_CPUS   512	 /* slots of the table of rings, one for each possible CPU */
#define RINGLOAD_MAX_RECORD 1024 /* bytes; the verifier walks through every word of a batch */
#define RINGLOAD_MAX_BATCH  1000

#define RINGLOAD_MIX                                                                               \
	0x9e3779b97f4a7c15ULL /* 2^64 / golden ratio, odd: a bijection by multiplication (Knuth,   \
				 TAOCP 3, 6.4) */
#define RINGLOAD_STEP 0xd1b54a32d192ed03ULL /* odd */

/* When the producer tells a sleeping consumer. The kernel's flags: include/uapi/linux/bpf.h,
 * BPF_RB_*. */
enum ringload_wakeup {
	RINGLOAD_WAKE_EACH, /* flag 0, the kernel's own choice: whenever the consumer has caught up
			     */
	RINGLOAD_WAKE_NONE, /* BPF_RB_NO_WAKEUP */
	RINGLOAD_WAKE_PENDING, /* BPF_RB_FORCE_WAKEUP once @pending_bytes wait, else none */
	RINGLOAD_WAKE_FORCE,   /* BPF_RB_FORCE_WAKEUP for every record */
};

/* Wrong on purpose, so that a test can see the checker find it. Every 1009th record is hit. */
enum ringload_fault {
	RINGLOAD_FAULT_NONE,
	RINGLOAD_FAULT_CORRUPT, /* a wrong bit in the last word */
	RINGLOAD_FAULT_LOSE,	/* not written and not counted as dropped */
	RINGLOAD_FAULT_REPEAT,	/* the record before, once more */
};

/* Read-only for the program: set before it is loaded. */
struct ringload_config {
	__u32 record_bytes;  /* a multiple of 8, 8..RINGLOAD_MAX_RECORD */
	__u32 batch;	     /* records a run, 1..RINGLOAD_MAX_BATCH */
	__u32 wakeup;	     /* enum ringload_wakeup */
	__u32 pending_bytes; /* for RINGLOAD_WAKE_PENDING */
	__u32 per_cpu;	     /* 1: the ring of this CPU in ringload_rings, 0: ringload_ring */
	__u32 fault;	     /* enum ringload_fault */
	__s64 call;	     /* getpgid's number, for a program that sees every call */
};

/* One producer's books, alone on its cache lines. The program writes, user space clears between
 * runs. */
struct ringload_producer {
	__u64 attempts; /* sequence numbers taken */
	__u64 dropped;	/* attempts that found no room (or, per CPU, no ring) */
	__u64 tid; /* of the thread whose syscalls produce: written by ringload_enlist; 0: nobody */
	__u64 pad[13];
};

struct ringload_state {
	struct ringload_producer producer[RINGLOAD_PRODUCERS];
};

_Static_assert(sizeof(struct ringload_config) == 32, "layout of ringload_config");
_Static_assert(sizeof(struct ringload_producer) == 128, "layout of ringload_producer");
_Static_assert(sizeof(struct ringload_state) == 128 * RINGLOAD_PRODUCERS,
	       "layout of ringload_state");

#define RINGLOAD_SEQ_MASK 0xffffffffffULL

static inline __u64 ringload_head(__u64 producer, __u64 seq)
{
	return producer << 56 | (seq & RINGLOAD_SEQ_MASK) << 16;
}

/* What follows from a head: its check is the top 16 bits, the next word is this + RINGLOAD_STEP,
 * and so on. */
static inline __u64 ringload_mix(__u64 head)
{
	return head * RINGLOAD_MIX;
}

#endif
