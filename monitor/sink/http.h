/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* As much of HTTP/1.1 (RFC 9110, 9112) as a page of figures needs. Pure. */
#ifndef MONITOR_HTTP_H
#define MONITOR_HTTP_H

#include "lib/strbuf.h"

enum { HTTP_REQUEST_MAX = 4096 };

struct http_request {
	bool head;	  /* only the head of the answer is wanted */
	bool openmetrics; /* OpenMetrics is preferred to the older text */
	char path[256];	  /* without the query; "" of a request that makes no sense */
};

/* @len bytes that came so far. 0: the request is not whole yet; else the status it deserves: 200,
 * 400 (no HTTP), 405 (neither GET nor HEAD), 414 (a path longer than any here), 505. */
int http_parse(const char *text, size_t len, struct http_request *out);
/* Whether the value of an Accept header prefers OpenMetrics 1.0.0 to text/plain. */
bool http_prefers_openmetrics(const char *accept);
/* Appends status line, headers and the empty line; the connection is closed after the answer. */
void http_head(int status, const char *type, size_t length, struct strbuf *out);

#endif
