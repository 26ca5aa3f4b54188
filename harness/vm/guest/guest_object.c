/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads and attaches a BPF object in the guest; empties and fills hashes. */
#include "lib/base.h"
#include "harness/vm/guest/guest_object.h"
#include "bpf/ring/mapped_ring.h"
#include "harness/vm/protocol.h"
#include "lib/preempt.h"
#include "lib/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* What libbpf said since the last reset; it has one print function for the whole process. */
static struct strbuf said = STRBUF_INIT;

static int listen_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[8192];

	if (level == LIBBPF_DEBUG)
		return 0;
	if (vsnprintf(line, sizeof(line), fmt, ap) > 0)
		strbuf_addstr(&said, line);
	return 0;
}

static const char kernel_btf[] = "/sys/kernel/btf/vmlinux";

static int fail(int err, const char *what, const char *name, struct strbuf *why)
{
	char text[128]; /* libbpf has codes of its own, from 4000 on */

	libbpf_strerror(err, text, sizeof(text));
	strbuf_addf(why, "%s %s: %s%s\n%s", what, name, text,
		    access(kernel_btf, R_OK) ? " (this kernel has no BTF)" : "", said.s);
	if (access(kernel_btf, R_OK))
		strbuf_addstr(why, "this kernel has no BTF: take one with CONFIG_DEBUG_INFO_BTF=y");
	strbuf_reset(&said);
	return err;
}

static int make_ring(const struct guest_object *o, const char *name)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return o->rings_mapped
		       ? bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
					MAPPED_RING_VALUE(o->ring_bytes), 1, &opts)
		       : bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, o->ring_bytes, NULL);
}

/* A ring for each CPU, which user space makes: as large as the object says that they are. */
static int make_rings(struct guest_object *o)
{
	struct bpf_map *map = o->ring_array;

	for (uint32_t cpu = 0; cpu < (uint32_t)libbpf_num_possible_cpus(); cpu++) {
		int fd;

		if (o->nrings == GUEST_MAX_RINGS)
			return -E2BIG;
		fd = make_ring(o, bpf_map__name(map));
		if (fd < 0)
			return -errno;
		o->made[o->nmade++] = fd;
		o->rings[o->nrings++] = (struct guest_ring_fd){fd, o->ring_bytes};
		if (bpf_map_update_elem(bpf_map__fd(map), &cpu, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* Too small for something about each of many tasks. */
static bool is_small(const struct bpf_map *map)
{
	enum { SMALL = 4096 };

	return (uint64_t)bpf_map__max_entries(map) * bpf_map__value_size(map) <= SMALL;
}

static int take_map(struct guest_object *o, struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_RINGBUF:
		if (o->nrings == GUEST_MAX_RINGS)
			return -E2BIG;
		o->rings[o->nrings++] =
			(struct guest_ring_fd){bpf_map__fd(map), bpf_map__max_entries(map)};
		return 0;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
		if (o->nhashes == GUEST_MAX_MAPS)
			return -E2BIG;
		o->hashes[o->nhashes++] = (struct guest_hash){
			bpf_map__fd(map), bpf_map__type(map), bpf_map__key_size(map),
			bpf_map__value_size(map), bpf_map__max_entries(map)};
		return 0;
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		o->keeps |= map != o->ring_array;
		return map == o->ring_array ? make_rings(o) : 0;
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: o->perf_array = true; return 0;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY: o->keeps |= !is_small(map); return 0;
	default: o->keeps = true; return 0;
	}
}

/*
 * A hash map has a random seed, so that in one boot of a few two keys share a bucket and a lookup
 * walks past one of them: 4 instructions that are the seed's, not the monitor's. Without a seed
 * (include/uapi/linux/bpf.h: for tests) every boot has the same buckets.
 */
static void set_seed(struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		bpf_map__set_map_flags(map, bpf_map__map_flags(map) | BPF_F_ZERO_SEED);
		return;
	default: return;
	}
}

/* Before the object is loaded: libbpf forgets then what is in an array of maps. */
static void prepare_map(struct guest_object *o, struct bpf_map *map)
{
	const struct bpf_map *inner = bpf_map__inner_map(map);
	uint32_t cpus = (uint32_t)libbpf_num_possible_cpus();

	set_seed(map);
	if (bpf_map__type(map) != BPF_MAP_TYPE_ARRAY_OF_MAPS || !inner)
		return;
	o->rings_mapped = bpf_map__type(inner) == BPF_MAP_TYPE_ARRAY &&
			  bpf_map__map_flags(inner) & BPF_F_MMAPABLE;
	if (!o->rings_mapped && bpf_map__type(inner) != BPF_MAP_TYPE_RINGBUF)
		return;
	o->ring_array = map;
	o->ring_bytes = o->rings_mapped ? bpf_map__value_size(inner) - MAPPED_RING_VALUE(0)
					: bpf_map__max_entries(inner);
	if (bpf_map__max_entries(map) < cpus)
		bpf_map__set_max_entries(map, cpus);
}

/* It runs when its rows are read, never at an event. */
static bool is_iterator(const struct bpf_program *prog)
{
	return bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER;
}

/* As collector/stand_in.c, which the guest's program is linked without. */
static void choose_programs(struct bpf_object *obj)
{
	struct bpf_program *prog, *plain;
	char name[128];

	if (!preempt_tracepoints())
		return;
	bpf_object__for_each_program (prog, obj) {
		if (bpf_program__autoload(prog) ||
		    !preempt_stands_in(bpf_program__name(prog), name, sizeof(name)))
			continue;
		plain = bpf_object__find_program_by_name(obj, name);
		if (!plain)
			continue;
		bpf_program__set_autoload(plain, false);
		bpf_program__set_autoload(prog, true);
	}
}

/* Returns 0 or -errno and @why; in both cases the caller closes @o. */
static int load(struct guest_object *o, const char *path, bool books, struct strbuf *why)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct bpf_map *map;
	int err;

	*o = (struct guest_object){0};
	strbuf_reset(&said);
	libbpf_set_print(listen_libbpf);
	if (access(kernel_btf, R_OK) && !access(VM_EVENTS_BTF, R_OK))
		opts.btf_custom_path = VM_EVENTS_BTF;
	o->obj = bpf_object__open_file(path, &opts);
	if (!o->obj)
		return fail(-errno, "cannot open", path, why);
	choose_programs(o->obj);
	bpf_object__for_each_map (map, o->obj)
		prepare_map(o, map);
	if (books)
		guest_static_ask(o->obj, &o->logs);
	err = bpf_object__load(o->obj);
	return err ? fail(err, "cannot load", path, why) : 0;
}

static int take_hooks(struct guest_object *o, const char *path, struct strbuf *why)
{
	struct bpf_prog_info info;
	struct bpf_program *prog;
	size_t unloaded = 0;

	bpf_object__for_each_program (prog, o->obj) {
		struct guest_hook *hook = &o->hooks[o->nhooks];
		uint32_t size = sizeof(info);

		if (bpf_program__fd(prog) < 0) { /* SEC("?..") is not loaded */
			unloaded++;
			continue;
		}
		if (o->nhooks == GUEST_MAX_HOOKS)
			return fail(-E2BIG, "too many programs in", path, why);
		o->nprograms++;
		if (!strchr(bpf_program__section_name(prog), '/') || is_iterator(prog))
			continue;
		o->nhooks++;
		snprintf(hook->section, sizeof(hook->section), "%s",
			 bpf_program__section_name(prog));
		info = (struct bpf_prog_info){0};
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			hook->btf_id = info.attach_btf_id;
	}
	/* An object of which a program at a time is loaded, by who knows which. */
	if (!o->nprograms)
		o->nprograms = unloaded;
	return 0;
}

int guest_object_sections(const char *path, void (*each)(void *arg, const char *section), void *arg)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int n = 0;

	libbpf_set_print(listen_libbpf);
	obj = bpf_object__open(path);
	strbuf_reset(&said);
	if (!obj)
		return -errno;
	choose_programs(obj);
	bpf_object__for_each_program (prog, obj) {
		const char *section = bpf_program__section_name(prog);

		if (!bpf_program__autoload(prog) || is_iterator(prog) || !strchr(section, '/'))
			continue;
		each(arg, section);
		n++;
	}
	bpf_object__close(obj);
	return n;
}

