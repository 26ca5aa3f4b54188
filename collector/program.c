/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The child has a copy of the opened object: it loads that, sends the descriptors of what it has
 * got (unix(7), SCM_RIGHTS), and ends. libbpf takes descriptors of maps from elsewhere
 * (bpf_map__reuse_fd()), of programs it does not: those are kept here.
 */
#include "lib/base.h"
#include "collector/program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* SCM_MAX_FD: the kernel passes no more in a message. */
enum { FDS_MAX = 253 };

/* An object that was loaded apart. */
struct apart {
	const struct bpf_object *object;
	const struct bpf_program **program; /* @n, owned, as the descriptors of each */
	int *fd;
	size_t n;
	struct apart *next;
};

static struct apart *all;

struct program_link {
	struct bpf_link *libbpf; /* NULL: @fd is the link */
	int fd;
};

/* Programs of the object come first, then its maps. */
struct parcel {
	unsigned char have[FDS_MAX]; /* one for each: its descriptor is sent */
	int fd[FDS_MAX];
	size_t n;
};

/* --- what is sent --- */

static bool attaches_by_number(const struct bpf_program *p)
{
	uint32_t type = bpf_program__type(p);

	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_SYSCALL;
}

static bool can_be_apart(const struct bpf_object *object)
{
	const struct bpf_map *map;
	struct bpf_program *p;
	size_t n = 0;

	bpf_object__for_each_program (p, object) {
		if (bpf_program__autoload(p) && !attaches_by_number(p))
			return false;
		n++;
	}
	bpf_object__for_each_map (map, object)
		n++;
	return n <= FDS_MAX;
}

static void put(struct parcel *to, size_t i, int fd)
{
	to->have[i] = fd >= 0;
	if (fd >= 0)
		to->fd[to->n++] = fd;
}

static size_t count_fds(const struct parcel *p)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(p->have); i++)
		n += p->have[i] != 0;
	return n;
}

static void pack(const struct bpf_object *object, struct parcel *to)
{
	const struct bpf_map *map;
	struct bpf_program *p;
	size_t i = 0;

	memset(to, 0, sizeof(*to));
	bpf_object__for_each_program (p, object)
		put(to, i++, bpf_program__fd(p));
	bpf_object__for_each_map (map, object)
		put(to, i++, bpf_map__autocreate(map) ? bpf_map__fd(map) : -1);
}

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

