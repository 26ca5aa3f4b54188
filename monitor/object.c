/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The monitor that is a BPF object: open, load, attach, read, detach. */
#include "lib/base.h"
#include "monitor/object.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "monitor/backend.h"
#include "monitor/cost.h"
#include "monitor/elf_check.h"
#include "monitor/layout.h"
#include "monitor/maps.h"
#include "monitor/object_error.h"
#include "monitor/ring.h"
#include "monitor/tracefs.h"

/* An object that has this u64 among its read-only data watches only the cgroup we write there. */
#define CGROUP_VARIABLE "beebench_cgroup_id"

struct object {
	struct bpf_object *bpf;
	struct layout layout;
	struct ring *ring;
	struct bpf_link *
		*links; /* @nlinks; NULL where a program has no place of its own to attach to */
	size_t nlinks;
	struct strbuf unattached; /* lines for monitor_extras() */
};

static const struct monitor_backend object_backend;

static struct bpf_map *find_rodata(const struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		const char *dot = strchr(bpf_map__name(map), '.');

		if (dot && !strcmp(dot, ".rodata"))
			return map;
	}
	return NULL;
}

/* The offset of the variable in .rodata, or -1. */
static long find_cgroup_variable(const struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);
	int32_t id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *sec = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (int i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *at = &btf_var_secinfos(sec)[i];
		const struct btf_type *var = btf__type_by_id(btf, at->type);

		if (at->size == sizeof(uint64_t) &&
		    !strcmp(btf__name_by_offset(btf, var->name_off), CGROUP_VARIABLE))
			return (long)at->offset;
	}
	return -1;
}

/* Tells the object which cgroup to watch, when it can be told. */
static int set_target(struct monitor *m, struct object *o, const struct monitor_target *target)
{
	struct bpf_map *map = find_rodata(o->bpf);
	long offset = map ? find_cgroup_variable(o->bpf) : -1;
	const void *initial;
	size_t size;
	char *image;
	int err;

	if (offset < 0 || !target->cgroup_id)
		return 0;
	initial = bpf_map__initial_value(map, &size);
	image = initial ? malloc(size) : NULL;
	if (!image || (size_t)offset + sizeof(target->cgroup_id) > size) {
		free(image);
		return -ENOMEM;
	}
	memcpy(image, initial, size);
	memcpy(image + offset, &target->cgroup_id, sizeof(target->cgroup_id));
	err = bpf_map__set_initial_value(map, image, size);
	free(image);
	if (!err)
		m->info.caps |= MONITOR_CGROUP;
	return err;
}

static void fill_info(struct monitor *m, const struct object *o)
{
	struct monitor_info *info = &m->info;

	for (size_t i = 0; i < o->layout.ncounters; i++) {
		info->fields |= o->layout.counters[i].fields;
		info->map_entries = bpf_map__max_entries(o->layout.counters[i].map);
	}
	if (o->layout.ncounters)
		info->caps |= MONITOR_COUNTERS;
	if (o->layout.ring) {
		info->caps |= MONITOR_EVENTS;
		info->ring_bytes = bpf_map__max_entries(o->layout.ring);
		info->rings = 1;
	}
	if (o->layout.losses)
		info->caps |= MONITOR_LOSSES;
	if (!o->layout.ncounters && !o->layout.ring)
		info->caps |= MONITOR_NULL;
}

static int open_file(struct monitor *m, struct object *o, bool bare)
{
	int err = elf_check_file(m->path);

	if (err)
		return err;
	object_listen();
	o->bpf = bpf_object__open_file(m->path, NULL);
	if (!o->bpf) {
		err = -errno;
		return object_explain_load(m->path, err);
	}
	if (bare)
		return 0;
	if (!m->manifest.file && !bpf_object__find_map_by_name(o->bpf, m->manifest.counters.map) &&
	    bpf_object__find_map_by_name(o->bpf, mem_field_names[CPU_RUN_KERNEL_TIME]))
		manifest_cpu_defaults(&m->manifest);
	return layout_resolve(&o->layout, o->bpf, &m->manifest, m->path);
}

static int load(struct monitor *m, struct object *o, const struct monitor_target *target)
{
	int err = set_target(m, o, target), fd;

	if (err) {
		log_err_sys(err, "%s: cannot set %s", m->path, CGROUP_VARIABLE);
		return err;
	}
	object_listen();
	err = bpf_object__load(o->bpf);
	if (err)
		return object_explain_load(m->path, err);
	if (!o->layout.ring)
		return 0;
	fd = bpf_map__fd(o->layout.ring);
	err = ring_open(&o->ring, &fd, 1, &o->layout.event);
	if (err)
		log_err_sys(err, "%s: its ring buffer '%s' cannot be read", m->path,
			    bpf_map__name(o->layout.ring));
	return err;
}

