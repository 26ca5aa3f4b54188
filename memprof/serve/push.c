/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pushing: one request a figure over a connection of its own, HTTP/1.0, whose end is the answer's.
 */
#include "lib/base.h"
#include "memprof/serve/push.h"

#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/names.h"
#include "lib/printable.h"
#include "monitor/sink/put.h"

enum { WAIT_S = 5, ANSWER_MAX = 4096 };

struct push {
	char host[256], port[8], path[512], name[128];
	uint64_t from_ns; /* up to where the last one went; 0: the profile's start */
	/* Bytes that were pushed of each folded stack. */
	struct names stacks;
	uint64_t *pushed;
	size_t npushed;
};

static int bad_url(const char *url)
{
	log_err("'%s' is no address to push to; it looks like http://HOST:4040", url);
	return -EINVAL;
}

static int parse_url(struct push *p, const char *url)
{
	const char *at = url, *path, *colon;
	size_t len, host;

	if (strncmp(at, "http://", 7) != 0)
		return bad_url(url);
	at += 7;
	path = at + strcspn(at, "/");
	len = (size_t)(path - at);
	colon = *at == '[' ? strchr(at, ']') : at;
	colon = colon ? memchr(colon, ':', (size_t)(path - colon)) : NULL;
	host = colon ? (size_t)(colon - at) : len;
	if (*at == '[' && host >= 2) {
		at++;
		host -= 2;
	}
	if (!host || host >= sizeof(p->host) ||
	    (colon && (size_t)(path - colon - 1) >= sizeof(p->port)))
		return bad_url(url);
	snprintf(p->host, sizeof(p->host), "%.*s", (int)host, at);
	snprintf(p->port, sizeof(p->port), "%.*s", colon ? (int)(path - colon - 1) : 2,
		 colon ? colon + 1 : "80");
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	if (len + sizeof("/ingest") > sizeof(p->path))
		return bad_url(url);
	snprintf(p->path, sizeof(p->path), "%.*s", (int)len, path);
	if (!str_ends_with(p->path, "/ingest"))
		strcat(p->path, "/ingest");
	for (const char *c = p->path; *c; c++)
		if (*c <= ' ' || *c == 127 || *c == '?' || *c == '#')
			return bad_url(url);
	return 0;
}

int push_open(struct push **out, const char *url, const char *name)
{
	struct push *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		abort();
	snprintf(p->name, sizeof(p->name), "%s", name);
	err = parse_url(p, url);
	if (err)
		push_close(p);
	else
		*out = p;
	return err;
}

void push_close(struct push *p)
{
	if (!p)
		return;
	names_release(&p->stacks);
	free(p->pushed);
	free(p);
}

/* --- one request --------------------------------------------------------------------------------
 */

static int connect_to(const struct push *p)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	int err = getaddrinfo(p->host, p->port, &hints, &found), fd = -1, why = EHOSTUNREACH;

	if (err) {
		log_err("cannot push to %s:%s: %s", p->host, p->port, gai_strerror(err));
		return -EHOSTUNREACH;
	}
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		if (!connect(fd, a->ai_addr, a->ai_addrlen))
			break;
		why = errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	if (fd >= 0)
		return fd;
	log_err_sys(why, "cannot push to %s:%s", p->host, p->port);
	return -why;
}

static int send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The status of the answer, or -errno. */
static int read_status(int fd, char *answer, size_t size)
{
	size_t have = 0;
	int status = 0;

	while (have < size - 1) {
		ssize_t n = recv(fd, answer + have, size - 1 - have, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		have += (size_t)n;
		answer[have] = '\0';
		if (strchr(answer, '\n'))
			break;
	}
	answer[have] = '\0';
	answer[strcspn(answer, "\r\n")] = '\0';
	return sscanf(answer, "HTTP/1.%*d %d", &status) == 1 ? status : -EPROTO;
}

static void add_escaped(struct strbuf *out, const char *s)
{
	for (; *s; s++)
		if (isalnum((unsigned char)*s) || strchr("-._~", *s))
			strbuf_addch(out, *s);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*s);
}

