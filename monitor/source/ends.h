/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring of ended processes, read by its pages. Private to tasks.c. */
#ifndef MONITOR_SOURCE_ENDS_H
#define MONITOR_SOURCE_ENDS_H

#include "lib/base.h"

#include "bpf/procs/tasks.h"

/* Takes all that is in the ring @fd of TASK_ENDS_BYTES. 0 or -errno; prints nothing. */
int ends_take(int fd, void (*fn)(void *arg, const struct task_end *end), void *arg);

#endif
