/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The monitor that is a process printing bpftrace's NDJSON. */
#include "lib/base.h"
#include "monitor/backend.h"

#include "lib/log.h"

int stream_open(struct monitor *m, const struct monitor_target *target UNUSED)
{
	log_err("%s: scripts and commands are not supported yet", m->path);
	return -ENOTSUP;
}
