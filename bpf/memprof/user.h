/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the probes on the malloc family of a running process count and keep (user.bpf.c). */
#ifndef BPF_MEMPROF_USER_H
#define BPF_MEMPROF_USER_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "bpf/memprof/sample.h"

/* The cookie of a probe: which arguments its function has. The aligned ones allocate too. */
enum user_function {
	USER_MALLOC,	     /* size */
	USER_CALLOC,	     /* number, size */
	USER_REALLOC,	     /* block, size */
	USER_MEMALIGN,	     /* alignment, size: aligned_alloc too */
	USER_POSIX_MEMALIGN, /* where the address goes, alignment, size */
	USER_VALLOC,	     /* size: pvalloc too */
	USER_FREE,	     /* block */
	USER_USDT_ALLOC,     /* otel_memory:alloc: block, size, bytes that it stands for */
	USER_USDT_FREE,	     /* otel_memory:free: block */
	USER_FUNCTIONS,
};

enum {
	USER_BUCKETS = 65,
	USER_LIVES = 1048576,
	USER_ENDED_MAX = 8192, /* entries that stay though they are of nothing any more */
	USER_RETURNS_MAX = 64, /* of a thread that the kernel waits for: MAX_URETPROBE_DEPTH */
	USER_WALK_SET_BITS = 10,
	USER_WALK_WAYS = 4,
	USER_WALKS = USER_WALK_WAYS << USER_WALK_SET_BITS,
	USER_WALK_BLOCKS = 32,
	USER_BLOCK_WORDS = 8,
};

/* Set before loading. */
struct user_settings {
	__u64 every; /* each so-manieth allocation; 0: by bytes */
	__u64 rate;
	__u64 pidns_device; /* of the namespace that @tgid is of; 0: the first one */
	__u64 pidns_inode;
	__u32 log2[257]; /* as in kernel_settings */
	__u32 tgid;	 /* of the process */
};

/* Added to by all CPUs at once. */
struct user_counters {
	/* Those that worked; a realloc that works is one. Who reads adds them up of @sizes. */
	__u64 allocs, bytes;
	__u64 frees;  /* not of NULL; a realloc that had a block and works is one */
	__u64 null;   /* free(NULL) */
	__u64 failed; /* calls that gave no block */
	/* Frees of a block that the live table had, or had not; the first: who reads adds them up
	 * of @lifetimes. */
	__u64 found, missed;
	__u64 freed_bytes; /* of the found ones */
	__u64 overwritten; /* an address that was live was given out again */
	__u64 live_full, ring_full;
	__u64 lost_allocs, lost_bytes; /* chosen, and their stack found no room in the ring */
	__u64 nested;		       /* calls within calls: the outer one counts */
	__u64 pending_full;
	__u64 too_deep; /* calls that were not watched: USER_RETURNS_MAX */
	__u64 execs;	/* times that the process became another program */
	__u64 ended;	/* an address of a block that had ended so was given out again */
	__u64 weighted; /* bytes that the samples of otel_memory stand for */
	__u64 seeded;	/* @left was drawn */
	__s64 left;	/* bytes, or allocations, up to the next one that is chosen */
	__u64 sizes[USER_BUCKETS], size_bytes[USER_BUCKETS];
	__u64 lifetimes[USER_BUCKETS];
};

/* By address. */
struct user_live {
	__u64 size, weighted;
	__u64 when_ns; /* 0: it was freed */
	__u64 id;      /* of its sample; 0: that was lost */
	__u64 image;   /* execs before it: it has ended where there were more since */
};

/*
 * A walk that the reader knows (memprof/attach/unwind.c): where the registers and the words that it
 * read are these, the stack is the same, by proof, and its number is sent and not the stack. The
 * reader takes @number away before it writes another walk into the place, and no number is given
 * twice: who finds the same before and after has read one walk.
 */
struct user_walk {
	__u64 pc, sp;
	__u64 by[SAMPLE_BY]; /* those that @needs has a bit of */
	__u32 number;	     /* 0: none is here */
	__u16 nblocks, needs;
	struct user_block {
		__u32 offset; /* from the stack pointer */
		__u32 words;  /* bit n: the n-th word counts */
		__u64 word[USER_BLOCK_WORDS];
	} block[USER_WALK_BLOCKS];
};

/* The first of the places that a walk may be at. */
static inline __u32 user_walk_set(__u64 pc, __u64 sp)
{
	__u64 hash = (pc * 0x9E3779B97F4A7C15ULL ^ sp) * 0x9E3779B97F4A7C15ULL;

	return (hash >> (64 - USER_WALK_SET_BITS)) * USER_WALK_WAYS;
}

/* In the ring instead of a sample (sample.h) whose walk is known. */
struct user_known {
	__u64 id, size, weighted;
	__u32 walk; /* its number */
	__u32 tid;
};

/* A thread's call. */
struct user_pending {
	__u64 size;
	__u64 block; /* of realloc */
	__u64 out;   /* of posix_memalign */
	__u64 stack; /* the stack pointer at its entry; 0: it has returned */
	__u32 function, depth;
	__u32 had;   /* @block was in the live table: @was */
	__u32 stays; /* the entry, when it returns */
	struct user_live was;
};

#endif
