/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The monitor that is a BPF object. Opened by libbpf: its layout is learnt from its BTF
 * (layout.c), its constants are told which cgroup to watch and how large its rings are, then it is
 * loaded. Attaching is libbpf's, program by program. Counters are read from maps or an iterator
 * (snapshot.c), records from its ring or rings (ring.c); losses and costs out of its own maps and
 * the kernel's books (cost.c).
 */
#include "lib/base.h"
#include "collector/object.h"
#include "collector/events_btf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/rights.h"
#include "lib/huge_page.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/why.h"
#include "collector/stand_in.h"
#include "collector/cost.h"
#include "collector/elf_check.h"
#include "collector/figure_map.h"
#include "collector/maps.h"
#include "collector/object_error.h"
#include "collector/program.h"
#include "collector/ring.h"
#include "bpf/ring/mapped_ring.h"
#include "collector/snapshot.h"
#include "collector/usdt_layout.h"
#include "collector/features.h"

/* Its state. */
struct object {
	struct bpf_object *bpf;
	struct layout layout;
	struct ring *ring;	 /* NULL until somebody reads it */
	struct departed *before; /* between monitor_rows_begin() and the end */
	bool silent;		 /* no record was written since the start */
	/* Rings that we make, one for each CPU; NULL: the object has its own or none. */
	struct bpf_map *ring_array;
	bool rings_mapped; /* known before it is loaded: libbpf forgets then what the array holds */
	uint64_t ring_bytes;
	int *ring_fds;
	size_t nrings;
	struct program_link *iterator; /* made at the first snapshot */
	struct rows_of *rows_of;       /* NULL: it has none, or it is not wanted */
	struct program_link **links;   /* @nlinks */
	size_t nlinks;
	struct figure_record record; /* fields that the manifest gives a meaning */
	struct names unattached;     /* programs whose sections name no place */
};

/* Maps the event ring, or those of all CPUs, when the first wants to read it: mapped memory is
 * resident, and who only wants counters does without. 0, also when there is no ring, or -errno
 * after saying why. */
static int object_need_ring(const struct monitor *m, struct object *o)
{
	int fd = o->layout.ring ? bpf_map__fd(o->layout.ring) : -1, err;
	int wake_fd = o->layout.wake ? bpf_map__fd(o->layout.wake) : -1;

	if (o->ring || !o->layout.ring)
		return 0;
	err = o->layout.ring_per_cpu
		      ? ring_open(&o->ring, o->ring_fds, o->nrings, wake_fd, &o->layout.event)
		      : ring_open(&o->ring, &fd, 1, wake_fd, &o->layout.event);
	if (err)
		log_err_sys(err, "%s: its ring buffer '%s' cannot be read", m->path,
			    bpf_map__name(o->layout.ring));
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

	/* The last first: an object has what others of it rely on before them. */
	for (size_t i = o->nlinks; i--;)
		program_link_destroy(o->links[i]);
	free(o->links);
	o->links = NULL;
	o->nlinks = 0;
	wait_for_programs();
	return 0;
}

static bool is_iterator(const struct bpf_program *p)
{
	return bpf_program__expected_attach_type(p) == BPF_TRACE_ITER;
}

/* Once, however many trials a monitor has. */
static void tell_unattached(const struct monitor *m, const struct bpf_program *p)
{
	static struct names told;
	struct strbuf line = STRBUF_INIT;
	size_t before = told.n;

	strbuf_addf(&line,
		    "%s: program %s is loaded and not attached: its section \"%s\" names no place",
		    m->path, bpf_program__name(p), bpf_program__section_name(p));
	names_add(&told, line.s);
	if (told.n > before)
		log_warn("%s", line.s);
	strbuf_release(&line);
}

static int attach_program(struct monitor *m, struct object *o, struct bpf_program *p)
{
	struct program_link *link;
	int err;

	/* SEC("?..") is not loaded; an iterator and its like are run when rows are wanted.
	 */
	if (program_fd(p) < 0 || is_iterator(p) || rows_of_is(o->rows_of, p))
		return 0;
	object_listen();
	link = RIGHTS_RAISED(program_attach(p));
	err = link ? 0 : -errno;
	if (err == -EOPNOTSUPP) { /* its section names no place */
		names_add(&o->unattached, bpf_program__name(p));
		tell_unattached(m, p);
		return 0;
	}
	if (err)
		return object_explain_attach(m->path, bpf_program__name(p),
					     bpf_program__section_name(p), err);
	o->links[o->nlinks++] = link;
	return 0;
}

