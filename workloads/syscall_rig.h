/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the calls of workloads/syscall_table.h are made with: a folder of its own with a file in it,
 * descriptors, buffers. One thread uses it; nothing outside it is touched, and closing it leaves
 * nothing behind. It must not move in memory while it is open.
 */
#ifndef WORKLOADS_SYSCALL_RIG_H
#define WORKLOADS_SYSCALL_RIG_H

#include "lib/base.h"

#include <linux/openat2.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "lib/strbuf.h"
#include "workloads/syscall_table.h"

enum { SYSCALL_PATH = 128, SYSCALL_BUFFER = 4096 };

struct syscall_rig {
	/* The folder, and names in it: the file is there, the others are not. */
	char dir_path[SYSCALL_PATH], file_path[SYSCALL_PATH], absent_path[SYSCALL_PATH],
		made_path[SYSCALL_PATH];
	int dir, listing; /* the folder, to start from and to be listed */
	int cwd;	  /* where the process is */
	int memory;	  /* a file in memory, SYSCALL_BUFFER bytes long */
	int null, zero;	  /* /dev/null to write to, /dev/zero to read from */
	int spare;	  /* a number that may be taken */
	int pipe[2];
	int stream[2], datagram, listener; /* Unix sockets */
	int epoll, event, timer, inotify;
	int made[2]; /* what a call has put there */
	pid_t pid, tid;
	void *page; /* mapped, readable and writable */
	mode_t mask;
	struct open_how how;
	struct iovec iov;
	struct msghdr message;
	struct pollfd poll;
	struct epoll_event watch;
	/* The listener's address, the datagram socket's, and one that nobody has. */
	struct sockaddr_un bound, home, nobody;
	socklen_t bound_length, home_length, length;
	struct timespec now, wrong; /* no time at all, and none that is valid */
	struct itimerspec disarmed;
	uint64_t signals; /* an empty set */
	uint32_t word;	  /* of a futex: 0 */
	char in[SYSCALL_BUFFER], out[SYSCALL_BUFFER];
	int64_t result, made_before[SYSCALL_STEPS]; /* of the good call and the steps before it */
};

/*
 * Makes it. @dir is a template as mkdtemp() takes it, whose path must be shorter than
 * SYSCALL_PATH - 16, and becomes the folder's name. Returns 0 or -errno and appends what could not
 * be made to @why. Close it after any outcome; a rig of zeros was never opened.
 */
int syscall_rig_open(struct syscall_rig *rig, char *dir, struct strbuf *why);
void syscall_rig_close(struct syscall_rig *rig);

/* Tokens for arguments: the value of a field of the rig when the call is made, and where it is. */
#define SYSCALL_TOKEN(kind, field)                                                                 \
	(0x5ca1000000000000ULL | (uint64_t)(kind) << 40 | offsetof(struct syscall_rig, field))
#define SYSCALL_AT(field)    SYSCALL_TOKEN(0, field)
#define SYSCALL_VALUE(field) SYSCALL_TOKEN(sizeof(((struct syscall_rig *)NULL)->field), field)

/* Makes one raw call: returns what the kernel returned. */
typedef int64_t (*syscall_fn)(void *arg, uint32_t nr, const uint64_t args[SYSCALL_ARGS]);
/* The bare one; @arg is not used. */
int64_t syscall_bare(void *arg, uint32_t nr, const uint64_t args[SYSCALL_ARGS]);

/* Fills @out with what @args stand for at this moment. */
void syscall_resolve(const struct syscall_rig *rig, const uint64_t args[SYSCALL_ARGS],
		     uint64_t out[SYSCALL_ARGS]);
/* Does any of @args change from call to call? */
bool syscall_changes(const uint64_t args[SYSCALL_ARGS]);

/* The steps before a good call, and those after it, which returned @result. */
void syscall_before(struct syscall_rig *rig, const struct syscall_row *row, syscall_fn make,
		    void *arg);
void syscall_after(struct syscall_rig *rig, const struct syscall_row *row, int64_t result,
		   syscall_fn make, void *arg);
/* Both with the call between them; returns its result. */
int64_t syscall_good(struct syscall_rig *rig, const struct syscall_row *row, syscall_fn make,
		     void *arg);
int64_t syscall_bad(const struct syscall_rig *rig, const struct syscall_row *row, syscall_fn make,
		    void *arg);

/* Calls @row has: good ones with what is around them, and bad ones. 0: none of that kind. */
unsigned int syscall_good_calls(const struct syscall_row *row);
unsigned int syscall_bad_calls(const struct syscall_row *row);

/*
 * Makes each call of @row once. Returns 0, -ENOTSUP (this processor has none), or -EPROTO (another
 * result than the table says: a kernel without it, a sandbox), and appends to @why what it was.
 */
int syscall_check(struct syscall_rig *rig, const struct syscall_row *row, struct strbuf *why);

#endif
