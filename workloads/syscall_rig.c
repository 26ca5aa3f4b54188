/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The resources harmless calls are made with, and making them. */
#include "lib/base.h"
#include "lib/sys_mmap.h"
#include "workloads/syscall_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { PAGE = 4096, TRANSFER = 64, BACKLOG = 4 };

/* --- the resources ------------------------------------------------------------------------------
 */

/* All descriptors but the standing start: closed in one place. */
static size_t descriptors(struct syscall_rig *rig, int *out[32])
{
	int *all[] = {&rig->dir,      &rig->listing,   &rig->cwd,	&rig->memory,
		      &rig->null,     &rig->zero,      &rig->spare,	&rig->pipe[0],
		      &rig->pipe[1],  &rig->stream[0], &rig->stream[1], &rig->datagram,
		      &rig->listener, &rig->epoll,     &rig->event,	&rig->timer,
		      &rig->inotify};

	memcpy(out, all, sizeof(all));
	return ARRAY_SIZE(all);
}

static int no(struct strbuf *why, const char *what)
{
	int err = -errno;

	strbuf_addf(why, "cannot make %s for harmless calls: %s", what, strerror(-err));
	return err;
}

static int open_folder(struct syscall_rig *rig, char *dir, struct strbuf *why)
{
	int fd;

	if (strlen(dir) >= SYSCALL_PATH - 16) {
		errno = ENAMETOOLONG;
		return no(why, "a folder");
	}
	if (!mkdtemp(dir))
		return no(why, "a folder");
	snprintf(rig->dir_path, sizeof(rig->dir_path), "%s", dir);
	snprintf(rig->file_path, sizeof(rig->file_path), "%s/file", dir);
	snprintf(rig->absent_path, sizeof(rig->absent_path), "%s/absent", dir);
	snprintf(rig->made_path, sizeof(rig->made_path), "%s/made", dir);
	fd = open(rig->file_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return no(why, "a file");
	close(fd);
	rig->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rig->listing = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rig->cwd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return rig->dir < 0 || rig->listing < 0 || rig->cwd < 0 ? no(why, "a view of a folder") : 0;
}

static int open_files(struct syscall_rig *rig, struct strbuf *why)
{
	rig->memory = memfd_create("harmless", MFD_CLOEXEC);
	if (rig->memory < 0 || ftruncate(rig->memory, SYSCALL_BUFFER) || fchmod(rig->memory, 0600))
		return no(why, "a file in memory");
	rig->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	rig->zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	rig->spare = dup(rig->null);
	if (rig->null < 0 || rig->zero < 0 || rig->spare < 0)
		return no(why, "use of /dev/null and /dev/zero");
	if (pipe2(rig->pipe, O_CLOEXEC))
		return no(why, "a pipe");
	rig->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (rig->page == MAP_FAILED) {
		rig->page = NULL;
		return no(why, "a page");
	}
	return 0;
}

/* An address of the kernel's choice. */
static bool bind_somewhere(int fd, struct sockaddr_un *at, socklen_t *length)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	*length = sizeof(*at);
	return !bind(fd, (struct sockaddr *)at, sizeof(sa_family_t)) &&
	       !getsockname(fd, (struct sockaddr *)at, length);
}

static int open_sockets(struct syscall_rig *rig, struct strbuf *why)
{
	/* An abstract name is taken as long as it is: nobody's is longer than any. */
	rig->nobody.sun_family = AF_UNIX;
	memset(rig->nobody.sun_path + 1, 'n', sizeof(rig->nobody.sun_path) - 1);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rig->stream))
		return no(why, "two Unix sockets");
	rig->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rig->datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (rig->listener < 0 || rig->datagram < 0 ||
	    !bind_somewhere(rig->listener, &rig->bound, &rig->bound_length) ||
	    !bind_somewhere(rig->datagram, &rig->home, &rig->home_length) ||
	    listen(rig->listener, BACKLOG))
		return no(why, "a Unix socket with an address");
	return 0;
}

static int open_waits(struct syscall_rig *rig, struct strbuf *why)
{
	rig->epoll = epoll_create1(EPOLL_CLOEXEC);
	rig->event = eventfd(0, EFD_CLOEXEC);
	rig->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	rig->inotify = inotify_init1(IN_CLOEXEC);
	if (rig->epoll < 0 || rig->event < 0 || rig->timer < 0 || rig->inotify < 0)
		return no(why, "descriptors to wait for");
	rig->watch.events = EPOLLIN;
	if (epoll_ctl(rig->epoll, EPOLL_CTL_ADD, rig->event, &rig->watch))
		return no(why, "a set of descriptors");
	return 0;
}

int syscall_rig_open(struct syscall_rig *rig, char *dir, struct strbuf *why)
{
	int *fds[32], err;
	size_t n = descriptors(rig, fds);

	*rig = (struct syscall_rig){.pid = getpid()};
	for (size_t i = 0; i < n; i++)
		*fds[i] = -1;
	rig->tid = (pid_t)syscall(SYS_gettid);
	rig->mask = umask(0077);
	umask(rig->mask);
	memset(rig->out, 0, sizeof(rig->out)); /* written to, so that no page comes later */
	rig->wrong.tv_nsec = -1;
	rig->length = sizeof(int);
	err = open_folder(rig, dir, why);
	if (!err)
		err = open_files(rig, why);
	if (!err)
		err = open_sockets(rig, why);
	if (!err)
		err = open_waits(rig, why);
	rig->iov = (struct iovec){rig->in, TRANSFER};
	rig->message = (struct msghdr){.msg_iov = &rig->iov, .msg_iovlen = 1};
	rig->poll = (struct pollfd){.fd = rig->event, .events = POLLIN};
	return err;
}

