/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The server of /metrics over loopback sockets, in one thread: what it answers, whom it drops, and
 * where it refuses to listen. */
#include "lib/base.h"
#include "monitor/sink/serve.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tests/unit/sink_fixture.h"

enum { ROWS = ARRAY_SIZE(sink_names) };

static struct proc_row rows[ROWS];
static struct view_line lines[ROWS];
static struct view view;
static struct frame frame;
static struct server *server;
static char said[512], warned[512];

static void hear(void *arg UNUSED, enum log_level level, const char *line)
{
	if (level == LOG_WARN)
		snprintf(warned, sizeof(warned), "%s", line);
	snprintf(said, sizeof(said), "%s", line);
}

static void heard(const char *part)
{
	if (!strstr(said, part))
		fail_msg("not said: %s\nbut: %s", part, said);
}

static int setup(void **state UNUSED)
{
	sink_frame(&frame, rows);
	for (size_t i = 0; i < ROWS; i++)
		lines[i] = (struct view_line){.row = (uint32_t)i};
	view = (struct view){.lines = lines, .n = ROWS, .matched = ROWS};
	log_capture(hear, NULL);
	assert_int_equal(server_open(&server, "0", METRICS_BY_PID), 0);
	heard("serving http://127.0.0.1:");
	heard(server_address(server));
	heard("/metrics");
	server_publish(server, &frame, &view);
	return 0;
}

static int teardown(void **state UNUSED)
{
	server_close(server);
	server_close(NULL);
	assert_null(server_address(NULL));
	log_capture(NULL, NULL);
	return 0;
}

static int dial(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons((uint16_t)atoi(strchr(server_address(server), ':') + 1));
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void say(int fd, const char *words, size_t len)
{
	assert_int_equal(send(fd, words, len, MSG_NOSIGNAL), len);
}

/* The whole answer, the server working meanwhile; "" when it hangs up without one. */
static void listen_to(int fd, struct strbuf *out)
{
	char part[4096];

	strbuf_reset(out);
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		server_work(server);
		assert_true(poll(&p, 1, 10000) == 1);
		n = recv(fd, part, sizeof(part), 0);
		if (n <= 0)
			break;
		strbuf_add(out, part, (size_t)n);
	}
	close(fd);
}

static void ask(const char *words, struct strbuf *out)
{
	int fd = dial();

	say(fd, words, strlen(words));
	listen_to(fd, out);
}

static const char *body(const struct strbuf *answer)
{
	const char *s = strstr(answer->s, "\r\n\r\n");

	assert_non_null(s);
	return s + 4;
}

static void has(const struct strbuf *answer, const char *part)
{
	if (!strstr(answer->s, part))
		fail_msg("not found: %s\nin: %.400s", part, answer->s);
}

static void test_answers(void **state UNUSED)
{
	static const struct {
		const char *request, *status, *part;
	} all[] = {
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", "at /metrics\n"},
		{"GET /metric HTTP/1.1\r\n\r\n", "404 Not Found", "only /metrics"},
		{"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed",
		 "Allow: GET, HEAD\r\n"},
		{"GET metrics HTTP/1.1\r\n\r\n", "400 Bad Request", "no HTTP"},
		{"GET / HTTP/1.1\r\nnocolon\r\n\r\n", "400 Bad Request", ""},
		{"GET / HTTP/2.0\r\n\r\n", "505 HTTP Version", ""},
		{"GET /metrics?x=1 HTTP/1.1\n\n", "200 OK", "memmon_ring_full_total 7\n"},
		{"GET http://h:1/metrics HTTP/1.0\r\n\r\n", "200 OK", "memmon_processes 12\n"},
	};
	struct strbuf out = STRBUF_INIT;
	char want[64];

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		ask(all[i].request, &out);
		snprintf(want, sizeof(want), " %s", all[i].status);
		if (strncmp(out.s, "HTTP/1.", 7) != 0 ||
		    strncmp(out.s + 8, want, strlen(want)) != 0)
			fail_msg("asked: %s\nanswered: %s", all[i].request, out.s);
		has(&out, all[i].part);
		has(&out, "Connection: close\r\n");
		snprintf(want, sizeof(want), "Content-Length: %zu\r\n", strlen(body(&out)));
		has(&out, want);
	}
	strbuf_release(&out);
}

