/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A program and who watches it, where there is no shell: beside PROGRAM [ARG..] -- WATCHER [ARG..].
 * The program is started with WAIT=1 (chunks.h) and its output on stderr; once it waits, the
 * watcher is, with -p and the program's number behind its words; once that says "watching process",
 * the program goes on. Exit code: the watcher's.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(char **argv, int in, int out, int err)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* It has taken the byte: it is there, with its libraries. False: it has ended. */
static bool waits(pid_t pid, int in, int out)
{
	int left = 1;

	if (write(out, "x", 1) != 1)
		return false;
	while (!ioctl(in, FIONREAD, &left) && left) {
		if (waitpid(pid, NULL, WNOHANG))
			return false;
		poll(NULL, 0, 10);
	}
	return true;
}

/* Passes on what @in says, until a line of it has @words. */
static bool says(int in, const char *words)
{
	static char said[65536];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(said) - 1 && (got = read(in, said + n, sizeof(said) - 1 - n)) > 0) {
		if (write(STDERR_FILENO, said + n, (size_t)got) != got)
			return false;
		n += (size_t)got;
		said[n] = '\0';
		if (strstr(said, words))
			return true;
	}
	return false;
}

static int code_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

int main(int argc, char *argv[])
{
	int go[2], said[2], dashes = 1;
	char *watcher[64], number[16];
	pid_t program, watching;
	size_t n = 0;

	while (dashes < argc && strcmp(argv[dashes], "--"))
		dashes++;
	if (dashes == 1 || dashes + 1 >= argc || argc - dashes > 60 || pipe2(go, O_CLOEXEC) ||
	    pipe2(said, O_CLOEXEC) || setenv("WAIT", "1", 1))
		return 2;
	argv[dashes] = NULL;
	program = start(argv + 1, go[0], STDERR_FILENO, STDERR_FILENO);
	if (program < 0 || !waits(program, go[0], go[1]))
		return 2;
	snprintf(number, sizeof(number), "%d", (int)program);
	for (int i = dashes + 1; i < argc; i++)
		watcher[n++] = argv[i];
	watcher[n++] = (char[]){"-p"};
	watcher[n++] = number;
	watcher[n] = NULL;
	watching = start(watcher, STDIN_FILENO, STDOUT_FILENO, said[1]);
	close(said[1]);
	says(said[0], "watching process");
	close(go[1]);
	says(said[0], "\001");
	if (code_of(program))
		fprintf(stderr, "beside: the program ended with another code than 0\n");
	return code_of(watching);
}
