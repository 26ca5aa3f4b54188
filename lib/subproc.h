/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Child processes: held at a gate until everything is attached, always reaped, never left behind.
 */
#ifndef LIB_SUBPROC_H
#define LIB_SUBPROC_H

#include <sys/resource.h>

#include "lib/base.h"
#include "lib/strbuf.h"

struct subproc {
	pid_t pid;	  /* 0 when there is none; its own process group has the same number */
	int pidfd;	  /* readable when the child has ended; -1 when there is none */
	int status;	  /* as of wait(2), once reaped */
	struct rusage ru; /* of the child and its reaped children, once reaped */
	bool reaped;
};

#define SUBPROC_INIT                                                                               \
	{                                                                                          \
		.pidfd = -1                                                                        \
	}

struct subproc_opts {
	/* In the child, before exec (or instead of it, when argv is NULL): returns the exit code to
	 * end with when negative or when there is no argv. Must be async-signal-safe up to what the
	 * caller knows of its own threads. */
	int (*child)(void *arg);
	void *arg;
	const char *const
		*argv; /* program and arguments, looked up in PATH; NULL: only @child runs */
	const char *const *env; /* additional "NAME=value" strings, ended by NULL; may be NULL */
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null for stdin, inherited for the others */
};

/* Starts the child in a process group of its own. Returns 0 or -errno after saying why (-ENOENT: no
 * such program). */
int subproc_start(struct subproc *p, const struct subproc_opts *opts);

/* Waits at most @timeout_ms (-1: for ever). Returns 0 when reaped, -ETIMEDOUT, -EINTR or -errno;
 * prints nothing. */
int subproc_wait(struct subproc *p, int timeout_ms);

/* Ends the whole group: SIGTERM, @grace_ms later SIGKILL; reaps. Accepts one that has ended or
 * never started. */
void subproc_kill(struct subproc *p, int grace_ms);

/* Closes what is held. Kills first when still running. */
void subproc_release(struct subproc *p);

/* "exit code 3", "killed by signal 9 (Killed)": the status of a reaped child in words. */
void subproc_describe(const struct subproc *p, struct strbuf *out);

/* Runs a command to its end and collects its stdout (and stderr, when @err is not NULL). Returns
 * its exit code, or -errno. */
int subproc_capture(const char *const argv[], int timeout_ms, struct strbuf *out,
		    struct strbuf *err);

#endif
