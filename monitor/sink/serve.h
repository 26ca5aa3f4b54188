/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /metrics over HTTP, for Prometheus: OpenMetrics 1.0 text, or Prometheus text 0.0.4 by the Accept
 * header. Loopback unless an address is given. One thread: the owner polls the descriptors.
 */
#ifndef MONITOR_SERVE_H
#define MONITOR_SERVE_H

#include <poll.h>

#include "lib/strbuf.h"
#include "monitor/sink/metrics.h"

enum {
	SERVE_CLIENTS = 64,
	SERVE_FDS = 2,
	SERVE_SILENT_S = 5, /* a client that neither sends nor takes anything */
	SERVE_PAGES = 8,    /* besides /metrics */
};
#define SERVE_LIFE_NS  (20 * NSEC_PER_SEC) /* a client that sends or takes drop by drop */
#define SERVE_PAUSE_NS NSEC_PER_SEC	   /* after running out of descriptors */

struct server;

/* @where: "ADDR:PORT", ":PORT" or "PORT" (loopback), "[::1]:PORT"; port 0 takes a free one. Says
 * "serving http://ADDR:PORT/metrics" on stderr. 0 or -errno after saying why (-EADDRINUSE, by whom
 * not). */
int server_open(struct server **out, const char *where, enum metrics_by by);
/* What is served from now on: rendered at once, @f is not kept. */
void server_publish(struct server *s, const struct frame *f, const struct view *v);
/* The same of texts that were made elsewhere: the older text, and OpenMetrics. Both are copied. */
void server_put_metrics(struct server *s, const struct strbuf *older,
			const struct strbuf *openmetrics);
/* What @path answers from now on, besides /metrics: @data, copied, of the media type @type. 0,
 * -ENOSPC where there are SERVE_PAGES already, or -ENOMEM; prints nothing. */
int server_put(struct server *s, const char *path, const char *type, const void *data, size_t len);
/* "127.0.0.1:9100"; NULL for NULL. Belongs to the server. */
const char *server_address(const struct server *s);
/* Fills @fds (SERVE_FDS of them at most) for poll(2); returns how many. */
int server_fds(const struct server *s, struct pollfd *fds);
/* Does what can be done without waiting. A client that is silent for 5 s, takes longer than 20 s or
 * sends more than 8 KiB is dropped, and when there are SERVE_CLIENTS the eldest makes room. */
void server_work(struct server *s);
/* The same at this time of CLOCK_MONOTONIC, and how many clients there are: for tests. */
void serve_work_at(struct server *s, uint64_t now_ns);
size_t server_clients(const struct server *s);
/* Whether the value of an Accept header prefers OpenMetrics 1.0.0 to text/plain. */
bool serve_prefers_openmetrics(const char *accept);
void server_close(struct server *s); /* accepts NULL */

#endif
