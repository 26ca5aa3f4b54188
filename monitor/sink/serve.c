/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The server of /metrics: a listening socket and a few clients, none of which is waited for. */
#include "lib/base.h"
#include "monitor/sink/serve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/sink/http.h"
#include "monitor/sink/serve_work.h"

enum client_state {
	CLIENT_FREE,
	CLIENT_READING, /* its request is coming */
	CLIENT_WRITING, /* it is taking the answer */
	CLIENT_ENDING,	/* it has all; what it still sends is thrown away until it hangs up, since
			 * closing with bytes unread would take the answer from it */
};

struct client {
	enum client_state state;
	int fd;
	uint64_t born_ns, moved_ns;
	size_t have; /* bytes of @request, or written of @answer */
	char request[HTTP_REQUEST_MAX];
	struct strbuf answer;
};

struct server {
	int fd;
	uint64_t resume_ns; /* no new clients before: there were no descriptors left */
	bool said_full;
	char address[64];
	struct strbuf text[2]; /* what is served: the older text, OpenMetrics */
	struct client clients[SERVE_CLIENTS];
};

static bool has_room(const struct server *s)
{
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		if (s->clients[i].state == CLIENT_FREE)
			return true;
	return false;
}

int server_open(struct server **out, const char *where)
{
	struct server *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s) {
		log_err_sys(ENOMEM, "cannot serve on %s", where);
		return -ENOMEM;
	}
	s->fd = -1;
	for (size_t i = 0; i < ARRAY_SIZE(s->text); i++)
		s->text[i] = (struct strbuf)STRBUF_INIT;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		s->clients[i] = (struct client){.fd = -1, .answer = STRBUF_INIT};
	err = serve_listen(where, &s->fd, s->address, sizeof(s->address));
	if (err) {
		server_close(s);
		return err;
	}
	log_info("serving http://%s/metrics", s->address);
	*out = s;
	return 0;
}

void server_publish(struct server *s, const struct frame *f, const struct view *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->text); i++) {
		strbuf_reset(&s->text[i]);
		metrics_render(f, v, i, &s->text[i]);
	}
}

const char *server_address(const struct server *s)
{
	return s ? s->address : NULL;
}

int server_fds(const struct server *s, struct pollfd *fds)
{
	int n = 0;

	if (has_room(s) && clock_ns() >= s->resume_ns)
		fds[n++] = (struct pollfd){.fd = s->fd, .events = POLLIN};
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		const struct client *c = &s->clients[i];

		if (c->state != CLIENT_FREE)
			fds[n++] = (struct pollfd){.fd = c->fd,
						   .events = c->state == CLIENT_WRITING ? POLLOUT
											: POLLIN};
	}
	return n;
}

static void drop(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	strbuf_release(&c->answer);
	c->fd = -1;
	c->have = 0;
	c->state = CLIENT_FREE;
}

static void answer_text(struct client *c, const struct http_request *r, int status,
			const char *type, const char *text)
{
	http_head(status, type, strlen(text), &c->answer);
	if (!r->head)
		strbuf_addstr(&c->answer, text);
	c->state = CLIENT_WRITING;
	c->have = 0;
}

static void answer(const struct server *s, struct client *c, const struct http_request *r,
		   int status)
{
	static const char plain[] = "text/plain; charset=utf-8";
	static const struct {
		int status;
		const char *text;
	} errors[] = {
		{400, "this is no HTTP request\n"},
		{404, "there is only /metrics here\n"},
		{405, "only GET and HEAD are answered\n"},
		{414, "there is only /metrics here\n"},
		{503, "nothing has been counted yet; try again\n"},
		{505, "HTTP/1.1 and HTTP/1.0 are spoken here\n"},
	};
	const struct strbuf *text = &s->text[r->openmetrics];

	if (status == 200 && !strcmp(r->path, "/"))
		return answer_text(c, r, 200, plain, "figures for Prometheus are at /metrics\n");
	if (status == 200 && strcmp(r->path, "/metrics") != 0)
		status = 404;
	if (status == 200 && !text->len)
		status = 503;
	if (status == 200)
		return answer_text(c, r, 200,
				   r->openmetrics ? "application/openmetrics-text; version=1.0.0; "
						    "charset=utf-8"
						  : "text/plain; version=0.0.4; charset=utf-8",
				   text->s);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].status == status)
			return answer_text(c, r, status, plain, errors[i].text);
}

/* Each of these returns false when the client is to be dropped; errno EAGAIN is no reason. */
static bool read_request(const struct server *s, struct client *c, uint64_t now_ns)
{
	struct http_request r;
	ssize_t n = recv(c->fd, c->request + c->have, sizeof(c->request) - c->have, 0);
	int status;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	c->have += (size_t)n;
	c->moved_ns = now_ns;
	status = http_parse(c->request, c->have, &r);
	if (status)
		answer(s, c, &r, status);
	return status || c->have < sizeof(c->request);
}

static bool write_answer(struct client *c, uint64_t now_ns)
{
	ssize_t n = send(c->fd, c->answer.s + c->have, c->answer.len - c->have, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->have += (size_t)n;
	c->moved_ns = now_ns;
	if (c->have < c->answer.len)
		return true;
	strbuf_release(&c->answer);
	c->state = CLIENT_ENDING;
	return !shutdown(c->fd, SHUT_WR);
}

static bool end_client(struct client *c)
{
	char waste[4096];
	ssize_t n = recv(c->fd, waste, sizeof(waste), 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	return n > 0;
}

static bool work_client(const struct server *s, struct client *c, uint64_t now_ns)
{
	if (now_ns - c->moved_ns > SERVE_SILENT_NS || now_ns - c->born_ns > SERVE_LIFE_NS)
		return false;
	if (c->state == CLIENT_READING && !read_request(s, c, now_ns))
		return false;
	/* At once: most answers fit into the socket. */
	if (c->state == CLIENT_WRITING && !write_answer(c, now_ns))
		return false;
	return c->state != CLIENT_ENDING || end_client(c);
}

/* False when no more wait, or none can be taken now. */
static bool accept_client(struct server *s, struct client *c, uint64_t now_ns)
{
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		*c = (struct client){.state = CLIENT_READING,
				     .fd = fd,
				     .born_ns = now_ns,
				     .moved_ns = now_ns,
				     .answer = STRBUF_INIT};
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		/* It stays readable: without a pause the owner would spin. */
		s->resume_ns = now_ns + SERVE_PAUSE_NS;
		if (!s->said_full)
			log_err_sys(errno,
				    "cannot take a client of http://%s/metrics; trying "
				    "again every second",
				    s->address);
		s->said_full = true;
	}
	return false;
}

void serve_work_at(struct server *s, uint64_t now_ns)
{
	bool more = now_ns >= s->resume_ns;

	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		struct client *c = &s->clients[i];

		if (c->state != CLIENT_FREE && !work_client(s, c, now_ns))
			drop(c);
		if (c->state != CLIENT_FREE || !more)
			continue;
		more = accept_client(s, c, now_ns);
		if (more && !work_client(s, c, now_ns))
			drop(c);
	}
}

void server_work(struct server *s)
{
	serve_work_at(s, clock_ns());
}

void server_close(struct server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		drop(&s->clients[i]);
	for (size_t i = 0; i < ARRAY_SIZE(s->text); i++)
		strbuf_release(&s->text[i]);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
