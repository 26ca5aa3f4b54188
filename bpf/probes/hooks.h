/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What hooks.bpf.c and its user-space half (harness/hooks.c) agree on. */
#ifndef BPF_HOOKS_H
#define BPF_HOOKS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Set before loading. */
struct hooks_config {
	__u64 mark; /* first argument of the calls that count */
	__u64 name; /* the first 8 bytes of the name of the processes that count */
	__s64 call; /* getpgid's number */
};

/* In .bss. */
struct hooks_state {
	__u64 runs; /* that a program has had for what counts */
};

_Static_assert(sizeof(struct hooks_config) == 24, "hooks_config");

#endif
