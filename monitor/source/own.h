/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tool itself takes. */
#ifndef MONITOR_SOURCE_OWN_H
#define MONITOR_SOURCE_OWN_H

#include "monitor/frame.h"

struct own {
	uint64_t cpu_ns, mono_ns; /* at the frame before; 0: there was none */
	uint64_t calls;
};

/* CPU and memory of this process, calls per second from @calls (since the start; UINT64_MAX: not
 * known). */
void own_measure(struct own *o, int proc_fd, uint64_t mono_ns, uint64_t calls,
		 struct frame_own *out);
/* The share of one CPU, in %: the pure part. NAN for no time. */
double own_share(uint64_t cpu_ns, uint64_t wall_ns);

#endif
