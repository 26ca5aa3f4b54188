/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is kept of a thread's switches: the layout that the probe and harness/verify/switches.c
 * share. */
#ifndef BPF_PROBES_SWITCHES_H
#define BPF_PROBES_SWITCHES_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum { SWITCHES_THREADS_MAX = 1024 };

struct switches_thread {
	__u64 ran_ns;	 /* its CPU time (sum_exec_runtime) at its latest switch */
	__u64 before_ns; /* the same when it was first known: 0 of one that was made since */
	__u64 unseen_ns; /* CPU time of runs whose beginning or end was not told */
	__u64 unseen;	 /* such runs */
	__u64 on_cpu;	 /* 1: the latest switch was to it */
};

#endif