#ifdef __aarch64__
/* Of its programs' machine code: how many instructions there are, those that only align left out.
 */
static uint64_t machine_instructions(const struct guest_object *o)
{
	enum { MOST = 16384, NOP = 0xd503201f };
	static uint32_t code[MOST];
	struct bpf_program *prog;
	uint64_t n = 0;

	bpf_object__for_each_program (prog, o->obj) {
		struct bpf_prog_info info = {.jited_prog_insns = (uintptr_t)code,
					     .jited_prog_len = sizeof(code)};
		uint32_t size = sizeof(info);

		if (bpf_program__fd(prog) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			continue;
		for (size_t i = 0;
		     i < MIN((size_t)info.jited_prog_len / sizeof(*code), (size_t)MOST); i++)
			n += code[i] != NOP;
	}
	return n;
}

/*
 * The JIT of this processor writes the address of a map with an instruction less where a quarter of
 * it is zero, and where a map lies is the seed's, as the kernel shuffles its slabs: one of 64
 * begins a page of 64 KiB. Of a few loads, all in memory at the same time, the one with most
 * instructions is the usual one.
 */
static void take_usual(struct guest_object *o, const char *path)
{
	enum { LOADS = 3 };
	struct guest_object all[LOADS] = {*o};
	struct strbuf ignored = STRBUF_INIT;
	size_t n = 1, best = 0;

	for (; n < LOADS && !load(&all[n], path, true, &ignored); n++)
		if (machine_instructions(&all[n]) > machine_instructions(&all[best]))
			best = n;
	if (n < LOADS)
		guest_object_close(&all[n]);
	for (size_t i = 0; i < n; i++)
		if (i != best)
			guest_object_close(&all[i]);
	*o = all[best];
	strbuf_release(&ignored);
}
#else
static void take_usual(struct guest_object *o UNUSED, const char *path UNUSED)
{
}
#endif

int guest_object_open(struct guest_object *o, const char *path, struct strbuf *why)
{
	struct bpf_map *map;
	int err = load(o, path, true, why);

	/* Who asks for the verifier's books does not hear why it refuses: once more. */
	if (err) {
		guest_object_close(o);
		strbuf_reset(why);
		err = load(o, path, false, why);
	}
	if (!err)
		take_usual(o, path);
	if (!err)
		err = take_hooks(o, path, why);
	if (err)
		goto out;
	bpf_object__for_each_map (map, o->obj) {
		err = take_map(o, map);
		if (err) {
			fail(err, "cannot use map", bpf_map__name(map), why);
			goto out;
		}
	}
out:
	if (err)
		guest_object_close(o);
	return err;
}

int guest_object_attach(struct guest_object *o, struct strbuf *why)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, o->obj) {
		struct bpf_link *link;

		if (bpf_program__fd(prog) < 0 || is_iterator(prog))
			continue;
		link = bpf_program__attach(prog);
		/* Its section names no place: somebody else runs it (a "syscall" program). */
		if (!link && errno == EOPNOTSUPP)
			continue;
		if (!link) {
			int err = fail(-errno, "cannot attach", bpf_program__name(prog), why);

			guest_object_detach(o);
			return err;
		}
		o->links[o->nlinks++] = link;
	}
	strbuf_reset(&said);
	return 0;
}

