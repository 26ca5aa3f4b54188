/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the server listens: an address in words becomes a socket, or a reason why not. */
#include "lib/base.h"
#include "monitor/sink/serve_work.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"

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
	    bind(*fd, &a->any, address_size(a)) || listen(*fd, SERVE_CLIENTS))
		return -errno;
	return 0;
}

int serve_listen(const char *where, int *fd, char *address, size_t size)
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
