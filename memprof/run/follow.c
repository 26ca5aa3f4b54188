/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* follow.h */
#include "lib/base.h"
#include "memprof/run/follow.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "memprof/profile_file.h"
#include "memprof/run/segment.h"

struct followed {
	pid_t pid;
	uint64_t start_ticks; /* 0: it had ended before we looked */
	uint32_t generation;
	uint32_t owner;	    /* as profile_process.owner */
	int segment, pidfd; /* -1: read; it had ended when we looked */
	bool replaced;	    /* by exec() */
	bool ended;	    /* when it was last looked at */
};

int follow_open(struct follow *f, struct profile *profile)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	uint64_t random = clock_ns() * 0x9e3779b97f4a7c15ULL;
	int one = 1, err;

	f->profile = profile;
	snprintf(f->name, sizeof(f->name), "memprof-%d-%016llx", getpid(),
		 (unsigned long long)random);
	f->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->socket < 0)
		goto fail;
	strcpy(at.sun_path + 1, f->name);
	if (setsockopt(f->socket, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) ||
	    bind(f->socket, (struct sockaddr *)&at,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(f->name))))
		goto fail;
	return 0;
fail:
	err = errno;
	log_err_sys(err, "cannot open a socket for the processes to report to");
	return -err;
}

/* Field 22 of /proc/PID/stat, which counts from behind the name: that may have any bytes. */
static uint64_t start_ticks(pid_t pid)
{
	struct strbuf text = STRBUF_INIT;
	char path[64], *p;
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!strbuf_read_file(&text, path) && (p = strrchr(text.s, ')'))) {
		for (int field = 2; field < 22 && p; field++) {
			p = strchr(p, ' ');
			p += p != NULL;
		}
		ticks = p ? strtoull(p, NULL, 10) : 0;
	}
	strbuf_release(&text);
	return ticks;
}

static const char *how_it_ended(const struct follow *f, const struct followed *one,
				const struct segment *s, char *out, size_t size)
{
	bool known = one->pid == f->command && f->status >= 0;

	if (one->replaced)
		return "exec";
	if (known && WIFSIGNALED(f->status))
		snprintf(out, size, "signal %d", WTERMSIG(f->status));
	else if (known)
		snprintf(out, size, "exit %d", WEXITSTATUS(f->status));
	else if (one->pidfd >= 0 && !(poll(&(struct pollfd){one->pidfd, POLLIN, 0}, 1, 0) > 0))
		return "running";
	else
		return s->h.state == SEGMENT_EXITED ? "exit" : "_exit or a signal";
	return out;
}

/* Adds what the process has by now to @p. What there is to complain of is said of what is final. */
static void add_segment(struct follow *f, const struct followed *one, struct profile *p, bool final)
{
	struct profile_process process = {
		.pid = (uint32_t)one->pid,
		.start_ticks = one->start_ticks,
		.generation = one->generation,
		.owner = one->owner,
	};
	struct strbuf why = STRBUF_INIT;
	struct segment s;
	struct timespec now;
	char ended[64];
	int err = segment_read(one->segment, &s, &why);

	if (err && final) {
		f->refused++;
		log_warn("process %d is not in the profile: %s", one->pid,
			 why.len ? why.s : strerror(-err));
	} else if (!err) {
		process.parent = s.h.parent;
		process.ended = how_it_ended(f, one, &s, ended, sizeof(ended));
		clock_gettime(CLOCK_REALTIME, &now);
		if (strcmp(process.ended, "running"))
			process.end_ns =
				(uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
		if (s.h.foreign_malloc && final) {
			f->foreign++;
			log_warn("process %d (%.15s) brings a malloc of its own, linked into the "
				 "program: what it allocates is not seen; use 'memprof attach'",
				 one->pid, s.h.comm);
		}
		segment_to_profile(&s, &process, p);
	}
	segment_release(&s);
	strbuf_release(&why);
}

static void read_segment(struct follow *f, struct followed *one)
{
	add_segment(f, one, f->profile, true);
	close(one->segment);
	one->segment = -1;
	if (one->pidfd >= 0)
		close(one->pidfd);
	one->pidfd = -1;
}

struct profile *follow_snapshot(struct follow *f)
{
	struct profile *p = profile_copy(f->profile);

	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].segment >= 0)
			add_segment(f, &f->list[i], p, false);
	return p;
}

