/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads bpf/memprof/kernel.bpf.o. Before that BTF is asked whether the tracepoints have the
 * arguments that the programs read.
 */
#include "lib/base.h"
#include "memprof/kernel/tracer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/memprof/kernel.h"
#include "collector/object_error.h"
#include "collector/registry.h"
#include "lib/rights.h"
#include "lib/log.h"
#include "lib/why.h"
#include "memprof/kernel/arguments.h"
#include "memprof/kernel/filter.h"
#include "memprof/kernel/names.h"

struct kernel_tracer {
	struct tracer_options opts;
	struct bpf_object *bpf;
	struct bpf_program *programs[KERNEL_OPS]; /* of @bpf */
	struct bpf_link *links[KERNEL_OPS];
	struct kernel_names *names;
};

static const char *const program_names[KERNEL_OPS] = {
	[KERNEL_KMALLOC] = "on_kmalloc",       [KERNEL_CACHE_ALLOC] = "on_cache_alloc",
	[KERNEL_PAGE_ALLOC] = "on_page_alloc", [KERNEL_KFREE] = "on_kfree",
	[KERNEL_CACHE_FREE] = "on_cache_free", [KERNEL_PAGE_FREE] = "on_page_free",
};

uint32_t tracer_ops(const struct tracer_options *opts)
{
	uint32_t ops = 0;

	for (uint32_t kind = 0; kind < KERNEL_KINDS; kind++)
		if (opts->kinds & 1U << kind)
			ops |= 1U << kind | 1U << (kind + KERNEL_KINDS);
	return ops;
}

static void fill_settings(struct kernel_settings *s, const struct tracer_options *opts)
{
	s->cgroup_id = opts->cgroup_id;
	s->cgroup_level = opts->cgroup_level;
	s->tgid = (uint32_t)opts->pid;
	s->counts = opts->counts;
	s->every = opts->every;
	s->rate = opts->rate;
	s->copy_user = opts->ring_bytes > 0;
	for (int i = 0; i <= 256; i++)
		s->log2[i] = (uint32_t)lrint(log2(1 + i / 256.0) * 65536);
	if (opts->pid)
		filter_namespace(&s->pidns_device, &s->pidns_inode);
}

static int set_room(struct bpf_object *bpf, const char *map, uint32_t entries)
{
	struct bpf_map *m = bpf_object__find_map_by_name(bpf, map);

	if (!m)
		return -ENOENT;
	return entries ? bpf_map__set_max_entries(m, entries) : 0;
}

static int configure(struct kernel_tracer *t)
{
	const struct tracer_options *o = &t->opts;
	const uint32_t ops = tracer_ops(o);
	struct kernel_settings settings = {0};
	struct bpf_map *map;
	size_t size;
	int err;

	for (uint32_t op = 0; op < KERNEL_OPS; op++) {
		t->programs[op] = bpf_object__find_program_by_name(t->bpf, program_names[op]);
		if (!t->programs[op])
			return -ENOENT;
		bpf_program__set_autoload(t->programs[op], ops & 1U << op);
	}
	map = bpf_object__find_map_by_name(t->bpf, ".rodata");
	if (!map || !bpf_map__initial_value(map, &size) || size != sizeof(settings))
		return -EPROTO;
	fill_settings(&settings, o);
	err = bpf_map__set_initial_value(map, &settings, sizeof(settings));
	err = err ? err : set_room(t->bpf, "kernel_stacks", o->counts ? 1 : o->stacks_max);
	err = err ? err : set_room(t->bpf, "kernel_lives", o->counts ? 1 : o->live_max);
	err = err ? err : set_room(t->bpf, "kernel_groups", o->counts ? KERNEL_KINDS : 0);
	return err ? err : set_room(t->bpf, "kernel_samples", o->ring_bytes);
}

