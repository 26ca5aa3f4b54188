/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors go over a socket (unix(7), SCM_RIGHTS), in one message with the bytes. */
#include "lib/base.h"
#include "collector/parcel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(PARCEL_FDS * sizeof(int))];
};

/* What is before the descriptors in the message. */
struct letter {
	int err;
	uint32_t nfds;
	unsigned char data[PARCEL_BYTES];
};

void parcel_close(const struct parcel *p)
{
	for (size_t i = 0; i < p->nfds; i++)
		if (p->fd[i] >= 0)
			close(p->fd[i]);
}

static int send_parcel(int to, int result, const struct parcel *p)
{
	struct letter letter = {.err = result};
	union control control;
	struct iovec bytes = {&letter, sizeof(letter)};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	if (!result) {
		letter.nfds = (uint32_t)p->nfds;
		memcpy(letter.data, p->data, sizeof(letter.data));
	}
	if (letter.nfds) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(p->nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(p->nfds * sizeof(int));
		memcpy(CMSG_DATA(c), p->fd, p->nfds * sizeof(int));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int receive_parcel(int from, struct parcel *p)
{
	struct letter letter;
	union control control;
	struct iovec bytes = {&letter, sizeof(letter)};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	p->nfds = 0;
	do {
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		p->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(p->fd, CMSG_DATA(c), p->nfds * sizeof(int));
	}
	/* A process that may have no more descriptors gets some of them. */
	if (n == sizeof(letter) && p->nfds == letter.nfds) {
		memcpy(p->data, letter.data, sizeof(p->data));
		return letter.err;
	}
	parcel_close(p);
	p->nfds = 0;
	return n == sizeof(letter) ? -EMFILE : -ECHILD;
}

static void make_in_child(int to, int (*make)(void *arg, struct parcel *out), void *arg)
{
	struct parcel p = {.nfds = 0};
	int err = make(arg, &p);

	_exit(send_parcel(to, err, &p) ? 1 : 0);
}

int parcel_begin(struct parcel_child *c, int (*make)(void *arg, struct parcel *out), void *arg)
{
	int ends[2], err = 0;

	*c = (struct parcel_child){.from = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	c->pid = fork();
	if (!c->pid)
		make_in_child(ends[1], make, arg);
	if (c->pid < 0)
		err = -errno;
	close(ends[1]);
	if (err)
		close(ends[0]);
	else
		c->from = ends[0];
	return err;
}

void parcel_drop(struct parcel_child *c)
{
	if (c->from < 0)
		return;
	close(c->from);
	c->from = -1;
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int parcel_end(struct parcel_child *c, struct parcel *out)
{
	int err = c->from < 0 ? -ECHILD : receive_parcel(c->from, out);

	parcel_drop(c);
	return err;
}
