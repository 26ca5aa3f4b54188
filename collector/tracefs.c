/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Mounts tracefs where it is missing. */
#include "lib/base.h"
#include "collector/tracefs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/log.h"

#define TRACEFS "/sys/kernel/tracing"

/* With what we may do, not with what the user may who started us. */
static int look(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) ? errno : 0;
}

int tracefs_ensure(void)
{
	int err = look(TRACEFS "/events"), other = look("/sys/kernel/debug/tracing/events");

	if (!err || !other)
		return 0;
	if (err == EACCES || other == EACCES) {
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
