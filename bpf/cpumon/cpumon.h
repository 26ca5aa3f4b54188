/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The CPU monitor's maps: five hashes of u32 -> u64 nanoseconds (seed 001). Two key spaces meet in
 * them: sched_switch knows thread ids, the syscall handlers use the process id
 * (bpf_get_current_pid_tgid() >> 32).
 *
 *   map              key                    value
 *   start_time       thread switched in     when (bpf_ktime_get_ns())
 *   syscall_start    process in a syscall   when its latest syscall began
 *   run_kernel_time  process                time in syscalls since the thread of that number was
 * last switched out user_time        thread                 time on a CPU less run_kernel_time,
 * where that is positive kernel_time      thread                 run_kernel_time, added up at
 * switches
 *
 * What the definition gets wrong, kept because it is the definition: threads of one process
 * overwrite each other's syscall_start; only the main thread (thread id == process id) is ever
 * credited with kernel time; a syscall that sleeps counts its sleep; a run with more kernel time
 * than CPU time is credited with no user time at all.
 */
#ifndef BPF_CPUMON_H
#define BPF_CPUMON_H

#define CPU_MAP_MAX 10240

/* Index 0 of the per-CPU array cpu_loss, which the seed does not have: values that found no room in
 * a full hash. */
#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

struct cpu_loss {
	__u64 map_full;
};

#endif
