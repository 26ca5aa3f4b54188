/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known of a kernel by its version, and the names of stand-ins. */
#include "lib/base.h"
#include "lib/preempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* The first release whose tracepoints are guarded by SRCU-fast (kernel commit a46023d5616e). */
enum { FIRST_MAJOR = 7 };

#define STAND_IN "_steady"

bool preempt_release(const char *release)
{
	return strtoul(release, NULL, 10) >= FIRST_MAJOR;
}

bool preempt_tracepoints(void)
{
	const char *told = secure_getenv("BEEBENCH_TRACEPOINTS");
	struct utsname u;

	if (told && !strcmp(told, "preemptible"))
		return true;
	if (told && !strcmp(told, "steady"))
		return false;
	return !uname(&u) && preempt_release(u.release);
}

bool preempt_stands_in(const char *name, char *plain, size_t size)
{
	size_t n = strlen(name), end = strlen(STAND_IN);

	if (n <= end || strcmp(name + n - end, STAND_IN) != 0 || n - end >= size)
		return false;
	snprintf(plain, size, "%.*s", (int)(n - end), name);
	return true;
}
