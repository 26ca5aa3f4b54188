/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the types for a kernel that has none. */
#include "lib/base.h"
#include "collector/events_btf.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/registry.h"

const char *events_btf(void)
{
	static char path[PATH_MAX + 32];
	char folder[PATH_MAX];

	if (!access("/sys/kernel/btf/vmlinux", R_OK) || registry_folder(folder, sizeof(folder)))
		return NULL;
	snprintf(path, sizeof(path), "%s/calls/events.btf", folder);
	return access(path, R_OK) ? NULL : path;
}
