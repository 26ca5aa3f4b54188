/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Readers of /proc that take its root, so that tests feed them fixtures. */
#ifndef LIB_PROCFS_H
#define LIB_PROCFS_H

#include "lib/base.h"

/* /proc/PID/status; kB there, bytes here. A kernel thread has none of them: all 0. */
struct proc_memory {
	uint64_t size_bytes; /* VmSize: mapped address space */
	uint64_t peak_bytes; /* VmPeak: highest VmSize */
	uint64_t rss_bytes;  /* VmRSS: resident pages */
	uint64_t hwm_bytes;  /* VmHWM: highest VmRSS */
};

/* Returns 0 or -errno (-ESRCH: no such process); prints nothing. */
int procfs_memory(const char *root, pid_t pid, struct proc_memory *out);

struct proc_cpu {
	uint64_t user_ns,
		system_ns; /* /proc/PID/stat utime, stime: ticks of 1/sysconf(_SC_CLK_TCK) s */
};

/* Of the process with all its threads. Returns 0 or -errno; prints nothing. */
int procfs_cpu(const char *root, pid_t pid, struct proc_cpu *out);

/* Time that a hypervisor took from all CPUs together since boot (/proc/stat, steal), in ns, in
 * ticks as above. A thread's own clock does not run meanwhile. Returns 0 or -errno; prints nothing.
 */
int procfs_steal(const char *root, uint64_t *ns);

/* Bytes that the map behind @fd takes: "memlock" of /proc/self/fdinfo. 0 when it does not say. */
uint64_t procfs_map_bytes(int fd);

/* Where a file system of @type ("tracefs", "bpf", "cgroup2") is mounted. Returns 0, -ENOENT or
 * -errno; prints nothing. */
int procfs_find_mount(const char *root, const char *type, char *path, size_t size);

#endif
