/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The runs of a cgroup's threads that the kernel's sched_switch does not tell of, by our own object
 * on that tracepoint (bpf/probes/switches.bpf.c). There are kernels that hide processes of their
 * machine's own (an agent in a virtual machine) from tracing: a switch away from one is not told,
 * to BPF or to ftrace, and every monitor of switches misses the run that it begins.
 */
#ifndef HARNESS_SWITCHES_H
#define HARNESS_SWITCHES_H

#include "lib/base.h"

struct switches; /* opaque */

/* Of one thread. */
struct switches_unseen {
	uint64_t ns; /* CPU time of those runs */
	uint64_t runs;
	uint64_t told_ns; /* CPU time of the others, up to its latest switch: the whole of a thread
			     that has ended, from its first instruction in the kernel to its last */
};

/*
 * Loads and attaches. @cgroup_id: whose threads; @pid: a process of it whose threads are there
 * already and do not run now. Returns 0 or -errno after saying why.
 */
int switches_open(struct switches **out, uint64_t cgroup_id, pid_t pid);

/* Until now, of thread @tid; zeros for one that did not run. */
struct switches_unseen switches_read(const struct switches *s, uint32_t tid);

/* Detaches and unloads. Accepts NULL. */
void switches_close(struct switches *s);

#endif
