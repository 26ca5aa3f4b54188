/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A count of system calls that owes nothing to BPF: perf counters on raw_syscalls:sys_enter with an
 * id filter, inherited by all that a process forks (perf_event_open(2)). It confirms the oracle
 * where the machine allows it.
 */
#ifndef HARNESS_PERF_COUNT_H
#define HARNESS_PERF_COUNT_H

#include "lib/base.h"
#include "workloads/ledger.h"

struct perf_count {
	int fd[LEDGER_OP_COUNT]; /* -1: not counted */
};

/*
 * Counts mmap, munmap and brk of @pid and its descendants to come, from now on. Returns 0, or
 * -errno silently: this machine does not offer it (no tracefs, not allowed).
 */
int perf_count_open(struct perf_count *p, pid_t pid);
/* After the processes have ended. Returns 0 or -errno. */
int perf_count_read(const struct perf_count *p, uint64_t calls[LEDGER_OP_COUNT]);
/* Accepts one that failed to open. */
void perf_count_close(struct perf_count *p);

#endif
