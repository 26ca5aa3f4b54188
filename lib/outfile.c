/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Without a name first, then in the place of the file. */
#include "lib/base.h"
#include "lib/outfile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
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

/* The folder of @path, which ends with the last slash. */
static void folder_of(const char *path, struct strbuf *out)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		strbuf_add(out, path, (size_t)(slash - path) + 1);
	strbuf_addch(out, '.');
}

/* A file without a name, which nobody has to sweep; where the file system has none such, one
 * beside @path. Returns -errno when there is neither. */
static int open_aside(struct outfile *f, const char *path)
{
	struct strbuf folder = STRBUF_INIT;

	folder_of(path, &folder);
	f->fd = open(folder.s, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	strbuf_release(&folder);
	if (f->fd >= 0)
		return 0;
	strbuf_addf(&f->aside, "%s.XXXXXX", path);
	f->fd = mkostemp(f->aside.s, O_CLOEXEC);
	if (f->fd >= 0)
		return 0;
	strbuf_reset(&f->aside);
	return -errno;
}

/* Gives the nameless file a name beside its place: a name that is taken cannot be linked over. */
static int name_aside(struct outfile *f)
{
	char self[32];
	int err = -EEXIST;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	if (!linkat(AT_FDCWD, self, AT_FDCWD, f->path.s, AT_SYMLINK_FOLLOW))
		return 0;
	for (int i = 0; err == -EEXIST && i < 100; i++) {
		strbuf_reset(&f->aside);
		strbuf_addf(&f->aside, "%s.%06x", f->path.s,
			    (unsigned int)(clock_ns() ^ (uint64_t)getpid() << 8) & 0xffffff);
		err = linkat(AT_FDCWD, self, AT_FDCWD, f->aside.s, AT_SYMLINK_FOLLOW) ? -errno : 0;
	}
	if (err)
		strbuf_reset(&f->aside);
	return err;
}

int outfile_begin(struct outfile *f, const char *path, mode_t mode)
{
	char real[PATH_MAX];
	struct stat st;
	bool there = !stat(path, &st);
	int err;

	if (realpath(path, real))
		path = real;
	*f = (struct outfile)OUTFILE_INIT;
	strbuf_addstr(&f->path, path);
	err = open_aside(f, path);
	if (!err && fchmod(f->fd, there ? st.st_mode & 07777 : mode & ~file_mask()))
		err = -errno;
	if (err)
		outfile_end(f);
	return err;
}

int outfile_place(struct outfile *f)
{
	int err = f->aside.len ? 0 : name_aside(f);

	if (!err && f->aside.len && rename(f->aside.s, f->path.s))
		err = -errno;
	if (!err)
		strbuf_reset(&f->aside);
	return err;
}

void outfile_end(struct outfile *f)
{
	if (f->aside.len)
		unlink(f->aside.s);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	strbuf_release(&f->aside);
	strbuf_release(&f->path);
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
	struct outfile f = OUTFILE_INIT;
	struct stat st;
	bool there = !stat(path, &st);
	int err;

	if (stays(path, there, &st) || outfile_begin(&f, path, mode))
		return write_through(path, data, len, mode);
	err = fd_write_all(f.fd, data, len);
	if (!err)
		err = outfile_place(&f);
	outfile_end(&f);
	return err;
}

int outfile_check(const char *path)
{
	struct outfile f = OUTFILE_INIT;
	struct stat st;
	bool there = !stat(path, &st);
	int err;

	if (there && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (there && (access(path, W_OK) || !S_ISREG(st.st_mode)))
		return access(path, W_OK) ? -errno : 0;
	strbuf_addstr(&f.path, path);
	err = open_aside(&f, path);
	outfile_end(&f);
	return there ? 0 : err;
}

int outfile_make_above(const char *path)
{
	int err = 0;

	/* Of those above only the last counts: one may be there, and nobody's to make. */
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		char *part = strndup(path, (size_t)(slash - path));
		struct stat st;

		if (!part)
			abort();
		err = 0;
		if (*part && mkdir(part, 0777) && (stat(part, &st) || !S_ISDIR(st.st_mode)))
			err = errno == EEXIST ? -ENOTDIR : -errno;
		free(part);
	}
	return err;
}

bool outfile_is(const char *path, const char *other)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(other, &b) && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}
