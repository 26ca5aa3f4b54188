/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Beside the file first, then renamed to its name. */
#include "lib/base.h"
#include "lib/outfile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/strbuf.h"

static mode_t file_mask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

static int write_through(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, mode);
	int err = fd < 0 ? -errno : fd_write_all(fd, data, len);

	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	return err;
}

static int write_beside(const char *path, int fd, char *aside, const void *data, size_t len,
			mode_t mode)
{
	int err = fd_write_all(fd, data, len);

	if (!err && fchmod(fd, mode))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(aside, path))
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}

/* A new file beside @path, or -errno. */
static int open_beside(const char *path, struct strbuf *aside)
{
	int fd;

	strbuf_addf(aside, "%s.XXXXXX", path);
	fd = mkostemp(aside->s, O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Nothing can take its place: a pipe, what we may not write, a link to what is not there yet. */
static bool stays(const char *path, bool there, const struct stat *st)
{
	struct stat link;

	if (there)
		return !S_ISREG(st->st_mode) || access(path, W_OK);
	return !lstat(path, &link);
}

int outfile_write(const char *path, const void *data, size_t len, mode_t mode)
{
	struct strbuf aside = STRBUF_INIT;
	char real[PATH_MAX];
	struct stat st;
	bool there = !stat(path, &st);
	int fd, err;

	if (stays(path, there, &st))
		return write_through(path, data, len, mode);
	if (realpath(path, real))
		path = real;
	fd = open_beside(path, &aside);
	if (fd < 0)
		err = write_through(path, data, len, mode);
	else
		err = write_beside(path, fd, aside.s, data, len,
				   there ? st.st_mode & 07777 : mode & ~file_mask());
	strbuf_release(&aside);
	return err;
}

int outfile_check(const char *path)
{
	struct strbuf aside = STRBUF_INIT;
	struct stat st;
	bool there = !stat(path, &st);
	int fd, err;

	if (there && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (there && (access(path, W_OK) || !S_ISREG(st.st_mode)))
		return access(path, W_OK) ? -errno : 0;
	fd = open_beside(path, &aside);
	err = fd < 0 && !there ? fd : 0;
	if (fd >= 0) {
		close(fd);
		unlink(aside.s);
	}
	strbuf_release(&aside);
	return err;
}

bool outfile_is(const char *path, const char *other)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(other, &b) && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}