void guest_object_detach(struct guest_object *o)
{
	while (o->nlinks)
		bpf_link__destroy(o->links[--o->nlinks]);
}

void guest_object_close(struct guest_object *o)
{
	guest_object_detach(o);
	while (o->nmade)
		close(o->made[--o->nmade]);
	bpf_object__close(o->obj);
	guest_static_forget(&o->logs);
	*o = (struct guest_object){0};
}

/*
 * Many in one system call. What is attached may insert at every one of ours, so that a hash may
 * never be seen empty: as many as it can hold are taken, and what is left is new.
 */
static int clear_hash(const struct guest_hash *h)
{
	enum { BATCH = 1024 };
	/* A per-CPU value is rounded up to 8 bytes for each of the CPUs. */
	void *values = malloc((size_t)libbpf_num_possible_cpus() * BATCH * (h->value_bytes + 8));
	void *keys = malloc((size_t)BATCH * h->key_bytes);
	int err = keys && values ? 0 : -ENOMEM;
	uint32_t at, taken = 0;

	for (bool first = true; !err && taken <= h->entries; first = false) {
		uint32_t n = BATCH;

		err = bpf_map_lookup_and_delete_batch(h->fd, first ? NULL : &at, &at, keys, values,
						      &n, NULL);
		taken += n;
	}
	free(keys);
	free(values);
	return err == -ENOENT ? 0 : err; /* the end */
}

int guest_object_clear(struct guest_object *o)
{
	int err = 0;

	for (size_t i = 0; i < o->nhashes && !err; i++)
		err = clear_hash(&o->hashes[i]);
	return err;
}

/*
 * Keys 0x40000000 and up: above every thread id (PID_MAX_LIMIT is 2^22), also in either half of a
 * 64-bit pid_tgid. Many in one system call: what is attached may run at each.
 */
static int fill_hash(const struct guest_hash *h)
{
	enum { BATCH = 512 };
	/* A per-CPU value is rounded up to 8 bytes for each of the CPUs. */
	void *values = calloc((size_t)libbpf_num_possible_cpus() * BATCH, h->value_bytes + 8);
	unsigned char *keys = malloc((size_t)BATCH * h->key_bytes);
	int err = keys && values ? 0 : -ENOMEM;

	for (uint32_t done = 0; done <= h->entries && !err; done += BATCH) {
		uint32_t n = MIN(h->entries + 1 - done, (uint32_t)BATCH);

		memset(keys, 0x5a, (size_t)n * h->key_bytes);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t number = 0x40000000 + done + i;

			memcpy(keys + (size_t)i * h->key_bytes, &number,
			       MIN(sizeof(number), (size_t)h->key_bytes));
		}
		err = bpf_map_update_batch(h->fd, keys, values, &n, NULL);
	}
	free(keys);
	free(values);
	return err == -E2BIG ? 0 : err; /* full is what was wanted */
}

int guest_object_fill(struct guest_object *o)
{
	int err = 0;

	for (size_t i = 0; i < o->nhashes && !err; i++)
		if (o->hashes[i].type != BPF_MAP_TYPE_LRU_HASH) /* never full */
			err = fill_hash(&o->hashes[i]);
	return err;
}

bool guest_object_forgets(const struct guest_object *o, bool full)
{
	for (size_t i = 0; full && i < o->nhashes; i++)
		if (o->hashes[i].type == BPF_MAP_TYPE_LRU_HASH)
			return false;
	return !o->keeps;
}

uint32_t guest_object_room(const struct guest_object *o)
{
	uint32_t room = 0;

	for (size_t i = 0; i < o->nhashes; i++)
		if (o->hashes[i].type != BPF_MAP_TYPE_LRU_HASH &&
		    (!room || o->hashes[i].entries < room))
			room = o->hashes[i].entries;
	return room;
}
