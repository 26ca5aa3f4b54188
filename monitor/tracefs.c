/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Mounts tracefs where it is missing. */
#include "lib/base.h"
#include "monitor/tracefs.h"

#include <sys/mount.h>
#include <unistd.h>

#include "lib/log.h"

#define TRACEFS "/sys/kernel/tracing"

int tracefs_ensure(void)
{
	int err;

	if (!access(TRACEFS "/events", R_OK) || !access("/sys/kernel/debug/tracing/events", R_OK))
		return 0;
	if (errno == EACCES) {
		log_err("tracefs at " TRACEFS " is closed to us; run it as root (sudo)");
		return -EPERM;
	}
	if (!mount("tracefs", TRACEFS, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
		log_info("mounted tracefs at " TRACEFS
			 ": without it no tracepoint can be attached");
		return 0;
	}
	err = -errno;
	log_err_sys(err,
		    "no tracefs, and it cannot be mounted (mount -t tracefs tracefs " TRACEFS ")");
	return err;
}
