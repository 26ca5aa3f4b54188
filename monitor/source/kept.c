/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* To look a path up and to close it again costs five times what reading does. */
#include "lib/base.h"
#include "monitor/source/kept.h"

#include <fcntl.h>
#include <unistd.h>

ssize_t kept_read(struct kept *k, int dir, const char *path, char *text, size_t size, size_t at)
{
	ssize_t n;

	text[0] = '\0';
	if (!k->fd)
		k->fd = openat(dir, path, O_RDONLY | O_CLOEXEC) + 1;
	if (!k->fd)
		return -errno;
	do
		n = pread(k->fd - 1, text, size - 1, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		n = -errno;
		kept_close(k);
		return n;
	}
	text[n] = '\0';
	return n;
}

void kept_close(struct kept *k)
{
	if (k->fd)
		close(k->fd - 1);
	k->fd = 0;
}
