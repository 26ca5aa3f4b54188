/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Wrong on purpose: one row for the process, and each 101st munmap is counted nowhere, as if two
 * threads had raced. A real race (memmon-tgid) depends on the machine; this one can be counted.
 */
static unsigned long long munmaps;

#define KEY(pid_tgid) ((__u32)((pid_tgid) >> 32))
#define MUNMAP_TIMES  (__sync_add_and_fetch(&munmaps, 1) % 101 != 0)
#include "tests/bpf/wrong_monitor.bpf.h"
