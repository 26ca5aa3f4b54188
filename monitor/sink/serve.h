/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /metrics over HTTP, for Prometheus: OpenMetrics 1.0 text, or Prometheus text 0.0.4 by the Accept
 * header. Loopback unless an address is given. One thread: the owner polls the descriptors. Labels
 * are bounded: totals, and the top processes of the view (at most SERVE_PROCESSES) by pid and name.
 */
#ifndef MONITOR_SERVE_H
#define MONITOR_SERVE_H

#include <poll.h>

#include "lib/strbuf.h"
#include "monitor/frame.h"
#include "monitor/view/view.h"

enum { SERVE_PROCESSES = 20, SERVE_CLIENTS = 16, SERVE_FDS = SERVE_CLIENTS + 1 };

struct server;

/* @where: "ADDR:PORT", ":PORT" or "PORT" (loopback), "[::1]:PORT"; port 0 takes a free one. Says
 * "serving http://ADDR:PORT/metrics" on stderr. 0 or -errno after saying why (-EADDRINUSE, by whom
 * not). */
int server_open(struct server **out, const char *where);
/* What is served from now on: rendered at once, @f is not kept. */
void server_publish(struct server *s, const struct frame *f, const struct view *v);
/* "127.0.0.1:9100"; NULL for NULL. Belongs to the server. */
const char *server_address(const struct server *s);
/* Fills @fds (SERVE_FDS of them at most) for poll(2); returns how many. */
int server_fds(const struct server *s, struct pollfd *fds);
/* Does what can be done without waiting. A client that is silent for 5 s or sends more than 4 KiB
 * is dropped. */
void server_work(struct server *s);
void server_close(struct server *s); /* accepts NULL */

/* The text alone, for tests and for --batch --openmetrics. */
void metrics_render(const struct frame *f, const struct view *v, bool openmetrics,
		    struct strbuf *out);

#endif
