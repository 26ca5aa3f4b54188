/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What of the kernel's allocations is wanted, as it is written on the command line. */
#ifndef MEMPROF_KERNEL_FILTER_H
#define MEMPROF_KERNEL_FILTER_H

#include <linux/types.h>

#include "memprof/kernel/tracer.h"

/* Those that return something: 0 or -errno after saying why. */

/* "kmalloc,cache,pages" or a part of it, into @t->kinds. */
int filter_kinds(const char *words, struct tracer_options *t);
/* A process that is there; 0: all. */
int filter_process(uint64_t pid, struct tracer_options *t);
/* Our namespace of processes, as bpf_get_ns_current_pid_tgid() asks for it; 0 and 0: the first. */
void filter_namespace(__u64 *device, __u64 *inode);
/* The folder of a cgroup, absolute or below the mount of cgroup2; NULL: all. */
int filter_cgroup(const char *path, struct tracer_options *t);

#endif
