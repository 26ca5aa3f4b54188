/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A growing string. */
#include "lib/base.h"
#include "lib/strbuf.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char strbuf_empty[1];

static void grow(struct strbuf *sb, size_t extra)
{
	size_t need = sb->len + extra + 1, cap = sb->cap ? sb->cap : 64;
	char *s;

	if (need <= sb->cap)
		return;
	while (cap < need)
		cap *= 2;
	s = realloc(sb->cap ? sb->s : NULL, cap);
	if (!s)
		abort();
	if (!sb->cap)
		s[0] = '\0';
	sb->s = s;
	sb->cap = cap;
}

void strbuf_release(struct strbuf *sb)
{
	if (sb->cap)
		free(sb->s);
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	if (sb->cap)
		sb->s[0] = '\0';
}

void strbuf_trim(struct strbuf *sb)
{
	char *s = sb->cap > sb->len + 1 ? realloc(sb->s, sb->len + 1) : NULL;

	if (!s)
		return;
	sb->s = s;
	sb->cap = sb->len + 1;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (!len)
		return;
	grow(sb, len);
	memcpy(sb->s + sb->len, data, len);
	sb->len += len;
	sb->s[sb->len] = '\0';
}

void strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addch(struct strbuf *sb, int c)
{
	char ch = (char)c;

	strbuf_add(sb, &ch, 1);
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n <= 0)
		return;
	grow(sb, (size_t)n);
	vsnprintf(sb->s + sb->len, (size_t)n + 1, fmt, ap);
	sb->len += (size_t)n;
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

char *strbuf_detach(struct strbuf *sb)
{
	char *s;

	grow(sb, 0);
	s = sb->s;
	*sb = (struct strbuf)STRBUF_INIT;
	return s;
}

void strbuf_add_absolute(struct strbuf *sb, const char *path)
{
	char here[PATH_MAX];

	if (*path != '/' && getcwd(here, sizeof(here)))
		strbuf_addf(sb, "%s/", here);
	strbuf_addstr(sb, path);
}

int strbuf_read_file(struct strbuf *sb, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = strbuf_read_fd(sb, fd);
	close(fd);
	return err;
}

/* What is no file has no size, and may have no end. */
static const size_t most_of_a_stream = (size_t)256 << 20;

int strbuf_read_fd(struct strbuf *sb, int fd)
{
	size_t start = sb->len;
	struct stat st;
	bool stream = !fstat(fd, &st) && !S_ISREG(st.st_mode);
	int err = 0;

	for (;;) {
		ssize_t n;

		grow(sb, 65536);
		n = read(fd, sb->s + sb->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		sb->len += (size_t)n;
		if (stream && sb->len - start > most_of_a_stream) {
			err = -EFBIG;
			break;
		}
	}
	if (err)
		sb->len = start;
	sb->s[sb->len] = '\0';
	return err;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

bool str_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

void strbuf_replace(struct strbuf *sb, const char *from, const char *to)
{
	struct strbuf out = STRBUF_INIT;
	const char *at = sb->s, *hit;

	while ((hit = strstr(at, from))) {
		strbuf_add(&out, at, (size_t)(hit - at));
		strbuf_addstr(&out, to);
		at = hit + strlen(from);
	}
	strbuf_addstr(&out, at);
	strbuf_release(sb);
	*sb = out;
}
