/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks an object for rows, and reads the answer where it stands. */
#include "lib/base.h"
#include "collector/rows_of.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/calls/walked.h"
#include "lib/kernel.h"
#include "collector/program.h"

/* The object's. */
struct parts {
	struct bpf_program *program;
	struct bpf_map *asked, *rows;
};

struct rows_of {
	int program, asked_fd, rows_fd; /* the object's */
	uint32_t *asked;		/* how many, and their numbers; owned */
	size_t most_asked, most;	/* numbers; bytes of the answer */
	char *rows;			/* @bytes, mapped while they are read; NULL: they are not */
	size_t bytes;
};

static bool find_parts(const struct bpf_object *object, const char *iterator, struct parts *out)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_of", iterator);
	out->program = bpf_object__find_program_by_name(object, name);
	snprintf(name, sizeof(name), "%s_asked", iterator);
	out->asked = bpf_object__find_map_by_name(object, name);
	snprintf(name, sizeof(name), "%s_rows", iterator);
	out->rows = bpf_object__find_map_by_name(object, name);
	return out->program && out->asked && out->rows;
}

bool rows_of_choose(struct bpf_object *object, const char *iterator, bool wanted)
{
	struct parts p;

	if (!find_parts(object, iterator, &p))
		return false;
	wanted = wanted && kernel_walks_tasks();
	return !bpf_program__set_autoload(p.program, wanted) &&
	       !bpf_map__set_autocreate(p.asked, wanted) &&
	       !bpf_map__set_autocreate(p.rows, wanted) && wanted;
}

int rows_of_open(struct rows_of **out, const struct bpf_object *object, const char *iterator)
{
	struct rows_of *r;
	struct parts p;

	if (!find_parts(object, iterator, &p) || program_fd(p.program) < 0)
		return -ENOENT;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct rows_of){.program = program_fd(p.program),
			      .asked_fd = bpf_map__fd(p.asked),
			      .rows_fd = bpf_map__fd(p.rows),
			      .asked = calloc(1, bpf_map__value_size(p.asked)),
			      .most_asked = bpf_map__value_size(p.asked) / sizeof(uint32_t) - 1,
			      .most = bpf_map__value_size(p.rows)};
	*out = r;
	if (r->asked)
		return 0;
	rows_of_close(r);
	*out = NULL;
	return -ENOMEM;
}

void rows_of_done(struct rows_of *r)
{
	if (r->rows)
		munmap(r->rows, r->bytes);
	r->rows = NULL;
}

/* All that is mapped is resident: it is what was written, while it is read. */
static int map_answer(struct rows_of *r, size_t used)
{
	void *at;

	if (!used)
		return -ENOBUFS;
	if (used < sizeof(struct walked) || used > r->most)
		return -EPROTO;
	at = mmap(NULL, used, PROT_READ, MAP_SHARED, r->rows_fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	r->rows = at;
	r->bytes = used;
	return 0;
}

int rows_of_read(struct rows_of *r, const uint32_t *pids, size_t n, const void **rows, size_t *len)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	uint32_t zero = 0;
	int err;

	rows_of_done(r);
	if (n > r->most_asked)
		return -ENOBUFS;
	r->asked[0] = (uint32_t)n;
	if (n)
		memcpy(r->asked + 1, pids, n * sizeof(*pids));
	if (bpf_map_update_elem(r->asked_fd, &zero, r->asked, BPF_ANY) ||
	    bpf_prog_test_run_opts(r->program, &run))
		return -errno;
	err = map_answer(r, run.retval);
	if (err)
		return err;
	*rows = r->rows + sizeof(struct walked);
	*len = r->bytes - sizeof(struct walked);
	return 0;
}

bool rows_of_is(const struct rows_of *r, const struct bpf_program *p)
{
	return r && program_fd(p) == r->program;
}

void rows_of_close(struct rows_of *r)
{
	if (!r)
		return;
	rows_of_done(r);
	free(r->asked);
	free(r);
}
