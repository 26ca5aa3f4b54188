/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The three descriptors that every program is given. */
#include "lib/base.h"
#include "lib/std.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

void std_open(void)
{
	/* In their order: open() takes the lowest that is free. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
			_exit(EXIT_USAGE); /* nobody could be told */
}

/* True where stdout is a pipe whose other end is closed: `| head` has seen enough. */
static bool reader_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

int std_close(int code)
{
	bool failed = ferror(stdout), gone = reader_gone();
	int err;

	errno = 0;
	/* What was written long ago failed long ago; a device still says why. */
	err = failed && write(STDOUT_FILENO, "", 0) < 0 ? errno : 0;
	if (fclose(stdout)) {
		failed = true;
		err = errno;
	}
	if (!failed || gone || err == EPIPE)
		return code;
	/* Who failed already has said why. */
	if (code != EXIT_USAGE)
		log_err("the output is not whole: %s",
			err ? strerror(err) : "it cannot be written");
	return EXIT_USAGE;
}