/* Runs an object's iterator of that name, once, when all is attached: it looks at what was there
 * before. */
static int begin(const struct monitor *m, const struct object *o)
{
	struct bpf_program *p = bpf_object__find_program_by_name(o->bpf, LAYOUT_BEGIN_PROGRAM);
	struct program_link *link = NULL;
	struct strbuf nothing = STRBUF_INIT;
	int err;

	if (!p || program_fd(p) < 0 || !is_iterator(p))
		return 0;
	err = snapshot_run(&link, p, &nothing);
	if (err)
		log_err_sys(err, "%s: its iterator '%s' cannot be run", m->path,
			    LAYOUT_BEGIN_PROGRAM);
	program_link_destroy(link);
	strbuf_release(&nothing);
	return err;
}

static int object_attach(struct monitor *m)
{
	struct object *o = m->impl;
	struct bpf_program *p;
	size_t n = 0;
	bool tracefs = false;
	int err;

	/* libbpf looks only classic tracepoints up there; a program that stands in on other kernels
	 * is not loaded. */
	bpf_object__for_each_program (p, o->bpf) {
		tracefs |= program_fd(p) >= 0 && bpf_program__type(p) == BPF_PROG_TYPE_TRACEPOINT;
		n++;
	}
	err = tracefs ? tracefs_ensure(m->why) : 0;
	if (err)
		return err;
	o->links = calloc(n ? n : 1, sizeof(struct program_link *));
	if (!o->links)
		return -ENOMEM;
	bpf_object__for_each_program (p, o->bpf) {
		err = attach_program(m, o, p);
		if (err) {
			object_detach(m);
			return err;
		}
	}
	err = begin(m, o);
	if (err)
		object_detach(m);
	return err;
}

static int object_poll(struct monitor *m, int timeout_ms, monitor_event_fn fn, void *arg)
{
	struct object *o = m->impl;
	int err = object_need_ring(m, o);

	if (err)
		return err;
	if (o->ring)
		return ring_poll(o->ring, timeout_ms, fn, arg);
	if (timeout_ms > 0)
		usleep((useconds_t)timeout_ms * 1000);
	return 0;
}

static int object_snapshot(struct monitor *m, struct counter_table *out)
{
	struct object *o = m->impl;
	int err = o->layout.rows.iterator ? snapshot_rows(&o->layout, &o->iterator, m->path, out)
					  : snapshot_maps(&o->layout, m->path, out);

	if (err)
		counter_table_release(out);
	return err;
}

static int object_take_ended(struct monitor *m, struct counter_table *out)
{
	const struct object *o = m->impl;

	return o->layout.rows.ended ? snapshot_take_ended(&o->layout, m->path, out) : -ENOTSUP;
}

static int object_set_events(struct monitor *m, bool on)
{
	struct object *o = m->impl;
	int err = o->layout.event_switch.map ? variable_set_u32(&o->layout.event_switch, on)
					     : -ENOTSUP;

	if (err && err != -ENOTSUP)
		log_err_sys(err, "%s: the switch of its events cannot be written", m->path);
	if (!err)
		o->silent = !on && (o->silent || !m->attached);
	return err;
}

