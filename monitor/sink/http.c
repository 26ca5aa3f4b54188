/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads requests and writes the heads of answers. */
#include "lib/base.h"
#include "monitor/sink/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes up to the end of the empty line that ends the head; 0: it has not come. */
static size_t head_length(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n')
			continue;
		if (i + 1 < len && text[i + 1] == '\n')
			return i + 2;
		if (i + 2 < len && text[i + 1] == '\r' && text[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

/* The path of "/metrics?x=y" and "http://host/metrics". */
static int parse_target(const char *target, size_t len, struct http_request *out)
{
	size_t n;

	if (len > 7 && !strncasecmp(target, "http://", 7)) {
		size_t host = 7;

		while (host < len && target[host] != '/')
			host++;
		target += host;
		len -= host;
	}
	if (!len || target[0] != '/')
		return 400;
	for (n = 0; n < len && target[n] != '?'; n++)
		if (target[n] < '!' || target[n] > '~')
			return 400;
	if (n >= sizeof(out->path))
		return 414;
	memcpy(out->path, target, n);
	out->path[n] = '\0';
	return 200;
}

/* @line is ended by NUL, "GET /metrics HTTP/1.1". */
static int parse_line(const char *line, struct http_request *out)
{
	const char *target = strchr(line, ' '), *version;
	size_t method = target ? (size_t)(target - line) : 0;
	int status;

	if (!method || strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != method)
		return 400;
	target++;
	version = strchr(target, ' ');
	if (!version || strncmp(version + 1, "HTTP/", 5) != 0)
		return 400;
	if (strcmp(version + 1, "HTTP/1.1") != 0 && strcmp(version + 1, "HTTP/1.0") != 0)
		return 505;
	status = parse_target(target, (size_t)(version - target), out);
	if (status != 200)
		return status;
	out->head = !strncmp(line, "HEAD ", 5);
	return out->head || !strncmp(line, "GET ", 4) ? 200 : 405;
}

/* Ends the line at *@at with a NUL and steps behind it. */
static char *next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	*at = end + 1;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

int http_parse(const char *text, size_t len, struct http_request *out)
{
	char copy[HTTP_REQUEST_MAX + 1], accept[HTTP_REQUEST_MAX + 1] = "", *at = copy, *line;
	size_t n = head_length(text, len);
	int status;

	*out = (struct http_request){.path = ""};
	if (!n)
		return 0;
	if (n > HTTP_REQUEST_MAX || memchr(text, '\0', n))
		return 400;
	memcpy(copy, text, n);
	copy[n] = '\0';
	status = parse_line(next_line(&at), out);
	while (status == 200 && *at) {
		line = next_line(&at);
		if (!*line)
			break;
		if (!strchr(line, ':') || line[0] == ' ' || line[0] == ':')
			return 400;
		/* Several Accept lines are one list. */
		if (!strncasecmp(line, "Accept:", 7)) {
			strcat(accept, line + 7);
			strcat(accept, ",");
		}
	}
	out->openmetrics = http_prefers_openmetrics(accept);
	return status;
}

/* One "type;parameter=value;q=0.5" of an Accept list. */
struct range {
	char type[64];
	double q;
	bool other_version; /* of OpenMetrics than ours */
};

static void parse_parameter(struct range *r, const char *s, size_t len)
{
	char text[64];

	while (len && strchr(" \t", *s)) {
		s++;
		len--;
	}
	if (len >= sizeof(text))
		return;
	memcpy(text, s, len);
	text[len] = '\0';
	if (!strncasecmp(text, "q=", 2))
		r->q = strtod(text + 2, NULL);
	else if (!strncasecmp(text, "version=", 8))
		r->other_version = !strstr(text, "1.0.0");
}

static void parse_range(struct range *r, const char *s, size_t len)
{
	size_t n = 0, at = 0;

	*r = (struct range){.q = 1};
	for (; at < len && s[at] != ';'; at++)
		if (!strchr(" \t", s[at]) && n < sizeof(r->type) - 1)
			r->type[n++] = s[at];
	while (at < len) {
		size_t part = 0;

		at++;
		while (at + part < len && s[at + part] != ';')
			part++;
		parse_parameter(r, s + at, part);
		at += part;
	}
}

bool http_prefers_openmetrics(const char *accept)
{
	static const char *const texts[] = {"*/*", "text/*", "text/plain"};
	double metrics = 0, text = 0;
	size_t rank = 0;

	while (*accept) {
		size_t len = strcspn(accept, ",");
		struct range r;

		parse_range(&r, accept, len);
		if (!strcasecmp(r.type, "application/openmetrics-text") && !r.other_version)
			metrics = MAX(metrics, r.q);
		/* The closest range counts, not the most generous. */
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
			if (!strcasecmp(r.type, texts[i]) && i + 1 >= rank) {
				text = r.q;
				rank = i + 1;
			}
		accept += len + (accept[len] == ',');
	}
	return metrics > 0 && metrics >= text;
}

void http_head(int status, const char *type, size_t length, struct strbuf *out)
{
	static const struct {
		int status;
		const char *words;
	} all[] = {
		{200, "OK"},
		{400, "Bad Request"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{414, "URI Too Long"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};
	const char *words = "Error";

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].status == status)
			words = all[i].words;
	strbuf_addf(out,
		    "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s"
		    "Connection: close\r\n\r\n",
		    status, words, type, length, status == 405 ? "Allow: GET, HEAD\r\n" : "");
}
