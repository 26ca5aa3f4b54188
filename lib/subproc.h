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
	int exec_err; /* once reaped: errno of an exec() that failed, 0 when it did not */
	int exec_fd;  /* private: where a failed exec() is reported; -1 when there is none */
};

#define SUBPROC_INIT                                                                               \
	{                                                                                          \
		.pidfd = -1, .exec_fd = -1                                                         \
	}

struct subproc_opts {
	/* In the child: what it does before exec() (or instead of it, when argv is NULL). A
	 * negative value, or any when there is no argv, ends the child with that exit code (its low
	 * eight bits). Must be async-signal-safe up to what the caller knows of its own threads. */
	int (*child)(void *arg);
	void *arg;
	const char *const
		*argv; /* program and arguments, looked up in PATH; NULL: only @child runs */
	const char *const *env; /* additional "NAME=value" strings, ended by NULL; may be NULL */
	struct strbuf *why;	/* where the reason goes when it cannot start (lib/why.h) */
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null for stdin, inherited for the others */
};

/* All three streams as -1 means. */
#define SUBPROC_OPTS_INIT                                                                          \
	{                                                                                          \
		.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1                                   \
	}

/*
 * Starts the child in a process group of its own, with default signal dispositions. It is killed
 * when the calling *thread* ends. Returns 0 or -errno after saying why (-ENOENT: no such program).
 * With argv and without @child, 0 means that exec() succeeded; with both, exec() comes later, and
 * its failure shows as exit code 127 and exec_err.
 */
int subproc_start(struct subproc *p, const struct subproc_opts *opts);

/*
 * Waits at most @timeout_ms (-1: for ever). Returns 0 when reaped, -ETIMEDOUT, -EINTR or -errno;
 * prints nothing. What is left of the child's process group then is killed.
 */
int subproc_wait(struct subproc *p, int timeout_ms);

/* Ends the whole group: SIGTERM, @grace_ms later SIGKILL; reaps. Accepts one that has ended or
 * never started. */
void subproc_kill(struct subproc *p, int grace_ms);

/* Closes what is held. Kills first when still running. */
void subproc_release(struct subproc *p);

/* "exit code 3", "killed by signal 9 (Killed)": the status of a reaped child in words. */
void subproc_describe(const struct subproc *p, struct strbuf *out);

/*
 * Runs a command to its end and collects its stdout (and stderr, when @err is not NULL; otherwise
 * stderr is inherited). Returns its exit code (128 + N when signal N killed it), or -errno:
 * -ETIMEDOUT after killing it, -EINTR likewise; says why only when it cannot start.
 */
int subproc_capture(const char *const argv[], int timeout_ms, struct strbuf *out,
		    struct strbuf *err);

/* Looks @program up in PATH (a name with a slash is taken as it is). Returns 0 and the path,
 * -ENOENT or -EACCES; prints nothing. */
int subproc_find_program(const char *program, char *path, size_t size);

#endif
