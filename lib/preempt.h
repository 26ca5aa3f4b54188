/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Can a BPF program at a tracepoint be preempted? From Linux 7.0 on it can (docs/linux7.md): the
 * kernel no longer switches preemption off around raw_tp, tp_btf and tracepoint/syscalls programs.
 * While one is off its CPU in its middle, the kernel skips every run of it for other tasks there.
 * Programs that a perf event runs (tracepoint/raw_syscalls, tracepoint/sched) lose nothing.
 *
 * So an object may have a second program for the same place: NAME_steady in a section SEC("?..")
 * stands in for NAME where the kernel is such a one.
 */
#ifndef LIB_PREEMPT_H
#define LIB_PREEMPT_H

#include "lib/base.h"

/*
 * True on such a kernel. Known by its version; BEEBENCH_TRACEPOINTS=preemptible (or =steady) in the
 * environment says otherwise, so that the stand-ins can be tried on any kernel.
 */
bool preempt_tracepoints(void);

/* The same of a release as uname() has it: "7.2.13+deb14-cloud-amd64". */
bool preempt_release(const char *release);

/* False: @name is no stand-in's. Else @plain becomes the name that it stands in for. */
bool preempt_stands_in(const char *name, char *plain, size_t size);

#endif