static int object_forget(struct monitor *m, uint32_t key)
{
	const struct object *o = m->impl;

	if (o->layout.rows.iterator)
		return 0;
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

static size_t object_event_fds(const struct monitor *m, int *fds, size_t max)
{
	struct object *o = m->impl;

	if (object_need_ring(m, o))
		return 0;
	if (o->ring && max)
		*fds = ring_event_fd(o->ring);
	return o->ring != NULL;
}

static void object_close(struct monitor *m)
{
	struct object *o = m->impl;

	if (!o)
		return;
	ring_close(o->ring);
	snapshot_forget(o->before);
	for (size_t i = 0; i < o->nrings; i++)
		close(o->ring_fds[i]);
	free(o->ring_fds);
	program_link_destroy(o->iterator);
	rows_of_close(o->rows_of);
	names_release(&o->unattached);
	figure_record_release(&o->record);
	program_forget(o->bpf);
	bpf_object__close(o->bpf);
	free(o);
	m->impl = NULL;
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
	if (o->layout.ring)
		out->bad_records = o->ring ? ring_bad_records(o->ring) : 0;
	return o->layout.losses ? read_losses(m, o, out) : 0;
}

static int object_cost(struct monitor *m, struct monitor_cost *out)
{
	const struct object *o = m->impl;
	int err = cost_of_object(o->bpf, out);

	if (err)
		log_err_sys(err, "%s: the kernel does not tell about its programs", m->path);
	for (uint32_t i = 0; i < out->nprograms; i++)
		out->programs[i].unattached =
			names_find(&o->unattached, out->programs[i].name) < o->unattached.n;
	return err;
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
	struct object *o = m->impl;
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
	if (!err && o->layout.rows.ended) {
		err = count_keys(m, o->layout.rows.ended, &out->ended);
		out->ended_max = bpf_map__max_entries(o->layout.rows.ended);
	}
	if (!o->silent && !err)
		err = object_need_ring(m, o);
	if (o->ring)
		ring_fill(o->ring, &out->ring_pending, &out->ring_bytes);
	else
		out->ring_bytes = m->info.ring_bytes * m->info.rings;
	return err;
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

		if (!strchr(bpf_map__name(map), '.') && !layout_uses(&o->layout, map) &&
		    !figure_map_uses(&m->manifest, bpf_map__name(map)))
			strbuf_addf(out, "map %s (%s, %u entries)\n", bpf_map__name(map),
				    type ? type : "unknown", bpf_map__max_entries(map));
	}
	bpf_object__for_each_program (p, o->bpf) {
		if (!layout_expects(&m->manifest, p) && !stand_in_is(o->bpf, p))
			strbuf_addf(out, "program %s on %s\n", bpf_program__name(p),
				    bpf_program__section_name(p));
	}
	for (size_t i = 0; i < o->unattached.n; i++)
		strbuf_addf(out, "program %s cannot attach itself: only loaded\n",
			    o->unattached.v[i]);
}

static int object_figures_fit(const struct monitor *m, const struct figure_wish *wishes, size_t n,
			      struct strbuf *why)
{
	const struct object *o = m->impl;

	return figure_map_fit(o->bpf, &m->manifest, m->path, wishes, n, why);
}

static int object_figures(struct monitor *m, const struct figure_wish *wishes, size_t n,
			  struct figures *out)
{
	const struct object *o = m->impl;

	return figure_map_read(o->bpf, &m->manifest, m->path, wishes, n, out);
}

static void object_figures_event(const struct monitor *m, const void *record, size_t bytes,
				 struct figures *out)
{
	const struct object *o = m->impl;

	figure_record_read(&o->record, record, bytes, out);
}

static const struct figure_record_field *object_record(const struct monitor *m, size_t *n)
{
	const struct object *o = m->impl;

	*n = o->record.n;
	return o->record.field;
}

static const struct monitor_backend object_backend = {
	.attach = object_attach,
	.poll = object_poll,
	.snapshot = object_snapshot,
	.detach = object_detach,
	.set_events = object_set_events,
	.take_ended = object_take_ended,
	.forget = object_forget,
	.fill = object_fill,
	.event_fds = object_event_fds,
	.losses = object_losses,
	.cost = object_cost,
	.extras = object_extras,
	.figures_fit = object_figures_fit,
	.figures = object_figures,
	.figures_event = object_figures_event,
	.record = object_record,
	.close = object_close,
};

bool monitor_tells_rows_of(const struct monitor *m)
{
	const struct object *o = m->ops == &object_backend ? m->impl : NULL;

	return o && o->rows_of;
}

int monitor_rows_of(struct monitor *m, const uint32_t *pids, size_t n, struct counter_table *out)
{
	struct object *o = m->impl;
	int err;

	*out = counter_table_new(m->info.words, m->info.fields, sizeof(uint32_t));
	err = snapshot_rows_of(&o->layout, o->rows_of, pids, n, m->path, out);
	if (!err)
		return 0;
	counter_table_release(out);
	return monitor_snapshot(m, out);
}

int monitor_rows_begin(struct monitor *m)
{
	struct object *o = m->impl;

	snapshot_forget(o->before);
	o->before = NULL;
	return snapshot_rows_begin(&o->layout, m->path, &o->before);
}

int monitor_rows_end(struct monitor *m, const void *data, size_t len, struct counter_table *out)
{
	struct object *o = m->impl;
	struct departed *before = o->before;
	int err;

	*out = counter_table_new(m->info.words, m->info.fields, sizeof(uint32_t));
	o->before = NULL;
	err = before ? snapshot_rows_end(&o->layout, m->path, before, data, len, out) : -EINVAL;
	if (err)
		counter_table_release(out);
	return err;
}

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
			out[n] = (struct object_program){
				bpf_program__name(p), bpf_program__section_name(p),
				bpf_program__type(p), program_fd(p), is_iterator(p)};
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

