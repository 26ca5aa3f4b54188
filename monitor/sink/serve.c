/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The server of /metrics. HTTP is libmicrohttpd's, without a thread of its own: the owner polls the
 * listening socket and the library's epoll descriptor, and server_work() does what can be done
 * without waiting. We accept clients ourselves, so that one who has waited longest can be shown out
 * when all places are taken, and so that running out of descriptors is a pause and not a busy wait.
 * What is served is rendered once for each frame, in two kinds; an answer under way keeps its own.
 */
#include "lib/base.h"
#include "monitor/sink/serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/sink/mhd.h"

enum {
	SERVE_MEMORY = 8192, /* of one connection: its request must fit in there */
	SERVE_RUNS = 1000,   /* of the library in a row: none of its answers needs as many */
};

struct client {
	struct MHD_Connection *connection; /* NULL: free */
	int fd;
	uint64_t born_ns;
};

struct server {
	int fd;
	struct MHD_Daemon *http;
	uint64_t now_ns;    /* of the work under way */
	uint64_t resume_ns; /* no new clients before: there were no descriptors left */
	bool said_full;
	struct metrics *metrics;
	char address[64];
	struct MHD_Response
		*text[2]; /* what is served: the older text, OpenMetrics; NULL: nothing */
	struct page {
		char path[32];
		struct MHD_Response *response;
	} pages[SERVE_PAGES];
	size_t npages;
	struct client clients[SERVE_CLIENTS + 1];
};

/* --- where it listens --- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_size(const union address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

static bool parse_port(const char *text, uint16_t *port)
{
	unsigned long n = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits && digits <= 5 && !text[digits])
		n = strtoul(text, NULL, 10);
	else
		return false;
	*port = (uint16_t)n;
	return n <= UINT16_MAX;
}

/* "127.0.0.1", "::1" (it stood in brackets), "localhost", "". */
static bool parse_host(const char *host, bool v6, uint16_t port, union address *out)
{
	memset(out, 0, sizeof(*out));
	if (v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1;
	}
	if (!*host || !strcmp(host, "localhost"))
		host = "127.0.0.1";
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons(port);
	return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1;
}

static int parse(const char *where, union address *out)
{
	const char *colon = strrchr(where, ':'), *port_text = colon ? colon + 1 : where;
	size_t len = colon ? (size_t)(colon - where) : 0;
	bool v6 = len >= 2 && where[0] == '[' && where[len - 1] == ']';
	char host[64] = "";
	uint16_t port;

	if (!parse_port(port_text, &port)) {
		log_err("cannot serve on '%s': '%s' is no port; give ADDR:PORT or PORT, a port "
			"being 0 (any free one) to 65535",
			where, port_text);
		return -EINVAL;
	}
	if (len - 2 * v6 < sizeof(host))
		memcpy(host, where + v6, len - 2 * v6);
	if (len - 2 * v6 < sizeof(host) && parse_host(host, v6, port, out))
		return 0;
	log_err("cannot serve on '%s': '%.*s' is no address; give it in numbers, as 127.0.0.1:%u "
		"or [::1]:%u",
		where, (int)len, where, port, port);
	return -EINVAL;
}

static void describe(const union address *a, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, ntohs(a->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &a->v4.sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(a->v4.sin_port));
	}
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
	return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
}

static unsigned int first_free_port(void)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int port = 1024;

	if (!strbuf_read_file(&text, "/proc/sys/net/ipv4/ip_unprivileged_port_start") && text.len)
		port = (unsigned int)strtoul(text.s, NULL, 10);
	strbuf_release(&text);
	return port;
}

static void say_why(int err, const char *address, const union address *a)
{
	unsigned int port = ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);

	switch (err) {
	case -EADDRINUSE:
		log_err("cannot serve on %s: another program has this port; choose another one (0 "
			"takes any that is free), or see who has it: ss -ltnp 'sport = :%u'",
			address, port);
		break;
	case -EACCES:
		log_err("cannot serve on %s: ports below %u need CAP_NET_BIND_SERVICE; choose a "
			"higher one",
			address, first_free_port());
		break;
	case -EADDRNOTAVAIL:
		log_err("cannot serve on %s: this machine does not have that address; those it "
			"has are shown by: ip -brief address",
			address);
		break;
	case -EAFNOSUPPORT:
		log_err("cannot serve on %s: this machine has no IPv%d", address,
			a->any.sa_family == AF_INET6 ? 6 : 4);
		break;
	default: log_err_sys(err, "cannot serve on %s", address);
	}
}

static int open_socket(const union address *a, int *fd)
{
	int yes = 1, no = 0;

	*fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	/* A server that ended a minute ago is no reason to refuse. */
	if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    (a->any.sa_family == AF_INET6 &&
	     setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no))) ||
	    bind(*fd, &a->any, address_size(a)) || listen(*fd, SOMAXCONN))
		return -errno;
	return 0;
}

