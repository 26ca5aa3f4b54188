/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tool itself takes. */
#include "lib/base.h"
#include "monitor/source/own.h"

#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/proctask.h"

double own_share(uint64_t cpu_ns, uint64_t wall_ns)
{
	return wall_ns ? 100 * (double)cpu_ns / (double)wall_ns : NAN;
}

static uint64_t timeval_ns(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * NSEC_PER_SEC + (uint64_t)t->tv_usec * NSEC_PER_USEC;
}

static uint64_t cpu_now_ns(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		return 0;
	return timeval_ns(&usage.ru_utime) + timeval_ns(&usage.ru_stime);
}

void own_measure(struct own *o, int proc_fd, uint64_t mono_ns, uint64_t calls,
		 struct frame_own *out)
{
	uint64_t cpu_ns = cpu_now_ns(), wall_ns = o->mono_ns ? mono_ns - o->mono_ns : 0;
	struct proctask_memory memory;

	out->cpu_pct = own_share(cpu_ns - o->cpu_ns, wall_ns);
	out->events_per_s = NAN;
	if (wall_ns && calls != UINT64_MAX && calls >= o->calls)
		out->events_per_s =
			(double)(calls - o->calls) * (double)NSEC_PER_SEC / (double)wall_ns;
	out->rss_kb = 0;
	if (!proctask_statm(proc_fd, (uint32_t)getpid(), &memory))
		out->rss_kb = memory.rss_kb;
	*o = (struct own){cpu_ns, mono_ns, calls};
}