static void test_kinds(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT, text = STRBUF_INIT;
	size_t length;

	ask("GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0;q=0.75,"
	    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.25,"
	    "*/*;q=0.1\r\n\r\n",
	    &out);
	has(&out, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n");
	metrics_render(&frame, &view, true, &text);
	assert_string_equal(body(&out), text.s);
	length = text.len;
	ask("GET /metrics HTTP/1.1\r\nAccept: */*\r\n\r\n", &out);
	has(&out, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	strbuf_reset(&text);
	metrics_render(&frame, &view, false, &text);
	assert_string_equal(body(&out), text.s);
	/* HEAD says what GET would, without it. */
	ask("HEAD /metrics HTTP/1.1\r\naccept: application/openmetrics-text\r\n\r\n", &out);
	assert_string_equal(body(&out), "");
	strbuf_reset(&text);
	strbuf_addf(&text, "Content-Length: %zu\r\n", length);
	has(&out, text.s);
	strbuf_release(&out);
	strbuf_release(&text);
}

static void test_accept(void **state UNUSED)
{
	assert_false(serve_prefers_openmetrics(""));
	assert_false(serve_prefers_openmetrics("text/html,*/*;q=0.8"));
	assert_false(
		serve_prefers_openmetrics("application/openmetrics-text;q=0.2,text/plain;q=0.5"));
	assert_false(serve_prefers_openmetrics("application/openmetrics-text;q=0"));
	assert_false(serve_prefers_openmetrics("application/openmetrics-text; version=2.0.0"));
	assert_true(serve_prefers_openmetrics("application/openmetrics-text"));
	assert_true(serve_prefers_openmetrics("*/*;q=0.9, Application/OpenMetrics-Text ; q=0.95"));
	/* The closest range speaks for text/plain. */
	assert_true(serve_prefers_openmetrics(
		"text/plain;q=0.1,*/*,application/openmetrics-text;q=0.5"));
	assert_false(serve_prefers_openmetrics(";;;,,,q=,;version="));
}

/* What is no HTTP at all is hung up on, and the next is served. */
static void test_no_http(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;

	ask("hello\r\n\r\n", &out);
	assert_true(!out.len || strstr(out.s, "400"));
	ask("GET /metrics\r\n\r\n", &out);
	assert_true(!out.len || strstr(out.s, "400") || strstr(out.s, "200 OK"));
	ask("\xff\xfe\r\n\r\n", &out);
	assert_true(!out.len || strstr(out.s, "400"));
	ask("GET / HTTP/1.1\r\n\r\n", &out);
	has(&out, "200 OK");
	strbuf_release(&out);
}

/* More than a connection may say is an error or the end, whatever comes first. */
static void test_too_long(void **state UNUSED)
{
	static char much[32768];
	struct strbuf out = STRBUF_INIT;
	int fd = dial();

	memset(much, 'x', sizeof(much));
	memcpy(much, "GET /", 5);
	for (size_t at = 0; at < sizeof(much);) {
		ssize_t n = send(fd, much + at, sizeof(much) - at, MSG_NOSIGNAL);

		server_work(server);
		if (n < 0 && errno != EAGAIN)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	listen_to(fd, &out);
	assert_true(!out.len || strstr(out.s, "414") || strstr(out.s, "431") ||
		    strstr(out.s, "400"));
	strbuf_release(&out);
}

/* A frame that is published while an answer is under way does not change it; it comes byte by byte
 * into a small buffer, and the request did too. */
static void test_slow_but_alive(void **state UNUSED)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\n\r\n";
	struct strbuf out = STRBUF_INIT, want = STRBUF_INIT;
	int fd = dial(), small = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (size_t i = 0; i < strlen(request); i++) {
		say(fd, request + i, 1);
		server_work(server);
	}
	metrics_render(&frame, &view, false, &want);
	frame.losses.ring_full = 8;
	server_publish(server, &frame, &view);
	listen_to(fd, &out);
	assert_string_equal(body(&out), want.s);
	strbuf_release(&out);
	strbuf_release(&want);
}

static size_t clients(void)
{
	return server_clients(server);
}

/* Gone: the next read finds the end. */
static bool has_hung_up(int fd)
{
	char c;

	errno = 0;
	return recv(fd, &c, 1, 0) <= 0 && errno != EAGAIN;
}

static void hung_up(int fd)
{
	assert_true(has_hung_up(fd));
	close(fd);
}

/* Silence is the library's to notice, by its own clock. */
static void test_silent(void **state UNUSED)
{
	int fd = dial();

	for (int i = 0; i < 10 * (SERVE_SILENT_S + 10) && !has_hung_up(fd); i++) {
		server_work(server);
		usleep(100000);
	}
	hung_up(fd);
	assert_int_equal(clients(), 0);
}

/* A byte from time to time does not keep a client for ever. */
static void test_dripping(void **state UNUSED)
{
	int fd = dial();
	uint64_t now = clock_ns();

	serve_work_at(server, now);
	say(fd, "G", 1);
	serve_work_at(server, now + SERVE_LIFE_NS - 1);
	assert_int_equal(clients(), 1);
	say(fd, "E", 1);
	serve_work_at(server, now + SERVE_LIFE_NS + 1);
	hung_up(fd);
	assert_int_equal(clients(), 0);
}

/* n37: as many slow clients as there are places do not keep a scrape waiting: the eldest goes. */
static void test_n37_slow_clients_starve_nobody(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	int fd[SERVE_CLIENTS], next;
	uint64_t now = clock_ns();

	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		fd[i] = dial();
		serve_work_at(server, now + i);
	}
	assert_int_equal(clients(), SERVE_CLIENTS);
	ask("GET / HTTP/1.1\r\n\r\n", &out);
	has(&out, "200 OK");
	next = dial();
	server_work(server);
	assert_int_equal(clients(), SERVE_CLIENTS);
	hung_up(fd[0]);
	close(next);
	for (size_t i = 1; i < SERVE_CLIENTS; i++) {
		assert_false(has_hung_up(fd[i]));
		close(fd[i]);
	}
	strbuf_release(&out);
}

/* n37: fifty clients that dial anew whenever they are shown out, of every slow kind, keep nobody
 * waiting: each scrape beside them is whole. */
static void test_n37_fifty_slow_clients(void **state UNUSED)
{
	enum { SLOW = 50, SCRAPES = 200 };
	struct strbuf out = STRBUF_INIT;
	int fd[SLOW];

	for (int i = 0; i < SLOW; i++)
		fd[i] = -1;
	for (int n = 0; n < SCRAPES; n++) {
		for (int i = 0; i < SLOW; i++) {
			if (fd[i] >= 0 && has_hung_up(fd[i])) {
				close(fd[i]);
				fd[i] = -1;
			}
			if (fd[i] < 0)
				fd[i] = dial();
			/* Silent; drop by drop; asks, and takes nothing of the answer. */
			if (i % 3 == 1)
				send(fd[i], "G", 1, MSG_NOSIGNAL);
			else if (i % 3 == 2)
				send(fd[i], "GET /metrics HTTP/1.1\r\n\r\n", 25, MSG_NOSIGNAL);
		}
		ask("GET /metrics HTTP/1.1\r\n\r\n", &out);
		has(&out, "200 OK");
		assert_true(strstr(out.s, "memmon_ring_full_total") != NULL);
	}
	for (int i = 0; i < SLOW; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	strbuf_release(&out);
}

static void test_no_descriptors(void **state UNUSED)
{
	struct rlimit old, none;
	struct strbuf out = STRBUF_INIT;
	uint64_t now = clock_ns();
	int fd = dial();

	say(fd, "GET / HTTP/1.1\r\n\r\n", 18);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){.rlim_cur = (rlim_t)fd, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	serve_work_at(server, now);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	heard("cannot take a client of http://127.0.0.1:");
	assert_int_equal(clients(), 0);
	serve_work_at(server, now + SERVE_PAUSE_NS);
	listen_to(fd, &out);
	has(&out, "200 OK");
	strbuf_release(&out);
}

static void test_nothing_yet(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;

	server_close(server);
	assert_int_equal(server_open(&server, ":0", METRICS_BY_PID), 0);
	ask("GET /metrics HTTP/1.1\r\n\r\n", &out);
	has(&out, "503 Service Unavailable");
	strbuf_release(&out);
}

static void refused(const char *where, int err, const char *part)
{
	struct server *s;

	assert_int_equal(server_open(&s, where, METRICS_BY_PID), err);
	assert_null(s);
	heard(part);
}

static void test_where(void **state UNUSED)
{
	struct server *s;
	char text[96];

	refused("127.0.0.1:x", -EINVAL, "'x' is no port");
	refused("", -EINVAL, "'' is no port");
	refused("127.0.0.1", -EINVAL, "'127.0.0.1' is no port");
	refused("65536", -EINVAL, "'65536' is no port");
	refused("-1", -EINVAL, "no port");
	refused("example.org:80", -EINVAL, "'example.org' is no address; give it in numbers");
	refused("::1:80", -EINVAL, "'::1' is no address");
	refused("[::1:80", -EINVAL, "is no address");
	refused("203.0.113.7:0", -EADDRNOTAVAIL, "this machine does not have that address");
	refused(server_address(server), -EADDRINUSE,
		"another program has this port; choose another one");
	snprintf(text, sizeof(text), "ss -ltnp 'sport = %s'", strchr(server_address(server), ':'));
	heard(text);
	assert_int_equal(server_open(&s, "localhost:0", METRICS_BY_PID), 0);
	assert_ptr_equal(strstr(server_address(s), "127.0.0.1:"), server_address(s));
	server_close(s);
	assert_int_equal(server_open(&s, "0.0.0.0:0", METRICS_BY_PID), 0);
	server_close(s);
	if (server_open(&s, "[::1]:0", METRICS_BY_PID)) {
		heard("IPv6");
		return;
	}
	assert_ptr_equal(strstr(server_address(s), "[::1]:"), server_address(s));
	server_close(s);
}

static void test_reach_is_told(void **state UNUSED)
{
	struct server *s;

	warned[0] = '\0';
	assert_int_equal(server_open(&s, "127.0.0.1:0", METRICS_BY_PID), 0);
	assert_string_equal(warned, "");
	server_close(s);
	assert_int_equal(server_open(&s, "0.0.0.0:0", METRICS_BY_PID), 0);
	if (!strstr(warned, "who reaches 0.0.0.0:"))
		fail_msg("not told: %s", warned);
	server_close(s);
	if (geteuid()) {
		refused("80", -EACCES, "need CAP_NET_BIND_SERVICE");
		return;
	}
	/* Root may: then it is a port as any other, unless somebody has it. */
	if (!server_open(&s, "1", METRICS_BY_PID))
		server_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_answers),
		T(test_kinds),
		T(test_accept),
		T(test_too_long),
		T(test_no_http),
		T(test_slow_but_alive),
		T(test_silent),
		T(test_dripping),
		T(test_n37_slow_clients_starve_nobody),
		T(test_n37_fifty_slow_clients),
		T(test_no_descriptors),
		T(test_nothing_yet),
		T(test_where),
		T(test_reach_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
