/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The oracle's user-space half: load, canary, read. */
#include "lib/base.h"
#include "harness/verify/oracle.h"

#include "collector/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/probes/oracle.h"
#include "collector/stand_in.h"
#include "harness/probe.h"
#include "lib/cgroup.h"
#include "lib/rights.h"
#include "lib/huge_page.h"
#include "lib/log.h"
#include "lib/preempt.h"
#include "lib/subproc.h"
#include "lib/sys_mmap.h"

struct oracle {
	struct bpf_object *obj;
	struct bpf_link *fork, *enter, *exit;
	int cgroups_fd, counts_fd; /* of @obj */
	uint64_t min_length, level;
};

static int find_map(struct oracle *o, const char *name, uint32_t value_bytes, int *fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(o->obj, name);

	if (!map || bpf_map__value_size(map) != value_bytes) {
		log_err("the oracle's object has no map %s with values of %u bytes: run 'make'",
			name, value_bytes);
		return -EINVAL;
	}
	*fd = bpf_map__fd(map);
	return 0;
}

static int attach(struct oracle *o, const char *name, struct bpf_link **link)
{
	struct bpf_program *prog = stand_in_program(o->obj, name);
	int err;

	if (!prog) {
		log_err("the oracle's object has no program %s: run 'make'", name);
		return -EINVAL;
	}
	*link = RIGHTS_RAISED(bpf_program__attach(prog));
	if (*link)
		return 0;
	err = -errno;
	log_err_sys(err, "cannot attach the oracle's program %s", name);
	return err;
}

static int configure(struct oracle *o, uint64_t min_length)
{
	struct oracle_config config = {
		.number = {[ORACLE_MMAP] = SYS_mmap,
			   [ORACLE_MUNMAP] = SYS_munmap,
			   [ORACLE_BRK] = SYS_brk,
			   [ORACLE_MREMAP] = SYS_mremap},
		.min_length = min_length,
		.level = o->level,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
		.huge_bytes = huge_page_default(),
	};
	return probe_configure(o->obj, &config, sizeof(config));
}

static int load(struct oracle *o)
{
	int err = probe_open(&o->obj, "oracle", NULL);

	if (!err)
		err = configure(o, o->min_length);
	if (err)
		return err;
	err = bpf_object__load(o->obj);
	if (err)
		log_err_sys(err, "cannot load the oracle: it needs CAP_BPF, CAP_PERFMON and a "
				 "kernel with BTF");
	return err;
}

int oracle_open(struct oracle **out, const struct cgroup *cg, uint64_t min_length)
{
	struct oracle *o = calloc(1, sizeof(*o));
	uint32_t slot = ORACLE_TARGET;
	int err = -ENOMEM;

	*out = NULL;
	if (!o)
		return err;
	o->min_length = min_length;
	o->level = cg->level;
	/* libbpf looks the stand-ins' tracepoints up there. */
	err = preempt_tracepoints() ? tracefs_ensure(NULL) : 0;
	if (!err)
		err = load(o);
	if (!err)
		err = find_map(o, "oracle_cgroups", sizeof(uint64_t), &o->cgroups_fd);
	if (!err)
		err = find_map(o, "oracle_counts", sizeof(struct oracle_counts), &o->counts_fd);
	if (!err && bpf_map_update_elem(o->cgroups_fd, &slot, &cg->id, BPF_ANY)) {
		err = -errno;
		log_err_sys(err, "cannot tell the oracle its cgroup");
	}
	if (!err)
		err = attach(o, "oracle_fork", &o->fork);
	if (!err)
		err = attach(o, "oracle_exit", &o->exit); /* no call may enter unseen to exit */
	if (!err)
		err = attach(o, "oracle_enter", &o->enter);
	if (err) {
		oracle_close(o);
		return err;
	}
	*out = o;
	return 0;
}

