/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pipe a command prints into, and the end of what came out of it. */
#include "lib/base.h"
#include "workloads/output.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/utf8.h"

/* What a command can print between two looks at the pipe without being held up. */
enum { PIPE_BYTES = 1 << 20 };

int output_open(struct output *o)
{
	int fds[2];

	*o = (struct output)OUTPUT_INIT;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	o->fd = fds[0];
	fcntl(o->fd, F_SETFL, O_NONBLOCK);
	fcntl(o->fd, F_SETPIPE_SZ, PIPE_BYTES);
	return fds[1];
}

static void keep(struct output *o, const char *text, size_t len)
{
	strbuf_add(&o->tail, text, len);
	if (o->tail.len <= 2 * (size_t)OUTPUT_KEPT)
		return;
	memmove(o->tail.s, o->tail.s + o->tail.len - OUTPUT_KEPT, OUTPUT_KEPT);
	o->tail.len = OUTPUT_KEPT;
	o->tail.s[o->tail.len] = '\0';
}

void output_take(struct output *o)
{
	char buf[16384];
	ssize_t n;

	while (o->fd >= 0) {
		n = read(o->fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close(o->fd);
			o->fd = -1;
			return;
		}
		o->bytes += (uint64_t)n;
		keep(o, buf, (size_t)n);
	}
}

static bool is_printable(uint32_t c)
{
	return c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f) || c >= 0xa0;
}

void output_text(const struct output *o, size_t max, struct strbuf *out)
{
	size_t at = o->tail.len > max ? o->tail.len - max : 0;
	const char *line = at ? memchr(o->tail.s + at, '\n', o->tail.len - at) : NULL;

	if (line && line + 1 < o->tail.s + o->tail.len)
		at = (size_t)(line + 1 - o->tail.s);
	while (at < o->tail.len) {
		uint32_t c = 0;
		size_t n = utf8_decode(o->tail.s + at, o->tail.len - at, &c);

		if (n && is_printable(c))
			strbuf_add(out, o->tail.s + at, n);
		else
			strbuf_addch(out, '?');
		at += n ? n : 1;
	}
}

void output_release(struct output *o)
{
	if (o->fd >= 0)
		close(o->fd);
	strbuf_release(&o->tail);
	*o = (struct output)OUTPUT_INIT;
}