struct object_rings monitor_rings(const struct monitor *m)
{
	const struct object *o = m->ops == &object_backend ? m->impl : NULL;

	if (!o || !o->ring_array)
		return (struct object_rings){NULL};
	return (struct object_rings){o->ring_array, o->rings_mapped, o->ring_fds, o->nrings,
				     o->ring_bytes};
}

int monitor_rows_program(const struct monitor *m, size_t *row_bytes)
{
	const struct object *o = m->ops == &object_backend ? m->impl : NULL;

	if (!o || !o->layout.rows.iterator || o->layout.rows.key || o->layout.rows.size % 8)
		return -ENOTSUP;
	*row_bytes = o->layout.rows.size;
	return program_fd(o->layout.rows.iterator);
}

/* An object that has this u64 among its read-only data watches only the cgroup we write there. */
#define CGROUP_VARIABLE "beebench_cgroup_id"
/* And those below it, when it has this one, too: at which level below the root that cgroup is. */
#define LEVEL_VARIABLE	"beebench_cgroup_level"
/* The same, for the size of each of its rings. */
#define RING_VARIABLE	"beebench_ring_bytes"
/* The same, for the size of a page, and of the default huge page. */
#define PAGE_VARIABLE	"beebench_page_bytes"
#define HUGE_VARIABLE	"beebench_huge_bytes"
/* The same, 1: the kernel takes callbacks, which one that compiles no programs does not. */
#define CALL_VARIABLE	"beebench_callbacks"

/* Sets one of the object's constants, where it has it. 0, -ENOENT or another -errno. */
static int set_constant(const struct object *o, const char *name, uint64_t value)
{
	struct variable v = variable_find(o->bpf, ".rodata", name, sizeof(value));

	return v.map ? variable_init(&v, &value) : -ENOENT;
}

static int set_size(struct monitor *m, const struct object *o, const char *name, uint64_t bytes)
{
	int err = set_constant(o, name, bytes);

	if (err && err != -ENOENT)
		why_err_sys(m->why, err, "%s: cannot set %s", m->path, name);
	return err == -ENOENT ? 0 : err;
}

static bool asks(const struct object *o, const char *name)
{
	return variable_find(o->bpf, ".rodata", name, sizeof(uint64_t)).map;
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
		why_err_sys(m->why, err, "%s: cannot set %s", m->path, CGROUP_VARIABLE);
	}
	return err == -ENOENT ? 0 : err;
}

/* The program itself puts records into a mapped ring, by the size that it knows: where it cannot be
 * told another one, the ring is as large as the object says. */
static uint64_t bytes_of_rings(const struct object *o, const struct monitor_target *target,
			       size_t n)
{
	if (o->rings_mapped && !asks(o, RING_VARIABLE))
		return bpf_map__value_size(bpf_map__inner_map(o->ring_array)) -
		       (uint64_t)MAPPED_RING_VALUE(0);
	return target->ring_bytes ? target->ring_bytes : rings_default_bytes(n);
}

/* How many rings there will be, and how large they are; the object may want to know that. */
static int size_rings(struct monitor *m, struct object *o, const struct monitor_target *target)
{
	int n = libbpf_num_possible_cpus(), err;

	if (n < 0)
		return n;
	o->ring_bytes = bytes_of_rings(o, target, (size_t)n);
	o->ring_fds = calloc((size_t)n, sizeof(*o->ring_fds));
	if (!o->ring_fds)
		return -ENOMEM;
	if (!rings_size_is_good(o->ring_bytes)) {
		why_err(m->why,
			"%s: map '%s' is of rings of %lld bytes: a power of two and whole pages "
			"are expected",
			m->path, bpf_map__name(o->ring_array), (long long)o->ring_bytes);
		return -EINVAL;
	}
	o->nrings = (size_t)n;
	err = bpf_map__set_max_entries(o->ring_array, (uint32_t)n);
	if (!err && o->rings_mapped)
		err = bpf_map__set_value_size(bpf_map__inner_map(o->ring_array),
					      (uint32_t)MAPPED_RING_VALUE(o->ring_bytes));
	if (!err)
		err = set_constant(o, RING_VARIABLE, o->ring_bytes);
	if (err && err != -ENOENT)
		why_err_sys(m->why, err, "%s: cannot be told of its %d rings", m->path, n);
	return err == -ENOENT ? 0 : err;
}

