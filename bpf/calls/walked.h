/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a walk along all tasks (walk.bpf.h) has written, in memory that the reader has mapped. */
#ifndef BPF_WALKED_H
#define BPF_WALKED_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* This, and behind it the records, in the order in which the kernel has the tasks. */
struct walked {
	__u32 used;  /* bytes, of this struct too */
	__u32 nsame; /* tasks that are told by their number alone, elsewhere */
	__u32 full;  /* not 0: there was no room for all, and nothing of it counts */
	__u32 unused;
};

_Static_assert(sizeof(struct walked) == 16, "walked");

#endif
