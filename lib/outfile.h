/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that a command writes at its end, whole or not at all: a full disk, a kill or a second
 * writer leaves what was there before, or one of the two, never a mixture.
 */
#ifndef LIB_OUTFILE_H
#define LIB_OUTFILE_H

#include "lib/base.h"

/*
 * @path becomes @len bytes of @data: written beside it first, then put in its place. A link is
 * followed; a file that is there keeps its mode, a new one has @mode less the umask. What is no
 * regular file (a pipe, a terminal), or lies in a folder where nothing can be made, is written
 * through. Returns 0 or -errno; prints nothing.
 */
int outfile_write(const char *path, const void *data, size_t len, mode_t mode);
/* Can @path be written? Told before the hour of work whose result goes there. 0 or -errno. */
int outfile_check(const char *path);
/* Both names are of one regular file, which would be lost if one were written. */
bool outfile_is(const char *path, const char *other);

#endif