void syscall_rig_close(struct syscall_rig *rig)
{
	int *fds[32];
	size_t n = descriptors(rig, fds);

	if (!rig->pid)
		return;
	for (size_t i = 0; i < n; i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	if (rig->page)
		munmap(rig->page, PAGE);
	if (*rig->dir_path) {
		unlink(rig->file_path);
		unlink(rig->made_path); /* of a call that was not undone */
		rmdir(rig->made_path);
		rmdir(rig->dir_path);
	}
	*rig = (struct syscall_rig){.pid = 0};
}

/* --- the calls ----------------------------------------------------------------------------------
 */

int64_t syscall_bare(void *arg UNUSED, uint32_t nr, const uint64_t a[SYSCALL_ARGS])
{
	long ret = sys_call((long)nr, a);

	return ret == -1 ? -(int64_t)errno : ret;
}

/* What SYSCALL_TOKEN() has packed. */
static bool is_token(uint64_t arg)
{
	return arg >> 48 == 0x5ca1;
}

static uint64_t value_of(const struct syscall_rig *rig, uint64_t token)
{
	const char *at = (const char *)rig + (token & 0xffffffff);
	int32_t narrow;
	uint64_t wide;

	switch (token >> 40 & 0xff) {
	case 0: return (uint64_t)(uintptr_t)at;
	case sizeof(narrow): memcpy(&narrow, at, sizeof(narrow)); return (uint64_t)(int64_t)narrow;
	default: memcpy(&wide, at, sizeof(wide)); return wide;
	}
}

void syscall_resolve(const struct syscall_rig *rig, const uint64_t args[SYSCALL_ARGS],
		     uint64_t out[SYSCALL_ARGS])
{
	for (int i = 0; i < SYSCALL_ARGS; i++)
		out[i] = is_token(args[i]) ? value_of(rig, args[i]) : args[i];
}

bool syscall_changes(const uint64_t args[SYSCALL_ARGS])
{
	static const uint64_t changing[] = {SYSCALL_VALUE(result), SYSCALL_VALUE(made_before[0]),
					    SYSCALL_VALUE(made_before[1]), SYSCALL_VALUE(made[0]),
					    SYSCALL_VALUE(made[1])};

	for (int i = 0; i < SYSCALL_ARGS; i++)
		for (size_t k = 0; k < ARRAY_SIZE(changing); k++)
			if (args[i] == changing[k])
				return true;
	return false;
}

static int64_t make_call(const struct syscall_rig *rig, uint32_t call,
			 const uint64_t args[SYSCALL_ARGS], syscall_fn make, void *arg)
{
	uint64_t now[SYSCALL_ARGS];

	syscall_resolve(rig, args, now);
	return make(arg, call - 1, now);
}

void syscall_before(struct syscall_rig *rig, const struct syscall_row *row, syscall_fn make,
		    void *arg)
{
	for (int i = 0; i < SYSCALL_STEPS && row->before[i].call; i++)
		rig->made_before[i] =
			make_call(rig, row->before[i].call, row->before[i].args, make, arg);
}

void syscall_after(struct syscall_rig *rig, const struct syscall_row *row, int64_t result,
		   syscall_fn make, void *arg)
{
	rig->result = result;
	for (int i = 0; i < SYSCALL_STEPS && row->after[i].call; i++)
		make_call(rig, row->after[i].call, row->after[i].args, make, arg);
}

int64_t syscall_good(struct syscall_rig *rig, const struct syscall_row *row, syscall_fn make,
		     void *arg)
{
	int64_t result;

	syscall_before(rig, row, make, arg);
	result = make_call(rig, row->call, row->good, make, arg);
	syscall_after(rig, row, result, make, arg);
	return result;
}

int64_t syscall_bad(const struct syscall_rig *rig, const struct syscall_row *row, syscall_fn make,
		    void *arg)
{
	return make_call(rig, row->call, row->bad, make, arg);
}

unsigned int syscall_good_calls(const struct syscall_row *row)
{
	unsigned int n = 1;

	if (!row->works)
		return 0;
	for (int i = 0; i < SYSCALL_STEPS; i++)
		n += (row->before[i].call != 0) + (row->after[i].call != 0);
	return n;
}

unsigned int syscall_bad_calls(const struct syscall_row *row)
{
	return row->fails != NULL;
}

int syscall_check(struct syscall_rig *rig, const struct syscall_row *row, struct strbuf *why)
{
	int64_t ret;

	if (!row->call) {
		strbuf_addf(why, "this processor has no system call %s", row->name);
		return -ENOTSUP;
	}
	ret = row->works ? syscall_good(rig, row, syscall_bare, NULL) : 0;
	if (ret < 0 && ret >= -4095) {
		strbuf_addf(why, "%s, where it should work, says: %s", row->name,
			    strerror((int)-ret));
		return -EPROTO;
	}
	ret = row->fails ? syscall_bad(rig, row, syscall_bare, NULL) : -row->err;
	if (ret != -row->err) {
		strbuf_addf(why, "%s, where it should say \"%s\", says: %s", row->name,
			    strerror(row->err),
			    ret < 0 && ret >= -4095 ? strerror((int)-ret) : "it worked");
		return -EPROTO;
	}
	return 0;
}
