/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user-space half of bpf/probes/numbers.bpf.c. */
#include "lib/base.h"
#include "harness/verify/numbers.h"

#include <stdlib.h>

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

static int load(struct numbers *n, uint32_t lanes)
{
	struct bpf_map *map;
	struct bpf_program *prog;
	int err = probe_open(&n->object, "numbers", NULL);

	if (err)
		return err;
	map = bpf_object__find_map_by_name(n->object, "numbers");
	prog = bpf_object__find_program_by_name(n->object, "numbers_note");
	if (!map || !prog)
		return -ENOENT;
	err = bpf_map__set_max_entries(map, lanes);
	if (!err)
		err = bpf_object__load(n->object);
	if (err)
		return err;
	n->map_fd = bpf_map__fd(map);
	n->prog_fd = bpf_program__fd(prog);
	return 0;
}

int numbers_open(struct numbers **out, uint32_t lanes)
{
	struct numbers *n = calloc(1, sizeof(*n));
	int err = n ? load(n, lanes) : -ENOMEM;

	*out = n;
	if (!err)
		return 0;
	log_err_sys(err, "this container has process numbers of its own, and the machine's cannot "
			 "be asked for; start it with those of the machine (docker: --pid=host)");
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

void numbers_close(struct numbers *n)
{
	if (!n)
		return;
	bpf_object__close(n->object);
	free(n);
}