static int read_slot(struct oracle *o, uint32_t slot, struct oracle_counts *sum)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct oracle_counts *each;

	*sum = (struct oracle_counts){0};
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(o->counts_fd, &slot, each)) {
		err = -errno;
		log_err_sys(err, "cannot read what the oracle counted");
	}
	/* The struct is nothing but u64 sums. */
	for (int cpu = 0; !err && cpu < cpus; cpu++)
		for (size_t i = 0; i < sizeof(*sum) / sizeof(uint64_t); i++)
			((uint64_t *)sum)[i] += ((const uint64_t *)&each[cpu])[i];
	free(each);
	return err;
}

int oracle_read(struct oracle *o, struct model_totals *out, struct oracle_edges *edges)
{
	static const enum ledger_op op[] = {[ORACLE_MMAP] = LEDGER_MMAP,
					    [ORACLE_MUNMAP] = LEDGER_MUNMAP,
					    [ORACLE_BRK] = LEDGER_BRK,
					    [ORACLE_MREMAP] = LEDGER_MREMAP};
	struct oracle_counts c;
	int err = read_slot(o, ORACLE_TARGET, &c);

	*out = (struct model_totals){.mmap_filtered = c.small_mmaps,
				     .mmap_filtered_failed = c.small_mmaps_failed,
				     .mmap_bytes = c.mmap_bytes,
				     .munmap_bytes = c.munmap_bytes,
				     .worked_mmap_bytes = c.worked_mmap_bytes,
				     .worked_munmap_bytes = c.worked_munmap_bytes};
	*edges = (struct oracle_edges){.below = c.below, .outside = c.outside, .blind = c.blind};
	for (int i = 0; i < ORACLE_OPS; i++) {
		out->calls[op[i]] = c.entered[i];
		out->failed[op[i]] = c.failed[i];
		out->worked[op[i]] = c.worked[i];
		edges->answered += c.answered[i];
		edges->compat += c.compat[i];
		edges->mistaken[op[i]] = (int64_t)(c.mistaken[i] - c.compat[i]);
	}
	return err;
}

/* --- the canary --------------------------------------------------------------------------------
 */

enum {
	CANARY_MAPS = 17, /* of a page, unmapped again */
	CANARY_SMALL = 3, /* maps shorter than the filter, left to the end of the process */
	CANARY_BAD_MAPS = 3,
	CANARY_BAD_UNMAPS = 2,
	CANARY_BRKS = 28,
	CANARY_BAD_BRKS = 1,
	CANARY_SET_BRKS = 5, /* to where the break is: they work, and move nothing */
	CANARY_REMAPS = 7,   /* of a mapping to the length that it has */
	CANARY_BAD_REMAPS = 4,
};

static const size_t canary_huge = SYS_TOO_LONG; /* ENOMEM */

static int canary_child(void *arg)
{
	const struct cgroup *cg = arg;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long brk;

	if (cgroup_enter(cg, 0))
		return 1;
	for (int i = 0; i < CANARY_MAPS; i++) {
		long at = sys_mmap(0, 4096, PROT_NONE, flags, -1, 0);

		syscall(SYS_munmap, at, 4096);
	}
	for (int i = 0; i < CANARY_SMALL; i++) {
		long at = sys_mmap(0, 1, PROT_NONE, flags, -1, 0);

		for (int k = 0; !i && k < CANARY_REMAPS; k++)
			syscall(SYS_mremap, at, 1, 1, 0, 0);
	}
	for (int i = 0; i < CANARY_BAD_REMAPS; i++)
		syscall(SYS_mremap, 1, 4096, 8192, 0, 0);
	for (int i = 0; i < CANARY_BAD_MAPS; i++)
		sys_mmap(0, canary_huge, PROT_NONE, flags, -1, 0);
	for (int i = 0; i < CANARY_BAD_UNMAPS; i++)
		syscall(SYS_munmap, 1, 4096);
	for (int i = 0; i < CANARY_BRKS; i++)
		brk = syscall(SYS_brk, 0);
	for (int i = 0; i < CANARY_SET_BRKS; i++)
		syscall(SYS_brk, brk);
	for (int i = 0; i < CANARY_BAD_BRKS; i++)
		syscall(SYS_brk, 1);
	return 0;
}