static void add_request(const struct push *p, const struct report *r, size_t value,
			const struct strbuf *body, struct strbuf *out)
{
	const struct profile *profile = r->side[0].p;
	uint64_t from = p->from_ns ? p->from_ns : profile->start_ns;

	strbuf_addf(out, "POST %s?name=", p->path);
	add_escaped(out, p->name);
	strbuf_addf(out, ".%s", report_values[value].pprof);
	strbuf_addf(out,
		    "&from=%llu&until=%llu&format=folded&units=bytes&aggregationType=%s"
		    "&spyName=memprof HTTP/1.0\r\n",
		    (unsigned long long)(from / NSEC_PER_SEC),
		    (unsigned long long)(profile->end_ns / NSEC_PER_SEC),
		    value == VALUE_LIVE ? "average" : "sum");
	strbuf_addf(out, "Host: %s:%s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
		    p->host, p->port, body->len);
	strbuf_add(out, body->s, body->len);
}

static int post(const struct push *p, const struct report *r, size_t value,
		const struct strbuf *body)
{
	struct strbuf request = STRBUF_INIT, said = STRBUF_INIT;
	char answer[ANSWER_MAX] = "";
	int fd = connect_to(p), err = MIN(fd, 0), status = 0;

	if (err)
		return err;
	add_request(p, r, value, body, &request);
	err = send_all(fd, request.s, request.len);
	if (!err)
		status = read_status(fd, answer, sizeof(answer));
	if (!err && status < 0)
		err = status;
	if (err)
		log_err_sys(err, "cannot push to %s:%s", p->host, p->port);
	else if (status < 200 || status > 299) {
		printable_add_line(&said, answer);
		log_err("%s:%s%s does not take the profile: %s", p->host, p->port, p->path, said.s);
		err = -EPROTO;
	}
	close(fd);
	strbuf_release(&request);
	strbuf_release(&said);
	return err;
}

/* --- what is new --------------------------------------------------------------------------------
 */

static uint64_t *pushed_of(struct push *p, const char *stack)
{
	size_t place = names_add(&p->stacks, stack);

	if (place >= p->npushed) {
		size_t n = MAX(place + 1, p->npushed * 2);

		p->pushed = realloc(p->pushed, n * sizeof(*p->pushed));
		if (!p->pushed)
			abort();
		memset(p->pushed + p->npushed, 0, (n - p->npushed) * sizeof(*p->pushed));
		p->npushed = n;
	}
	return &p->pushed[place];
}

/* Lines of folded stacks less what was pushed of them; with @keep that is pushed by now. */
static void subtract(struct push *p, const struct strbuf *folded, struct strbuf *out, bool keep)
{
	char *text = strdup(folded->s);

	if (!text)
		abort();
	for (char *line = text, *end; *line; line = end + 1) {
		char *blank;
		uint64_t *before, now;

		end = strchr(line, '\n');
		*end = '\0';
		blank = strrchr(line, ' ');
		*blank = '\0';
		now = strtoull(blank + 1, NULL, 10);
		before = pushed_of(p, line);
		if (keep)
			*before = now;
		else if (now > *before) {
			strbuf_addf(out, "%s ", line);
			put_u64(out, now - *before);
			strbuf_addch(out, '\n');
		}
	}
	free(text);
}

int push_send(struct push *p, const struct report *r)
{
	struct report one = *r;
	struct strbuf folded = STRBUF_INIT, new = STRBUF_INIT;
	int err = 0;

	if (report_value_known(VALUE_LIVE, r->side[0].p)) {
		one.value = VALUE_LIVE;
		report_folded(&one, &folded);
		if (folded.len)
			err = post(p, r, VALUE_LIVE, &folded);
	}
	one.value = VALUE_BYTES;
	strbuf_reset(&folded);
	if (!err)
		err = report_folded(&one, &folded);
	if (!err)
		subtract(p, &folded, &new, false);
	if (!err && new.len)
		err = post(p, r, VALUE_BYTES, &new);
	if (!err) {
		subtract(p, &folded, &new, true);
		p->from_ns = r->side[0].p->end_ns;
	}
	strbuf_release(&folded);
	strbuf_release(&new);
	return err;
}
