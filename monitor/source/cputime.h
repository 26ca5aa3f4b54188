/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * User and system time as /proc/PID/stat shows them. The scheduler knows to the nanosecond how long
 * a process ran; the tick only samples in which mode. So the kernel divides the first by the ratio
 * of the second, and never lets either go back (kernel/sched/cputime.c, cputime_adjust()).
 */
#ifndef MONITOR_SOURCE_CPUTIME_H
#define MONITOR_SOURCE_CPUTIME_H

#include "lib/base.h"

struct cputime {
	uint64_t user_ns, system_ns;
};

/* @utime, @stime: sampled; @runtime: exact, ns. @shown: what was shown before; becomes what to show
 * now. */
void cputime_scale(uint64_t utime, uint64_t stime, uint64_t runtime, struct cputime *shown);

#endif
