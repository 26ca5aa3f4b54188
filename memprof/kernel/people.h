/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The processes of a profile that the kernel's side saw: some of them have ended. */
#ifndef MEMPROF_KERNEL_PEOPLE_H
#define MEMPROF_KERNEL_PEOPLE_H

#include "bpf/memprof/kernel.h"
#include "memprof/profile.h"

/* Adds the process with @key to @p: what the kernel kept of it, and of one that still runs its
 * command line. @known NULL: nothing was kept. Returns its place. */
uint32_t people_add(struct profile *p, const struct kernel_process_key *key,
		    const struct kernel_process *known);

/* The path of the cgroup with number @id below the mount of cgroup2, "" where it is not known (it
 * has gone, or we may not ask). */
void people_cgroup(uint64_t id, char *path, size_t size);

/* CLOCK_REALTIME of a moment of CLOCK_BOOTTIME, of now. */
uint64_t people_real_ns(uint64_t boot_ns);

#endif