static int listen_at(const char *where, int *fd, char *address, size_t size)
{
	union address a, got;
	socklen_t len = sizeof(got);
	int err = parse(where, &a);

	*fd = -1;
	if (err)
		return err;
	describe(&a, address, size);
	err = open_socket(&a, fd);
	if (!err && getsockname(*fd, &got.any, &len))
		err = -errno;
	if (err) {
		say_why(err, address, &a);
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return err;
	}
	describe(&got, address, size);
	if (!is_loopback(&got))
		log_warn("who reaches %s can read the names and figures of processes there; "
			 "127.0.0.1 is for this machine alone",
			 address);
	return 0;
}

/* --- which kind of text is wanted --- */

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

bool serve_prefers_openmetrics(const char *accept)
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

/* --- answers --- */

static enum MHD_Result add_accept(void *arg, enum MHD_ValueKind kind UNUSED, const char *name,
				  const char *value)
{
	struct strbuf *accept = arg;

	/* Several Accept lines are one list. */
	if (!strcasecmp(name, MHD_HTTP_HEADER_ACCEPT) && value)
		strbuf_addf(accept, "%s,", value);
	return MHD_YES;
}

static struct MHD_Response *new_response(const char *type, const char *text, size_t len)
{
	/* The library copies it; its prototype has no const. */
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text,
								 MHD_RESPMEM_MUST_COPY);

	if (!r)
		return NULL;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	return r;
}

static enum MHD_Result answer_words(struct MHD_Connection *c, unsigned int status,
				    const char *words)
{
	struct MHD_Response *r = new_response("text/plain; charset=utf-8", words, strlen(words));
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

/* The path of "http://host/metrics"; NULL: it is none. */
static const char *path_of(const char *target)
{
	if (!strncasecmp(target, "http://", 7))
		target += 7 + strcspn(target + 7, "/");
	return *target == '/' ? target : NULL;
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *target,
			      const char *method, const char *version UNUSED,
			      const char *upload UNUSED, size_t *upload_bytes UNUSED,
			      void **seen UNUSED)
{
	const struct server *s = arg;
	const char *path = path_of(target);
	struct strbuf accept = STRBUF_INIT;
	struct MHD_Response *text;

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_words(c, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "only GET and HEAD are answered\n");
	if (!path)
		return answer_words(c, MHD_HTTP_BAD_REQUEST, "this is no HTTP request\n");
	for (size_t i = 0; i < s->npages; i++)
		if (!strcmp(path, s->pages[i].path))
			return MHD_queue_response(c, MHD_HTTP_OK, s->pages[i].response);
	if (!strcmp(path, "/"))
		return answer_words(c, MHD_HTTP_OK, "figures for Prometheus are at /metrics\n");
	if (strcmp(path, "/metrics") != 0)
		return answer_words(c, MHD_HTTP_NOT_FOUND,
				    s->npages ? "there is nothing here; / says what there is\n"
					      : "there is only /metrics here\n");
	MHD_get_connection_values(c, MHD_HEADER_KIND, add_accept, &accept);
	text = s->text[serve_prefers_openmetrics(accept.s)];
	strbuf_release(&accept);
	if (!text)
		return answer_words(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				    "nothing has been counted yet; try again\n");
	return MHD_queue_response(c, MHD_HTTP_OK, text);
}

/* --- clients --- */

static void on_connection(void *arg, struct MHD_Connection *c, void **place,
			  enum MHD_ConnectionNotificationCode what)
{
	struct server *s = arg;
	struct client *of = *place;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (of)
			of->connection = NULL;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(s->clients); i++) {
		of = &s->clients[i];
		if (of->connection)
			continue;
		*of = (struct client){
			.connection = c,
			.fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)
				      ->connect_fd,
			.born_ns = s->now_ns};
		*place = of;
		return;
	}
}

/* The library sees the end of the connection, and closes it. */
static void show_out(struct client *c)
{
	if (c && c->connection)
		shutdown(c->fd, SHUT_RDWR);
}

static struct client *eldest(struct server *s)
{
	struct client *old = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(s->clients); i++) {
		struct client *c = &s->clients[i];

		if (c->connection && (!old || c->born_ns < old->born_ns))
			old = c;
	}
	return old;
}

static size_t client_count(const struct server *s)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(s->clients); i++)
		n += s->clients[i].connection != NULL;
	return n;
}

/* The answers that are due, as far as they go without waiting. */
static void run(struct server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;

	for (int i = 0; i < SERVE_RUNS; i++) {
		MHD_run(s->http);
		if (MHD_get_timeout(s->http, &wait_ms) != MHD_YES || wait_ms)
			return;
	}
}

/* It stays readable: without a pause the owner would spin. */
static void pause_accepting(struct server *s, int err)
{
	s->resume_ns = s->now_ns + SERVE_PAUSE_NS;
	if (!s->said_full)
		log_err_sys(err,
			    "cannot take a client of http://%s/metrics; trying again every second",
			    s->address);
	s->said_full = true;
}

