/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that a command writes at its end, whole or not at all: a full disk, a kill or a second
 * writer leaves what was there before, or one of the two, never a mixture.
 */
#ifndef LIB_OUTFILE_H
#define LIB_OUTFILE_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* A file that is written before it has its place. */
struct outfile {
	int fd;			   /* read and written by the caller; -1: none */
	struct strbuf path, aside; /* private */
};

#define OUTFILE_INIT                                                                               \
	{                                                                                          \
		.fd = -1, .path = STRBUF_INIT, .aside = STRBUF_INIT                                \
	}

/*
 * Opens what shall become @path (a link is followed; mode as below): it has no name where the file
 * system can do that (O_TMPFILE), so that a kill leaves nothing. Returns 0 or -errno; prints
 * nothing.
 */
int outfile_begin(struct outfile *f, const char *path, mode_t mode);
/* What was written stands at its path from here on. Returns 0 or -errno. */
int outfile_place(struct outfile *f);
/* Closes it (set fd to -1 to keep it open); what was not placed is gone. */
void outfile_end(struct outfile *f);

/*
 * @path becomes @len bytes of @data: written aside first, then put in its place. A link is
 * followed; a file that is there keeps its mode, a new one has @mode less the umask. What is no
 * regular file (a pipe, a terminal), or lies in a folder where nothing can be made, is written
 * through. Returns 0 or -errno; prints nothing.
 */
int outfile_write(const char *path, const void *data, size_t len, mode_t mode);
/* Can @path be written? Told before the hour of work whose result goes there. 0 or -errno. */
int outfile_check(const char *path);
/* Makes the folders above @path that are missing, or, with a '/' at its end, @path itself. Returns
 * 0 when the last of them is there, or -errno; prints nothing. */
int outfile_make_above(const char *path);
/* Both names are of one regular file, which would be lost if one were written. */
bool outfile_is(const char *path, const char *other);

#endif
