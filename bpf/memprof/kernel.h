/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs on the kernel's allocators count and keep (kernel.bpf.c), for both sides. Bytes
 * are those asked for unless it says "taken", which is what the allocator gave.
 */
#ifndef BPF_MEMPROF_KERNEL_H
#define BPF_MEMPROF_KERNEL_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* One for each tracepoint. The first half allocates; the free of OP is OP + KERNEL_KINDS. */
enum kernel_op {
	KERNEL_KMALLOC,
	KERNEL_CACHE_ALLOC,
	KERNEL_PAGE_ALLOC,
	KERNEL_KFREE,
	KERNEL_CACHE_FREE,
	KERNEL_PAGE_FREE,
	KERNEL_OPS,
	KERNEL_KINDS = KERNEL_KFREE,
};

enum {
	KERNEL_FRAMES = 127,  /* of a stack: what kernel.perf_event_max_stack allows at first */
	KERNEL_BUCKETS = 65,  /* bucket n: numbers of n bits */
	KERNEL_FILTER = 65536 /* counters that know which addresses cannot be in the live table */
};

/* Set before loading. */
struct kernel_settings {
	__u64 cgroup_id;    /* count what runs below this cgroup; 0: everything */
	__u64 cgroup_level; /* of it; 0: not known, it alone without what is below */
	__u64 pidns_device; /* of the namespace that @tgid is of; 0: the first one */
	__u64 pidns_inode;
	__u32 tgid;	 /* count this process; 0: all */
	__u32 counts;	 /* sums alone */
	__u64 every;	 /* each so-manieth allocation; 0: by bytes */
	__u64 rate;	 /* by bytes: the mean distance of samples */
	__u32 copy_user; /* send the user's stack with each chosen allocation */
	__u32 unused;
	__u32 log2[257]; /* log2(1 + i / 256) * 65536 */
	__u32 unused2;
};

/* Of one tracepoint on one CPU. Only its own program writes it, which cannot interrupt itself there
 * (what it would have interrupted is a recursion miss of the program): nothing is lost. */
struct kernel_counters {
	__u64 events; /* in the filter; of frees, those of an address that is not NULL */
	__u64 bytes, taken;
	__u64 null;	     /* frees of NULL */
	__u64 found, missed; /* frees of a block that the live table had, or had not */
	__u64 elsewhere;     /* found, and another process than the allocating one freed it */
	__u64 chosen;	     /* allocations with a stack */
	__u64 overwritten;   /* the address was live still: its free had no event */
	__u64 no_stack;	     /* the kernel gave none */
	__u64 stacks_full, groups_full, live_full, ring_full;
	__u64 seeded;
	__s64 left; /* bytes, or allocations, up to the next one that is chosen */
	__u64 sizes[KERNEL_BUCKETS], size_bytes[KERNEL_BUCKETS]; /* by bytes */
	__u64 lifetimes[KERNEL_BUCKETS];			 /* of found blocks, by ns */
};

/* Leaf first; the first few are the tracepoint's own. */
struct kernel_stack {
	__u64 n;
	__u64 pc[KERNEL_FRAMES];
};

struct kernel_process_key {
	__u32 tgid;
	__u32 start_ms; /* since boot, the low 32 bits: a number alone is used again */
};

struct kernel_process {
	__u64 start_ns; /* CLOCK_BOOTTIME */
	__u64 cgroup_id;
	__u32 parent;
	__u32 kernel_thread;
	char comm[16];
};

/* What is added up together. */
struct kernel_group_key {
	__u64 stack; /* hash; 0: none, or no room for it */
	__u64 size;  /* where a sample's weight depends on it; else 0 */
	struct kernel_process_key process;
	__u32 op;
	__u32 unused;
};

/* Of the chosen allocations alone. */
struct kernel_group {
	__u64 allocs, bytes, taken, frees, freed_bytes;
};

/* By address. */
struct kernel_live {
	struct kernel_group_key group;
	__u64 size, taken;
	__u64 when_ns; /* CLOCK_MONOTONIC */
	__u64 id;      /* of the kernel_sample, where user stacks are copied */
};

_Static_assert(sizeof(struct kernel_group_key) == 32, "kernel_group_key");
_Static_assert(sizeof(struct kernel_live) == 64, "kernel_live");
_Static_assert(sizeof(struct kernel_process) == 40, "kernel_process");

#endif
