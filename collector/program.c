/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The child has a copy of the opened object: it loads that, sends the descriptors of what it has
 * got (parcel.c), and ends. libbpf takes descriptors of maps from elsewhere
 * (bpf_map__reuse_fd()), of programs it does not: those are kept here.
 */
#include "lib/base.h"
#include "collector/program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/parcel.h"

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
	return n <= PARCEL_FDS;
}

/* Programs of the object come first, then its maps; of each a byte, 1: its descriptor is sent. */
static void put(struct parcel *to, size_t i, int fd)
{
	to->data[i] = fd >= 0;
	if (fd >= 0)
		to->fd[to->nfds++] = fd;
}

static int load_and_pack(void *arg, struct parcel *to)
{
	struct bpf_object *object = arg;
	const struct bpf_map *map;
	struct bpf_program *p;
	size_t i = 0;
	int err = bpf_object__load(object);

	if (err)
		return err;
	bpf_object__for_each_program (p, object)
		put(to, i++, bpf_program__fd(p));
	bpf_object__for_each_map (map, object)
		put(to, i++, bpf_map__autocreate(map) ? bpf_map__fd(map) : -1);
	return 0;
}

/* --- what is kept --- */

static void apart_free(struct apart *a)
{
	if (!a)
		return;
	for (size_t i = 0; a->fd && i < a->n; i++)
		if (a->fd[i] >= 0)
			close(a->fd[i]);
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
		if (p->data[i++] && !err)
			err = bpf_map__reuse_fd(map, p->fd[next++]);
	return err;
}

int program_load_apart(struct bpf_object *object)
{
	struct parcel_child child;
	struct parcel p;
	struct apart *a;
	size_t taken = 0;
	int err;

	if (!can_be_apart(object))
		return -ENOTSUP;
	a = apart_new(object);
	if (!a)
		return -ENOMEM;
	err = parcel_begin(&child, load_and_pack, object);
	err = err ? err : parcel_end(&child, &p);
	if (err) {
		apart_free(a);
		return err;
	}
	for (size_t i = 0; i < a->n; i++)
		if (p.data[i])
			a->fd[i] = p.fd[taken++];
	err = give_maps(object, &p, a->n, taken);
	while (taken < p.nfds)
		close(p.fd[taken++]);
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
