/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The three descriptors that every program is given. */
#include "lib/base.h"
#include "lib/std.h"

#include <fcntl.h>
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

int std_close(int code)
{
	bool failed = ferror(stdout);
	int err;

	errno = 0;
	failed |= fclose(stdout) != 0;
	err = errno;
	if (!failed || err == EPIPE)
		return code;
	/* Who failed already has said why. */
	if (code != EXIT_USAGE)
		log_err("the output is not whole: %s",
			err ? strerror(err) : "it cannot be written");
	return EXIT_USAGE;
}
