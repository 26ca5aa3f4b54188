/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Following processes: each that has the library preloaded sends its segment to a socket when it
 * begins, and has it read here when it has ended.
 *
 * The socket's name is abstract: it goes with the last descriptor, and nothing of it is in a file
 * system. What was sent and not yet taken is kept by the kernel, whoever dies.
 */
#ifndef MEMPROF_RUN_FOLLOW_H
#define MEMPROF_RUN_FOLLOW_H

#include "lib/base.h"
#include "memprof/profile.h"

struct followed; /* one image of one process: private */

struct follow {
	int socket;
	char name[64]; /* of the socket, without the leading 0 */
	struct followed *list;
	size_t n, cap;
	struct profile *profile; /* the caller's; what ends is added here */
	pid_t command;		 /* our child, whose status is told by follow_status() */
	int status;		 /* of it, as of wait(2); -1: it runs */
	uint32_t seen;		 /* segments that came */
	uint32_t refused;	 /* ..and could not be read */
	uint32_t foreign;	 /* ..of programs that have a malloc of their own */
};

#define FOLLOW_INIT                                                                                \
	{                                                                                          \
		.socket = -1, .status = -1                                                         \
	}

/* Opens the socket. 0 or -errno after saying why. */
int follow_open(struct follow *f, struct profile *profile);
/* Takes what has been sent, and reads what has ended. */
void follow_look(struct follow *f);
/* The descriptors to poll for reading: the socket, then one for each process. Returns how many;
 * *@out is the caller's to free. NULL and 0: out of memory. */
struct pollfd;
size_t follow_poll(const struct follow *f, struct pollfd **out, size_t extra);
/* How many processes still run. */
size_t follow_running(const struct follow *f);
/* The command ended so, in wait(2)'s terms. Its segment is not read before. */
void follow_status(struct follow *f, int status);
/* Reads all that still run, as they are. */
void follow_finish(struct follow *f);
/* What is known now, of processes that have ended and of those that run: a profile of its own,
 * which the caller frees. */
struct profile *follow_snapshot(struct follow *f);
void follow_close(struct follow *f);

#endif
