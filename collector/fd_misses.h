/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs that the kernel skipped of the BPF programs of another process. */
#ifndef COLLECTOR_FD_MISSES_H
#define COLLECTOR_FD_MISSES_H

#include <sys/types.h>

#include "lib/base.h"

/*
 * Over the programs that @pid has open, as /proc/PID/fdinfo has them. UINT64_MAX: it has none, or
 * may not be looked at, or the kernel does not say (before Linux 5.12).
 */
uint64_t fd_misses(pid_t pid);

#endif