static int make_rings(struct monitor *m, struct object *o)
{
	int err = rings_make(bpf_map__fd(o->ring_array), bpf_map__name(o->ring_array),
			     o->rings_mapped, o->ring_bytes, o->ring_fds, o->nrings);

	if (!err)
		return 0;
	why_err_sys(m->why, err, "%s: no rings of %llu bytes for %zu CPUs", m->path,
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
	info->narrow = o->layout.narrow & info->fields;
	if (o->layout.ncounters || o->layout.rows.iterator)
		info->caps |= MONITOR_COUNTERS;
	if (o->layout.ring) {
		info->caps |= MONITOR_EVENTS;
		info->ring_bytes = o->layout.ring_per_cpu ? o->ring_bytes
							  : bpf_map__max_entries(o->layout.ring);
		info->event_fields = o->layout.event.fields;
		info->event_kinds = m->manifest.events.kinds;
		info->comm_bytes = (uint8_t)o->layout.event.bytes[EVENT_COMM];
		for (size_t i = 0; i < info->words->nvalues; i++)
			info->value_bytes[i] = (uint8_t)o->layout.event.bytes[EVENT_COMMON + i];
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
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	int err = elf_check_file(m->path, m->why);

	if (err)
		return err;
	object_listen();
	opts.btf_custom_path = events_btf();
	o->bpf = bpf_object__open_file(m->path, &opts);
	if (!o->bpf) {
		err = -errno;
		return object_explain_load(m->path, o->bpf, err, m->why);
	}
	stand_in_choose(o->bpf);
	err = usdt_layout_check(o->bpf, m->path, m->why);
	if (err || bare)
		return err;
	if (!m->manifest.file && !m->means)
		know_subject(m, o);
	err = layout_resolve(&o->layout, o->bpf, &m->manifest, m->path, m->why);
	if (!err && m->means)
		err = figure_record_find(o->bpf, &m->manifest, m->path, &o->record, m->why);
	return err;
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
	int err = set_size(m, o, PAGE_VARIABLE, (uint64_t)sysconf(_SC_PAGESIZE));

	if (!err)
		err = set_size(m, o, HUGE_VARIABLE, huge_page_default());
	if (!err && asks(o, CALL_VARIABLE) && !feature_callback())
		err = set_size(m, o, CALL_VARIABLE, 1);
	if (!err)
		err = set_target(m, o, target);
	o->ring_array = find_ring_array(o);
	o->rings_mapped = o->ring_array && layout_has_mapped_rings(o->ring_array);
	if (!err && o->ring_array)
		err = size_rings(m, o, target);
	if (err)
		return err;
	if (!target->apart || program_load_apart(o->bpf)) {
		object_listen();
		err = bpf_object__load(o->bpf);
	}
	if (err)
		return object_explain_load(m->path, o->bpf, err, m->why);
	return o->ring_array ? make_rings(m, o) : 0;
}

/* @rows_of: with the program that tells rows of some, if it has one. */
static int open_once(struct monitor *m, const struct monitor_target *target, bool rows_of)
{
	struct object *o = calloc(1, sizeof(*o));
	const char *iterator;
	int err;

	if (!o)
		return -ENOMEM;
	m->impl = o;
	m->ops = &object_backend;
	err = open_file(m, o, target && target->bare);
	iterator = m->manifest.counters.iterator;
	rows_of = !err && iterator && rows_of_choose(o->bpf, iterator, rows_of);
	if (!err)
		err = load(m, o, target);
	if (!err && rows_of)
		err = rows_of_open(&o->rows_of, o->bpf, iterator);
	if (!err)
		fill_info(m, o);
	return err;
}

int object_open(struct monitor *m, const struct monitor_target *target)
{
	struct strbuf untold = STRBUF_INIT, *why = m->why;
	int err;

	if (!target || !target->rows_of)
		return open_once(m, target, false);
	/* What is only cheaper is no reason to go without: who fails with it is tried without it,
	 * and says why then. */
	m->why = &untold;
	err = open_once(m, target, true);
	m->why = why;
	strbuf_release(&untold);
	if (!err)
		return 0;
	object_close(m);
	return open_once(m, target, false);
}
