/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A small file of the kernel's that is read in each frame: it stays open, so that to read it again
 * is one call. What it says is of then. */
#ifndef MONITOR_SOURCE_KEPT_H
#define MONITOR_SOURCE_KEPT_H

#include "lib/base.h"

struct kept {
	int fd; /* its descriptor and 1; 0: it is not open */
};

/* From @at on, into @text, terminated, cut at @size - 1: as much as the kernel hands out in one
 * read, which is all of a file that one function writes, and about a page of others. @path is below
 * @dir, and needed where it is not open. Its length or -errno (it is closed then); prints nothing.
 */
ssize_t kept_read(struct kept *k, int dir, const char *path, char *text, size_t size, size_t at);
void kept_close(struct kept *k);

#endif
