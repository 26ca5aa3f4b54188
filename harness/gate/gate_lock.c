/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lock that the kernel releases when its holder dies. */
#include "lib/base.h"
#include "harness/gate/gate_lock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"

void gate_tmp(struct strbuf *out)
{
	const char *dir = getenv("TMPDIR");

	strbuf_addstr(out, dir && *dir ? dir : "/tmp");
}

/* The process whose lock is in the way; 0: none by now. */
static pid_t holder(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

static int take(int fd, const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int err;

	if (!fcntl(fd, F_SETLK, &lock))
		return 0;
	err = -errno;
	if (err != -EACCES && err != -EAGAIN) {
		log_err_sys(err, "cannot lock %s", path);
		return err;
	}
	log_err("another gate is running, process %d: two at once would disturb each other; wait "
		"for it",
		(int)holder(fd));
	return -EBUSY;
}

int gate_lock(void)
{
	struct strbuf path = STRBUF_INIT;
	int fd, err;

	gate_tmp(&path);
	strbuf_addf(&path, "/beebench-gate-%u.lock", (unsigned int)geteuid());
	fd = open(path.s, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err = -errno;
		log_err_sys(err,
			    "cannot open the lock %s; set TMPDIR to a folder that can be "
			    "written",
			    path.s);
	} else {
		err = take(fd, path.s);
		if (err)
			close(fd);
	}
	/* The descriptor stays open: closing it would release the lock. */
	strbuf_release(&path);
	return err;
}