static struct oracle_counts canary_counts(uint64_t min_length)
{
	const uint64_t mmaps = CANARY_MAPS + CANARY_SMALL + CANARY_BAD_MAPS;
	const uint64_t munmaps = CANARY_MAPS + CANARY_BAD_UNMAPS;
	const uint64_t brks = CANARY_BRKS + CANARY_BAD_BRKS + CANARY_SET_BRKS;
	const uint64_t remaps = CANARY_REMAPS + CANARY_BAD_REMAPS;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	bool filters = min_length > 1;

	return (struct oracle_counts){
		.entered = {mmaps, munmaps, brks, remaps},
		.returned = {mmaps, munmaps, brks, remaps},
		.failed = {CANARY_BAD_MAPS, CANARY_BAD_UNMAPS, CANARY_BAD_BRKS, CANARY_BAD_REMAPS},
		.worked = {CANARY_MAPS + CANARY_SMALL, CANARY_MAPS, CANARY_SET_BRKS, CANARY_REMAPS},
		.worked_mmap_bytes = (CANARY_MAPS + CANARY_SMALL) * page,
		.worked_munmap_bytes = CANARY_MAPS * page,
		.small_mmaps = filters ? CANARY_SMALL : 0,
		.mmap_bytes = CANARY_MAPS * 4096 + CANARY_BAD_MAPS * canary_huge +
			      (filters ? 0 : CANARY_SMALL),
		.munmap_bytes = munmaps * 4096,
	};
}

static uint64_t all_calls(const struct oracle_counts *c)
{
	return c->entered[ORACLE_MMAP] + c->entered[ORACLE_MUNMAP] + c->entered[ORACLE_BRK] +
	       c->entered[ORACLE_MREMAP];
}

static int make_canary_calls(struct oracle *o, const struct cgroup *cg)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc child = SUBPROC_INIT;
	uint32_t slot = ORACLE_CANARY;
	int err;

	if (bpf_map_update_elem(o->cgroups_fd, &slot, &cg->id, BPF_ANY)) {
		err = -errno;
		log_err_sys(err, "cannot tell the oracle the canary's cgroup");
		return err;
	}
	opts.child = canary_child;
	opts.arg = (void *)(uintptr_t)cg;
	err = subproc_start(&child, &opts);
	if (!err)
		err = subproc_wait(&child, 5000);
	if (!err && child.status) {
		log_err("the oracle's canary could not make its calls (status 0x%x)",
			(unsigned int)child.status);
		err = -ECHILD;
	}
	subproc_release(&child);
	return err;
}

int oracle_run_canary(struct oracle *o, struct oracle_canary *out)
{
	struct oracle_counts want = canary_counts(o->min_length), got;
	struct cgroup cg = {0};
	int err = cgroup_create(&cg, "canary");

	*out = (struct oracle_canary){0};
	if (!err)
		err = make_canary_calls(o, &cg);
	cgroup_remove(&cg);
	if (!err)
		err = read_slot(o, ORACLE_CANARY, &got);
	if (err)
		return err;
	out->expected = all_calls(&want);
	out->counted = all_calls(&got);
	out->exact = !memcmp(&want, &got, sizeof(want));
	return 0;
}

uint64_t oracle_recursion_misses(struct oracle *o)
{
	struct bpf_program *prog;
	uint64_t misses = 0;

	bpf_object__for_each_program (prog, o->obj) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		/* None of the counts is the fork's. */
		if (strcmp(bpf_program__name(prog), "oracle_fork") && bpf_program__fd(prog) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			misses += info.recursion_misses;
	}
	return misses;
}

void oracle_close(struct oracle *o)
{
	if (!o)
		return;
	bpf_link__destroy(o->fork);
	bpf_link__destroy(o->enter);
	bpf_link__destroy(o->exit);
	bpf_object__close(o->obj);
	free(o);
}
