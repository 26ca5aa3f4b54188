/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Versions, compared. */
#include "lib/base.h"
#include "lib/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum { WALK_MAJOR = 6, WALK_MINOR = 7 };

bool kernel_release_walks_tasks(const char *release)
{
	char *end;
	unsigned long major = strtoul(release, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return major > WALK_MAJOR || (major == WALK_MAJOR && minor >= WALK_MINOR);
}

bool kernel_walks_tasks(void)
{
	const char *told = secure_getenv("BEEBENCH_TASKS");
	struct utsname u;

	if (told && !strcmp(told, "iterator"))
		return false;
	return !uname(&u) && kernel_release_walks_tasks(u.release);
}