/* Where a group that finds no room is counted: it is there from the start. */
static int add_others(struct kernel_tracer *t)
{
	struct kernel_group none = {0};

	for (uint32_t op = 0; op < KERNEL_KINDS; op++) {
		struct kernel_group_key key = {.op = op};

		if (bpf_map_update_elem(tracer_map(t, "kernel_groups"), &key, &none, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int load(struct kernel_tracer *t, const char *path, struct strbuf *why)
{
	int err;

	t->bpf = bpf_object__open_file(path, NULL);
	if (!t->bpf) {
		err = -errno;
		return object_explain_load(path, NULL, err, why);
	}
	err = configure(t);
	if (!err) {
		err = bpf_object__load(t->bpf);
		if (err)
			return object_explain_load(path, t->bpf, err, why);
		err = add_others(t);
	}
	if (err)
		why_err_sys(why, err, "%s cannot be set up", path);
	return err;
}

/* Frees first: no block can be allocated, and its free be missed, in between. */
static int attach(struct kernel_tracer *t, struct strbuf *why)
{
	for (uint32_t op = KERNEL_OPS; op-- > 0;) {
		if (!bpf_program__autoload(t->programs[op]))
			continue;
		t->links[op] = RIGHTS_RAISED(bpf_program__attach(t->programs[op]));
		if (!t->links[op]) {
			int err = -errno;

			why_err_sys(why, err, "cannot attach to the tracepoint kmem:%s",
				    kernel_op_name(op));
			return err;
		}
	}
	return 0;
}

int tracer_may(const char *takes, struct strbuf *why)
{
	const char *missing = object_missing_capabilities();

	if (!missing[0])
		return 0;
	why_err(why, "%s missing, which %s: run it with sudo", missing, takes);
	return -EPERM;
}

static int check(const struct tracer_options *opts, struct strbuf *why)
{
	struct btf *btf;
	int err = tracer_may(TRACER_TAKES, why);

	if (err)
		return err;
	btf = btf__load_vmlinux_btf();
	if (!btf) {
		why_err(why,
			"this kernel has no type information (/sys/kernel/btf/vmlinux: "
			"CONFIG_DEBUG_INFO_BTF), by which the tracepoints' arguments are known");
		return -ENOTSUP;
	}
	err = kernel_arguments_check(btf, tracer_ops(opts), why);
	btf__free(btf);
	return err;
}

int tracer_object(const char *name, char *path, size_t size)
{
	int err = registry_folder(path, size);
	size_t len = strlen(path);

	if (err)
		return err;
	snprintf(path + len, size - len, "/memprof/%s.bpf.o", name);
	return 0;
}

int tracer_open(struct kernel_tracer **out, const struct tracer_options *opts, struct strbuf *why)
{
	struct kernel_tracer *t = calloc(1, sizeof(*t));
	char path[4096];
	int err;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->names = kernel_names_new(NULL, NULL);
	object_listen();
	err = check(opts, why);
	if (!err)
		err = tracer_object("kernel", path, sizeof(path));
	if (!err)
		err = load(t, path, why);
	if (!err)
		err = attach(t, why);
	if (err)
		tracer_close(t);
	else
		*out = t;
	return err;
}

void tracer_stop(struct kernel_tracer *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->links); i++) {
		bpf_link__destroy(t->links[i]);
		t->links[i] = NULL;
	}
}

void tracer_close(struct kernel_tracer *t)
{
	if (!t)
		return;
	tracer_stop(t);
	bpf_object__close(t->bpf);
	kernel_names_free(t->names);
	free(t);
}

int tracer_map(const struct kernel_tracer *t, const char *name)
{
	return bpf_object__find_map_fd_by_name(t->bpf, name);
}

const struct tracer_options *tracer_options(const struct kernel_tracer *t)
{
	return &t->opts;
}

struct kernel_names *tracer_names(const struct kernel_tracer *t)
{
	return t->names;
}

uint64_t tracer_misses(const struct kernel_tracer *t, uint32_t op)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (!bpf_program__autoload(t->programs[op]) ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(t->programs[op]), &info, &len))
		return 0;
	return info.recursion_misses;
}