/* False when no more wait, or none can be taken now. */
static bool accept_client(struct server *s)
{
	union address from;
	socklen_t len = sizeof(from);
	int fd = accept4(s->fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		MHD_add_connection(s->http, fd, &from.any, len); /* closes it where it cannot */
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		pause_accepting(s, errno);
	return false;
}

void serve_work_at(struct server *s, uint64_t now_ns)
{
	s->now_ns = now_ns;
	for (size_t i = 0; i < ARRAY_SIZE(s->clients); i++)
		if (now_ns > s->clients[i].born_ns + SERVE_LIFE_NS)
			show_out(&s->clients[i]);
	run(s);
	while (now_ns >= s->resume_ns && accept_client(s)) {
		run(s);
		/* Who does not come to an end has had the longest time for it: the next is let in.
		 */
		if (client_count(s) > SERVE_CLIENTS) {
			show_out(eldest(s));
			run(s);
		}
	}
}

void server_work(struct server *s)
{
	serve_work_at(s, clock_ns());
}

/* --- life --- */

int server_open(struct server **out, const char *where, enum metrics_by by)
{
	struct server *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s) {
		log_err_sys(ENOMEM, "cannot serve on %s", where);
		return -ENOMEM;
	}
	s->fd = -1;
	err = mhd_load();
	if (err)
		goto out;
	err = metrics_new(&s->metrics, by);
	if (err) {
		log_err_sys(err, "cannot serve on %s", where);
		goto out;
	}
	err = listen_at(where, &s->fd, s->address, sizeof(s->address));
	if (err)
		goto out;
	s->http = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_LIMIT,
		SERVE_CLIENTS + 1U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVE_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SERVE_SILENT_S, MHD_OPTION_END);
	if (!s->http) {
		err = errno ? -errno : -ENOMEM;
		log_err_sys(err, "cannot serve on %s", s->address);
		goto out;
	}
	log_info("serving http://%s/metrics", s->address);
	*out = s;
	return 0;
out:
	server_close(s);
	return err;
}

static void put_text(struct server *s, size_t i, const struct strbuf *text)
{
	static const char *const types[] = {
		"text/plain; version=0.0.4; charset=utf-8",
		"application/openmetrics-text; version=1.0.0; charset=utf-8",
	};

	if (s->text[i])
		MHD_destroy_response(s->text[i]); /* who is sent it keeps it */
	s->text[i] = new_response(types[i], text->s, text->len);
}

void server_put_metrics(struct server *s, const struct strbuf *older,
			const struct strbuf *openmetrics)
{
	put_text(s, 0, older);
	put_text(s, 1, openmetrics);
}

void server_publish(struct server *s, const struct frame *f, const struct view *v)
{
	int err = metrics_take(s->metrics, f, v);

	if (err)
		log_err_sys(err, "no memory for what /metrics is to serve");
	for (size_t i = 0; i < ARRAY_SIZE(s->text) && !err; i++) {
		struct strbuf text = STRBUF_INIT;

		metrics_write(s->metrics, f, i, &text);
		put_text(s, i, &text);
		strbuf_release(&text);
	}
}

int server_put(struct server *s, const char *path, const char *type, const void *data, size_t len)
{
	struct MHD_Response *response = new_response(type, data, len);
	size_t i = 0;

	if (!response)
		return -ENOMEM;
	while (i < s->npages && strcmp(s->pages[i].path, path) != 0)
		i++;
	if (i == SERVE_PAGES || strlen(path) >= sizeof(s->pages[i].path)) {
		MHD_destroy_response(response);
		return -ENOSPC;
	}
	if (i == s->npages) {
		strcpy(s->pages[i].path, path);
		s->npages++;
	} else
		MHD_destroy_response(s->pages[i].response);
	s->pages[i].response = response;
	return 0;
}

const char *server_address(const struct server *s)
{
	return s ? s->address : NULL;
}

int server_fds(const struct server *s, struct pollfd *fds)
{
	int n = 0;

	if (clock_ns() >= s->resume_ns)
		fds[n++] = (struct pollfd){.fd = s->fd, .events = POLLIN};
	fds[n++] = (struct pollfd){
		.fd = MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		.events = POLLIN};
	return n;
}

size_t server_clients(const struct server *s)
{
	return client_count(s);
}

void server_close(struct server *s)
{
	if (!s)
		return;
	if (s->http)
		MHD_stop_daemon(s->http);
	for (size_t i = 0; i < ARRAY_SIZE(s->text); i++)
		if (s->text[i])
			MHD_destroy_response(s->text[i]);
	for (size_t i = 0; i < s->npages; i++)
		MHD_destroy_response(s->pages[i].response);
	if (s->fd >= 0)
		close(s->fd);
	metrics_free(s->metrics);
	free(s);
}
