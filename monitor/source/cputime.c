/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* User and system time as /proc/PID/stat shows them. */
#include "lib/base.h"
#include "monitor/source/cputime.h"

void cputime_scale(uint64_t utime, uint64_t stime, uint64_t runtime, struct cputime *shown)
{
	uint64_t user, system;

	if (shown->user_ns + shown->system_ns >= runtime)
		return;
	if (!stime)
		system = 0;
	else if (!utime)
		system = runtime;
	else
		system = (uint64_t)((unsigned __int128)stime * runtime / (utime + stime));
	system = MAX(system, shown->system_ns);
	user = runtime - system;
	if (user < shown->user_ns) {
		user = shown->user_ns;
		system = runtime - user;
	}
	*shown = (struct cputime){user, system};
}
