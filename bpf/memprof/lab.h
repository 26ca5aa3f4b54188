/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of the document's lab ("Memory Allocation Profiler"), for both sides. */
#ifndef BPF_MEMPROF_LAB_H
#define BPF_MEMPROF_LAB_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum {
	LAB_STACK_DEPTH = 127, /* MAX_STACK_DEPTH of the document */
	LAB_STACKS = 10000,    /* MAX_STACKS */
	LAB_BUCKETS = 20,      /* SIZE_BUCKETS, of which its program uses the first six */
	LAB_BUCKETS_USED = 6,
};

struct alloc_info {
	__u64 size;
	__u64 timestamp;
	__u32 stack_id;
	__u32 pid;
};

_Static_assert(sizeof(struct alloc_info) == 24, "ALLOC_INFO_SIZE of the document");

#endif
