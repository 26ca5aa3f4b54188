/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The server's inner parts: where it listens, and work at a time of the caller's. */
#ifndef MONITOR_SERVE_WORK_H
#define MONITOR_SERVE_WORK_H

#include "monitor/sink/serve.h"

#define SERVE_SILENT_NS (5 * NSEC_PER_SEC)  /* a client that neither sends nor takes anything */
#define SERVE_LIFE_NS	(20 * NSEC_PER_SEC) /* a client that sends or takes drop by drop */
#define SERVE_PAUSE_NS	NSEC_PER_SEC

/* A socket that listens @where (server_open()), and the address it has in words. 0 or -errno after
 * saying why. */
int serve_listen(const char *where, int *fd, char *address, size_t size);
/* server_work() at this time of CLOCK_MONOTONIC, for tests. */
void serve_work_at(struct server *s, uint64_t now_ns);

#endif