int object_open(struct monitor *m, const struct monitor_target *target)
{
	struct object *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->unattached = (struct strbuf)STRBUF_INIT;
	m->impl = o;
	m->ops = &object_backend;
	err = open_file(m, o, target && target->bare);
	if (!err)
		err = load(m, o, target);
	if (!err)
		fill_info(m, o);
	return err;
}

/* A global membarrier waits for an RCU grace period: afterwards no program of ours is still
 * running. */
static void wait_for_programs(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static int object_detach(struct monitor *m)
{
	struct object *o = m->impl;

	for (size_t i = 0; i < o->nlinks; i++)
		bpf_link__destroy(o->links[i]);
	free(o->links);
	o->links = NULL;
	o->nlinks = 0;
	wait_for_programs();
	return 0;
}

static int attach_program(struct monitor *m, struct object *o, struct bpf_program *p)
{
	struct bpf_link *link;
	int err;

	if (bpf_program__fd(p) < 0)
		return 0; /* SEC("?..") */
	object_listen();
	link = bpf_program__attach(p);
	err = link ? 0 : -errno;
	if (err == -EOPNOTSUPP) { /* its section names no place */
		strbuf_addf(&o->unattached, "program %s on %s cannot attach itself: only loaded\n",
			    bpf_program__name(p), bpf_program__section_name(p));
		return 0;
	}
	if (err)
		return object_explain_attach(m->path, bpf_program__name(p),
					     bpf_program__section_name(p), err);
	o->links[o->nlinks++] = link;
	return 0;
}

static int object_attach(struct monitor *m)
{
	struct object *o = m->impl;
	struct bpf_program *p;
	size_t n = 0;
	int err = tracefs_ensure();

	if (err)
		return err;
	bpf_object__for_each_program (p, o->bpf)
		n++;
	o->links = calloc(n ? n : 1, sizeof(struct bpf_link *));
	if (!o->links)
		return -ENOMEM;
	bpf_object__for_each_program (p, o->bpf) {
		err = attach_program(m, o, p);
		if (err) {
			object_detach(m);
			return err;
		}
	}
	return 0;
}

static int object_poll(struct monitor *m, int timeout_ms, monitor_event_fn fn, void *arg)
{
	struct object *o = m->impl;

	if (o->ring)
		return ring_poll(o->ring, timeout_ms, fn, arg);
	if (timeout_ms > 0)
		usleep((useconds_t)timeout_ms * 1000);
	return 0;
}

static int object_snapshot(struct monitor *m, struct mem_table *out)
{
	struct object *o = m->impl;
	size_t cap = 0;
	int err = 0;

	for (size_t i = 0; !err && i < o->layout.ncounters; i++) {
		const struct counter_source *src = &o->layout.counters[i];
		struct map_dump d;

		err = map_read(bpf_map__fd(src->map), MAP_BEST, &d);
		if (err)
			log_err_sys(err, "%s: map '%s' cannot be read", m->path,
				    bpf_map__name(src->map));
		for (size_t k = 0; !err && k < d.n; k++) {
			struct mem_row *row;
			uint32_t key;

			memcpy(&key, d.keys + k * d.key_size, sizeof(key));
			row = mem_table_add(out, &cap, key);
			for (int f = 0; f < MEM_FIELD_COUNT; f++)
				if (src->fields & (1U << f))
					row->value[f] =
						f == MEM_LAST_UPDATE
							? map_dump_max(&d, k, src->offset[f])
							: map_dump_sum(&d, k, src->offset[f]);
		}
		map_dump_release(&d);
	}
	mem_table_finish(out);
	if (err)
		mem_table_release(out);
	return err;
}

static int read_losses(struct monitor *m, const struct object *o, struct monitor_losses *out)
{
	struct map_dump d;
	int err = map_read(bpf_map__fd(o->layout.losses), MAP_BEST, &d);
	uint64_t *const into[LOSS_FIELD_COUNT] = {&out->ring_full, &out->map_full};

	if (err)
		log_err_sys(err, "%s: map '%s' cannot be read", m->path,
			    bpf_map__name(o->layout.losses));
	for (int f = 0; !err && f < LOSS_FIELD_COUNT; f++) {
		if (!(o->layout.loss_fields & (1U << f)))
			continue;
		*into[f] = 0;
		for (size_t i = 0; i < d.n; i++)
			*into[f] += map_dump_sum(&d, i, o->layout.loss_offset[f]);
	}
	map_dump_release(&d);
	return err;
}

static int object_losses(struct monitor *m, struct monitor_losses *out)
{
	const struct object *o = m->impl;
	struct monitor_cost cost;
	int err = cost_of_object(o->bpf, &cost);

	if (err) {
		log_err_sys(err, "%s: the kernel does not tell about its programs", m->path);
		return err;
	}
	out->recursion_misses = 0;
	for (uint32_t i = 0; i < cost.nprograms; i++)
		out->recursion_misses += cost.programs[i].recursion_misses;
	if (o->ring)
		out->bad_records = ring_bad_records(o->ring);
	return o->layout.losses ? read_losses(m, o, out) : 0;
}

static int object_cost(struct monitor *m, struct monitor_cost *out)
{
	const struct object *o = m->impl;
	int err = cost_of_object(o->bpf, out);

	if (err)
		log_err_sys(err, "%s: the kernel does not tell about its programs", m->path);
	return err;
}

static int object_forget(struct monitor *m, uint32_t key)
{
	const struct object *o = m->impl;

	if (!o->layout.ncounters)
		return -ENOTSUP;
	for (size_t i = 0; i < o->layout.ncounters; i++) {
		struct bpf_map *map = o->layout.counters[i].map;
		int err = bpf_map_delete_elem(bpf_map__fd(map), &key) ? -errno : 0;

		if (!err || err == -ENOENT)
			continue;
		log_err_sys(err, "%s: map '%s': key %u cannot be deleted", m->path,
			    bpf_map__name(map), key);
		return err;
	}
	return 0;
}

static int count_keys(const struct monitor *m, const struct bpf_map *map, uint64_t *n)
{
	struct map_dump d;
	int err = map_read(bpf_map__fd(map), MAP_BEST, &d);

	if (err)
		log_err_sys(err, "%s: map '%s' cannot be read", m->path, bpf_map__name(map));
	*n = d.n;
	map_dump_release(&d);
	return err;
}

/* Of several counter maps, the fullest. */
static int object_fill(struct monitor *m, struct monitor_fill *out)
{
	const struct object *o = m->impl;
	int err = 0;

	for (size_t i = 0; !err && i < o->layout.ncounters; i++) {
		const struct bpf_map *map = o->layout.counters[i].map;
		uint64_t n;

		err = count_keys(m, map, &n);
		if (n >= out->keys) {
			out->keys = n;
			out->keys_max = bpf_map__max_entries(map);
		}
	}
	if (o->ring)
		ring_fill(o->ring, &out->ring_pending, &out->ring_bytes);
	return err;
}

static size_t object_event_fds(const struct monitor *m, int *fds, size_t max)
{
	const struct object *o = m->impl;

	if (o->ring && max)
		*fds = ring_event_fd(o->ring);
	return o->ring != NULL;
}

static void object_extras(const struct monitor *m, struct strbuf *out)
{
	const struct object *o = m->impl;
	struct bpf_program *p;
	const struct bpf_map *map;

	if (o->layout.event_assumed)
		strbuf_addf(
			out,
			"struct %s is not in its BTF; the layout of bpf/memmon/memmon.h is taken\n",
			m->manifest.events.type);
	bpf_object__for_each_map (map, o->bpf) {
		const char *type = libbpf_bpf_map_type_str(bpf_map__type(map));

		if (!strchr(bpf_map__name(map), '.') && !layout_uses(&o->layout, map))
			strbuf_addf(out, "map %s (%s, %u entries)\n", bpf_map__name(map),
				    type ? type : "unknown", bpf_map__max_entries(map));
	}
	bpf_object__for_each_program (p, o->bpf) {
		if (!layout_expects(&m->manifest, p))
			strbuf_addf(out, "program %s on %s\n", bpf_program__name(p),
				    bpf_program__section_name(p));
	}
	strbuf_addstr(out, o->unattached.s);
}

static void object_close(struct monitor *m)
{
	struct object *o = m->impl;

	if (!o)
		return;
	ring_close(o->ring);
	strbuf_release(&o->unattached);
	bpf_object__close(o->bpf);
	free(o);
	m->impl = NULL;
}

static const struct monitor_backend object_backend = {
	.attach = object_attach,
	.poll = object_poll,
	.snapshot = object_snapshot,
	.detach = object_detach,
	.forget = object_forget,
	.fill = object_fill,
	.event_fds = object_event_fds,
	.losses = object_losses,
	.cost = object_cost,
	.extras = object_extras,
	.close = object_close,
};

struct bpf_object *monitor_bpf_object(const struct monitor *m)
{
	const struct object *o = m->impl;

	return m->ops == &object_backend ? o->bpf : NULL;
}

size_t monitor_programs(const struct monitor *m, struct object_program *out, size_t max)
{
	const struct bpf_object *obj = monitor_bpf_object(m);
	struct bpf_program *p;
	size_t n = 0;

	if (!obj)
		return 0;
	bpf_object__for_each_program (p, obj) {
		if (n < max)
			out[n] = (struct object_program){bpf_program__name(p),
							 bpf_program__section_name(p),
							 bpf_program__type(p), bpf_program__fd(p)};
		n++;
	}
	return n;
}

int monitor_map_fd(const struct monitor *m, const char *name)
{
	const struct bpf_object *obj = monitor_bpf_object(m);
	struct bpf_map *map = obj ? bpf_object__find_map_by_name(obj, name) : NULL;

	return map ? bpf_map__fd(map) : -ENOENT;
}
