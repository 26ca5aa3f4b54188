/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens a BPF object, tells it what to watch and how large its rings are, and loads it. */
#include "lib/base.h"
#include "collector/object_private.h"

#include <bpf/libbpf.h>
#include <stdlib.h>

#include "lib/log.h"
#include "collector/elf_check.h"
#include "collector/object_error.h"
#include "collector/rings.h"
#include "collector/stand_in.h"

/* An object that has this u64 among its read-only data watches only the cgroup we write there. */
#define CGROUP_VARIABLE "beebench_cgroup_id"
/* And those below it, when it has this one, too: at which level below the root that cgroup is. */
#define LEVEL_VARIABLE	"beebench_cgroup_level"
/* The same, for the size of each of its rings. */
#define RING_VARIABLE	"beebench_ring_bytes"

/* Sets one of the object's constants, where it has it. 0, -ENOENT or another -errno. */
static int set_constant(const struct object *o, const char *name, uint64_t value)
{
	struct variable v = variable_find(o->bpf, ".rodata", name, sizeof(value));

	return v.map ? variable_init(&v, &value) : -ENOENT;
}

/* Tells the object which cgroup to watch, when it can be told. */
static int set_target(struct monitor *m, struct object *o, const struct monitor_target *target)
{
	int err = target->cgroup_id ? set_constant(o, CGROUP_VARIABLE, target->cgroup_id) : -ENOENT;

	if (!err) {
		m->info.caps |= MONITOR_CGROUP;
		if (target->cgroup_level && !set_constant(o, LEVEL_VARIABLE, target->cgroup_level))
			m->info.caps |= MONITOR_BELOW;
	} else if (err != -ENOENT) {
		log_err_sys(err, "%s: cannot set %s", m->path, CGROUP_VARIABLE);
	}
	return err == -ENOENT ? 0 : err;
}

/* How many rings there will be, and how large they are; the object may want to know that. */
static int size_rings(struct monitor *m, struct object *o, const struct monitor_target *target)
{
	int n = libbpf_num_possible_cpus(), err;

	if (n < 0)
		return n;
	o->ring_bytes = target->ring_bytes ? target->ring_bytes : rings_default_bytes((size_t)n);
	o->ring_fds = calloc((size_t)n, sizeof(*o->ring_fds));
	if (!o->ring_fds)
		return -ENOMEM;
	if (!rings_size_is_good(o->ring_bytes)) {
		log_err("%s: rings of %llu bytes: a power of two and whole pages are expected",
			m->path, (unsigned long long)o->ring_bytes);
		return -EINVAL;
	}
	o->nrings = (size_t)n;
	err = bpf_map__set_max_entries(o->ring_array, (uint32_t)n);
	if (!err)
		err = set_constant(o, RING_VARIABLE, o->ring_bytes);
	if (err && err != -ENOENT)
		log_err_sys(err, "%s: cannot be told of its %d rings", m->path, n);
	return err == -ENOENT ? 0 : err;
}

static int make_rings(struct monitor *m, struct object *o)
{
	int err = rings_make(bpf_map__fd(o->ring_array), bpf_map__name(o->ring_array),
			     o->ring_bytes, o->ring_fds, o->nrings);

	if (!err)
		return 0;
	log_err_sys(err, "%s: no rings of %llu bytes for %zu CPUs", m->path,
		    (unsigned long long)o->ring_bytes, o->nrings);
	o->nrings = 0;
	return err;
}

static void fill_info(struct monitor *m, const struct object *o)
{
	struct monitor_info *info = &m->info;

	for (size_t i = 0; i < o->layout.ncounters; i++) {
		info->fields |= o->layout.counters[i].fields;
		info->map_entries = bpf_map__max_entries(o->layout.counters[i].map);
	}
	info->fields |= o->layout.rows.fields;
	if (o->layout.ncounters || o->layout.rows.iterator)
		info->caps |= MONITOR_COUNTERS;
	if (o->layout.ring) {
		info->caps |= MONITOR_EVENTS;
		info->ring_bytes = o->layout.ring_per_cpu ? o->ring_bytes
							  : bpf_map__max_entries(o->layout.ring);
		info->rings = o->layout.ring_per_cpu ? (uint32_t)o->nrings : 1;
	}
	if (o->layout.losses)
		info->caps |= MONITOR_LOSSES;
	if (!(info->caps & (MONITOR_COUNTERS | MONITOR_EVENTS)))
		info->caps |= MONITOR_NULL;
}

/* An object without a manifest is of the subject whose mark it has; memory is what is said to lack
 * when it has none. */
static void know_subject(struct monitor *m, const struct object *o)
{
	const struct vocabulary *const *v = vocabularies();

	while (*v && !((*v)->mark && bpf_object__find_map_by_name(o->bpf, (*v)->mark)))
		v++;
	if (!*v || *v == m->manifest.words)
		return;
	manifest_release(&m->manifest);
	manifest_defaults(&m->manifest, *v);
	m->info.words = *v;
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
	stand_in_choose(o->bpf);
	if (bare)
		return 0;
	if (!m->manifest.file)
		know_subject(m, o);
	return layout_resolve(&o->layout, o->bpf, &m->manifest, m->path);
}

/* The array of rings that is to be filled: also of an object whose names nobody knows. */
static struct bpf_map *find_ring_array(const struct object *o)
{
	struct bpf_map *map;

	if (o->layout.ring)
		return o->layout.ring_per_cpu ? o->layout.ring : NULL;
	bpf_object__for_each_map (map, o->bpf)
		if (layout_is_ring_array(map))
			return map;
	return NULL;
}

static int load(struct monitor *m, struct object *o, const struct monitor_target *target)
{
	int err = set_target(m, o, target);

	o->ring_array = find_ring_array(o);
	if (!err && o->ring_array)
		err = size_rings(m, o, target);
	if (err)
		return err;
	object_listen();
	err = bpf_object__load(o->bpf);
	if (err)
		return object_explain_load(m->path, err);
	return o->ring_array ? make_rings(m, o) : 0;
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