/* The segment of an earlier image of the same process is final now. */
static void replace_earlier(struct follow *f, struct followed *one)
{
	for (size_t i = 0; i < f->n; i++) {
		struct followed *old = &f->list[i];

		if (old->pid != one->pid ||
		    (one->start_ticks && old->start_ticks != one->start_ticks))
			continue;
		one->generation = MAX(one->generation, old->generation + 1);
		if (old->segment < 0)
			continue;
		old->replaced = true;
		read_segment(f, old);
	}
}

static void add(struct follow *f, const struct ucred *who, int segment)
{
	pid_t pid = who->pid;
	struct followed one = {
		.pid = pid, .owner = who->uid + 1, .segment = segment, .pidfd = pidfd_open(pid, 0)};

	f->seen++;
	if (one.pidfd >= 0)
		one.start_ticks = start_ticks(pid);
	replace_earlier(f, &one);
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 16;
		struct followed *list = realloc(f->list, cap * sizeof(*list));

		if (!list) {
			log_err("out of memory: process %d is not in the profile", pid);
			f->refused++;
			close(segment);
			return;
		}
		f->list = list;
		f->cap = cap;
	}
	f->list[f->n++] = one;
}

/* One message; false: there is none. */
static bool take(struct follow *f)
{
	struct segment_hello hello = {0};
	struct iovec iov = {&hello, sizeof(hello)};
	union {
		char buf[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n = recvmsg(f->socket, &msg, MSG_CMSG_CLOEXEC);
	struct ucred who = {0};
	int fd = -1;

	if (n < 0)
		return errno == EINTR;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&who, CMSG_DATA(c), sizeof(who));
		else if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	if (n == sizeof(hello) && hello.magic == SEGMENT_MAGIC && fd >= 0 && who.pid > 0) {
		add(f, &who, fd);
	} else {
		log_warn("process %d sent something that is no segment", who.pid);
		f->refused++;
		if (fd >= 0)
			close(fd);
	}
	return true;
}

static bool has_ended(const struct follow *f, const struct followed *one)
{
	struct pollfd p = {.fd = one->pidfd, .events = POLLIN};

	if (one->segment < 0 || (one->pid == f->command && f->status < 0))
		return false;
	return one->pidfd < 0 || poll(&p, 1, 0) > 0;
}

void follow_look(struct follow *f)
{
	/* Who has ended has sent all before: what it sent is taken first, so that an image that
	 * exec() replaced is known as such. */
	for (size_t i = 0; i < f->n; i++)
		f->list[i].ended = has_ended(f, &f->list[i]);
	while (take(f))
		;
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].segment >= 0 &&
		    (f->list[i].ended || (f->list[i].pidfd < 0 && has_ended(f, &f->list[i]))))
			read_segment(f, &f->list[i]);
}

size_t follow_poll(const struct follow *f, struct pollfd **out, size_t extra)
{
	struct pollfd *p = calloc(1 + f->n + extra, sizeof(*p));
	size_t n = 0;

	*out = p;
	if (!p)
		return 0;
	p[n++] = (struct pollfd){.fd = f->socket, .events = POLLIN};
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].segment >= 0)
			p[n++] = (struct pollfd){.fd = f->list[i].pidfd, .events = POLLIN};
	return n;
}

size_t follow_running(const struct follow *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->list[i].segment >= 0;
	return n;
}

void follow_status(struct follow *f, int status)
{
	f->status = status;
}

void follow_finish(struct follow *f)
{
	follow_look(f);
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].segment >= 0)
			read_segment(f, &f->list[i]);
}

void follow_close(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].segment >= 0)
			close(f->list[i].segment);
		if (f->list[i].pidfd >= 0)
			close(f->list[i].pidfd);
	}
	free(f->list);
	if (f->socket >= 0)
		close(f->socket);
	*f = (struct follow)FOLLOW_INIT;
}
