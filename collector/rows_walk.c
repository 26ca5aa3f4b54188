/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs the walk of an object, and reads what it wrote where it stands. */
#include "lib/base.h"
#include "collector/rows_walk.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bpf/calls/walked.h"
#include "lib/kernel.h"

struct rows_walk {
	int program, map; /* the object's */
	size_t most;	  /* bytes of the map */
	char *written;	  /* @bytes, mapped while they are read; NULL: they are not */
	size_t bytes;
};

static struct bpf_program *find_program(const struct bpf_object *object, const char *iterator)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_walk", iterator);
	return bpf_object__find_program_by_name(object, name);
}

static struct bpf_map *find_map(const struct bpf_object *object, const char *iterator)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_rows", iterator);
	return bpf_object__find_map_by_name(object, name);
}

bool rows_walk_choose(struct bpf_object *object, const char *iterator, bool wanted)
{
	struct bpf_program *p = find_program(object, iterator);
	struct bpf_map *map = find_map(object, iterator);

	if (!p || !map)
		return false;
	wanted = wanted && kernel_walks_tasks();
	return !bpf_program__set_autoload(p, wanted) && !bpf_map__set_autocreate(map, wanted) &&
	       wanted;
}

int rows_walk_open(struct rows_walk **out, const struct bpf_object *object, const char *iterator)
{
	const struct bpf_program *p = find_program(object, iterator);
	const struct bpf_map *map = find_map(object, iterator);
	struct rows_walk *w;

	if (!p || !map || bpf_program__fd(p) < 0)
		return -ENOENT;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct rows_walk){.program = bpf_program__fd(p),
				.map = bpf_map__fd(map),
				.most = bpf_map__value_size(map)};
	*out = w;
	return 0;
}

void rows_walk_done(struct rows_walk *w)
{
	if (w->written)
		munmap(w->written, w->bytes);
	w->written = NULL;
}

/* All that is mapped is resident: it is what was written, while it is read. */
int rows_walk_run(struct rows_walk *w, const void **rows, size_t *len)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	void *at;

	rows_walk_done(w);
	if (bpf_prog_test_run_opts(w->program, &run))
		return -errno;
	if (!run.retval)
		return -ENOBUFS;
	if (run.retval < sizeof(struct walked) || run.retval > w->most)
		return -EPROTO;
	at = mmap(NULL, run.retval, PROT_READ, MAP_SHARED, w->map, 0);
	if (at == MAP_FAILED)
		return -errno;
	w->written = at;
	w->bytes = run.retval;
	*rows = w->written + sizeof(struct walked);
	*len = w->bytes - sizeof(struct walked);
	return 0;
}

bool rows_walk_is(const struct rows_walk *w, const struct bpf_program *p)
{
	return w && bpf_program__fd(p) == w->program;
}

void rows_walk_close(struct rows_walk *w)
{
	if (w)
		rows_walk_done(w);
	free(w);
}