static int send_parcel(int to, struct parcel *p)
{
	union control control;
	struct iovec bytes = {p->have, sizeof(p->have)};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = CMSG_SPACE(p->n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	memset(&control, 0, sizeof(control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(p->n * sizeof(int));
	memcpy(CMSG_DATA(c), p->fd, p->n * sizeof(int));
	return sendmsg(to, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void close_all(const int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* -ECHILD: the child has ended without sending any. */
static int receive_parcel(int from, struct parcel *p)
{
	union control control;
	struct iovec bytes = {p->have, sizeof(p->have)};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	p->n = 0;
	do {
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		p->n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(p->fd, CMSG_DATA(c), p->n * sizeof(int));
	}
	if (n == sizeof(p->have) && p->n == count_fds(p))
		return 0;
	close_all(p->fd, p->n);
	return n < 0 ? -errno : -ECHILD;
}

static void load_in_child(struct bpf_object *object, int to)
{
	struct parcel p;
	int err = bpf_object__load(object);

	if (!err) {
		pack(object, &p);
		err = send_parcel(to, &p);
	}
	_exit(err ? 1 : 0);
}

static int load_elsewhere(struct bpf_object *object, struct parcel *p)
{
	int ends[2], err = 0;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	child = fork();
	if (!child)
		load_in_child(object, ends[1]);
	if (child < 0)
		err = -errno;
	close(ends[1]);
	if (!err)
		err = receive_parcel(ends[0], p);
	close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

/* --- what is kept --- */

static void apart_free(struct apart *a)
{
	if (!a)
		return;
	if (a->fd)
		close_all(a->fd, a->n);
	free(a->program);
	free(a->fd);
	free(a);
}

static struct apart *apart_new(const struct bpf_object *object)
{
	struct apart *a = calloc(1, sizeof(*a));
	struct bpf_program *p;
	size_t n = 0;

	if (!a)
		return NULL;
	bpf_object__for_each_program (p, object)
		n++;
	a->object = object;
	a->program = calloc(n + 1, sizeof(*a->program));
	a->fd = malloc((n + 1) * sizeof(*a->fd));
	if (!a->program || !a->fd) {
		apart_free(a);
		return NULL;
	}
	bpf_object__for_each_program (p, object) {
		a->fd[a->n] = -1;
		a->program[a->n++] = p;
	}
	return a;
}

/* libbpf has descriptors of its own of the maps then. */
static int give_maps(struct bpf_object *object, const struct parcel *p, size_t i, size_t next)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map (map, object)
		if (p->have[i++] && !err)
			err = bpf_map__reuse_fd(map, p->fd[next++]);
	return err;
}

int program_load_apart(struct bpf_object *object)
{
	struct parcel p;
	struct apart *a;
	size_t taken = 0;
	int err;

	if (!can_be_apart(object))
		return -ENOTSUP;
	a = apart_new(object);
	if (!a)
		return -ENOMEM;
	err = load_elsewhere(object, &p);
	if (err) {
		apart_free(a);
		return err;
	}
	for (size_t i = 0; i < a->n; i++)
		if (p.have[i])
			a->fd[i] = p.fd[taken++];
	err = give_maps(object, &p, a->n, taken);
	close_all(p.fd + taken, p.n - taken);
	if (err) {
		apart_free(a);
		return err;
	}
	a->next = all;
	all = a;
	return 0;
}

void program_forget(const struct bpf_object *object)
{
	for (struct apart **at = &all; *at; at = &(*at)->next)
		if ((*at)->object == object) {
			struct apart *a = *at;

			*at = a->next;
			apart_free(a);
			return;
		}
}

static int fd_apart(const struct bpf_program *p)
{
	for (const struct apart *a = all; a; a = a->next)
		for (size_t i = 0; i < a->n; i++)
			if (a->program[i] == p)
				return a->fd[i];
	return -1;
}

int program_fd(const struct bpf_program *p)
{
	int fd = fd_apart(p);

	return fd >= 0 ? fd : bpf_program__fd(p);
}

/* --- attaching --- */

static struct program_link *link_new(struct bpf_link *libbpf, int fd)
{
	struct program_link *link;
	int err = errno;

	if (!libbpf && fd < 0) {
		errno = err;
		return NULL;
	}
	link = malloc(sizeof(*link));
	if (link) {
		*link = (struct program_link){libbpf, fd};
		return link;
	}
	bpf_link__destroy(libbpf);
	if (fd >= 0)
		close(fd);
	errno = ENOMEM;
	return NULL;
}

/* Where a program of BPF_PROG_TYPE_TRACING goes was said when it was loaded. */
static struct program_link *attach_apart(const struct bpf_program *p, int fd)
{
	if (bpf_program__type(p) != BPF_PROG_TYPE_TRACING) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return link_new(NULL, bpf_link_create(fd, 0, bpf_program__expected_attach_type(p), NULL));
}

struct program_link *program_attach(const struct bpf_program *p)
{
	int fd = fd_apart(p);

	return fd >= 0 ? attach_apart(p, fd) : link_new(bpf_program__attach(p), -1);
}

struct program_link *program_attach_iterator(const struct bpf_program *p)
{
	int fd = fd_apart(p);

	return fd >= 0 ? attach_apart(p, fd) : link_new(bpf_program__attach_iter(p, NULL), -1);
}

int program_link_fd(const struct program_link *link)
{
	return link->libbpf ? bpf_link__fd(link->libbpf) : link->fd;
}

void program_link_destroy(struct program_link *link)
{
	if (!link)
		return;
	bpf_link__destroy(link->libbpf);
	if (link->fd >= 0)
		close(link->fd);
	free(link);
}
