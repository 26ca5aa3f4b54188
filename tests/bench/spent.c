/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spent FILE CMD..: runs a command, its output thrown away, and writes into the file how many ms of
 * processor time it took, in the program and in the kernel. With PRELOAD in the environment the
 * command, and it alone, has that library preloaded. Exit code: the command's; 2: it did not run.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(char *argv[])
{
	const char *preload = getenv("PRELOAD");
	int nowhere = open("/dev/null", O_WRONLY);

	if (nowhere >= 0) {
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
	}
	if (preload)
		setenv("LD_PRELOAD", preload, 1);
	execvp(argv[0], argv);
	_exit(2);
}

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

int main(int argc, char *argv[])
{
	struct rusage used;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3)
		return 2;
	/* Not fork(): a library that is preloaded here would begin anew in the child. */
	pid = vfork();
	if (!pid)
		become(argv + 2);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status))
		return 2;
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%.3f\n", ms(used.ru_utime) + ms(used.ru_stime)) < 0 ||
	    fclose(out))
		return 2;
	return WEXITSTATUS(status);
}
