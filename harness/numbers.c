/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user-space half of bpf/probes/numbers.bpf.c. */
#include "lib/base.h"
#include "harness/numbers.h"

#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness/probe.h"
#include "lib/log.h"
#include "lib/maker.h"

struct numbers {
	struct bpf_object *object;
	int map_fd, prog_fd; /* of @object */
};

bool numbers_needed(void)
{
	return maker_is_contained();
}

/* With @program, which is not loaded by itself; NULL: that of the threads. */
static int load(struct numbers *n, uint32_t lanes, const char *program)
{
	struct bpf_map *map;
	struct bpf_program *prog;
	int err = probe_open(&n->object, "numbers", NULL);

	if (err)
		return err;
	map = bpf_object__find_map_by_name(n->object, "numbers");
	prog = bpf_object__find_program_by_name(n->object, program ? program : "numbers_note");
	if (!map || !prog)
		return -ENOENT;
	err = bpf_map__set_max_entries(map, lanes);
	if (!err && program)
		err = bpf_program__set_autoload(prog, true);
	if (!err)
		err = bpf_object__load(n->object);
	if (err)
		return err;
	n->map_fd = bpf_map__fd(map);
	n->prog_fd = bpf_program__fd(prog);
	return 0;
}

static void say_unknown(int err)
{
	log_err_sys(err, "this container has process numbers of its own, and the machine's cannot "
			 "be asked for; start it with those of the machine (docker: --pid=host)");
}

int numbers_open(struct numbers **out, uint32_t lanes)
{
	struct numbers *n = calloc(1, sizeof(*n));
	int err = n ? load(n, lanes, NULL) : -ENOMEM;

	*out = n;
	if (!err)
		return 0;
	say_unknown(err);
	numbers_close(n);
	*out = NULL;
	return err;
}

int numbers_fd(const struct numbers *n)
{
	return n->prog_fd;
}

int numbers_translate(const struct numbers *n, struct ledger *l)
{
	for (uint32_t i = 0; i < ledger_lane_count(l); i++) {
		uint64_t ids = 0;

		if (bpf_map_lookup_elem(n->map_fd, &i, &ids) || !ids) {
			log_err("a thread of the workload did not say by which numbers the "
				"machine knows it");
			return -ENODATA;
		}
		ledger_set_numbers(l, i, (uint32_t)(ids >> 32), (uint32_t)ids);
	}
	return 0;
}

/* Runs the iterator over thread @tid, by our own number of it. */
static int look(const struct numbers *n, pid_t tid)
{
	union bpf_iter_link_info which = {.task = {.tid = (uint32_t)tid}};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &which,
		    .iter_info_len = sizeof(which));
	int link = bpf_link_create(n->prog_fd, 0, BPF_TRACE_ITER, &opts), fd, err;
	char rest[64];

	if (link < 0)
		return link;
	fd = bpf_iter_create(link);
	err = fd < 0 ? fd : 0;
	while (!err && read(fd, rest, sizeof(rest)) > 0)
		;
	if (fd >= 0)
		close(fd);
	close(link);
	return err;
}

int numbers_of(pid_t tid, uint32_t *out)
{
	struct numbers n = {.map_fd = -1, .prog_fd = -1};
	uint32_t index = 0;
	uint64_t ids = 0;
	int err;

	*out = (uint32_t)tid;
	if (!numbers_needed())
		return 0;
	err = load(&n, 1, "numbers_look");
	if (!err)
		err = look(&n, tid);
	if (!err)
		err = bpf_map_lookup_elem(n.map_fd, &index, &ids);
	if (!err && !ids)
		err = -ESRCH;
	if (err)
		say_unknown(err);
	*out = (uint32_t)ids;
	bpf_object__close(n.object);
	return err;
}

void numbers_close(struct numbers *n)
{
	if (!n)
		return;
	bpf_object__close(n->object);
	free(n);
}
