/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The monitor that is a BPF object, once it is loaded: attach, read, detach. */
#include "lib/base.h"
#include "collector/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "collector/object_error.h"
#include "collector/object_private.h"
#include "collector/snapshot.h"
#include "collector/tracefs.h"

int object_need_ring(const struct monitor *m, struct object *o)
{
	int fd = o->layout.ring ? bpf_map__fd(o->layout.ring) : -1, err;

	if (o->ring || !o->layout.ring)
		return 0;
	err = o->layout.ring_per_cpu ? ring_open(&o->ring, o->ring_fds, o->nrings, &o->layout.event)
				     : ring_open(&o->ring, &fd, 1, &o->layout.event);
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
		bpf_link__destroy(o->links[i]);
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

static int attach_program(struct monitor *m, struct object *o, struct bpf_program *p)
{
	struct bpf_link *link;
	int err;

	/* SEC("?..") is not loaded; an iterator is run when its rows are wanted. */
	if (bpf_program__fd(p) < 0 || is_iterator(p))
		return 0;
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
	bool tracefs = false;
	int err;

	/* libbpf looks only classic tracepoints up there. */
	bpf_object__for_each_program (p, o->bpf) {
		tracefs |=
			bpf_program__fd(p) >= 0 && bpf_program__type(p) == BPF_PROG_TYPE_TRACEPOINT;
		n++;
	}
	err = tracefs ? tracefs_ensure() : 0;
	if (err)
		return err;
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
	bpf_link__destroy(o->iterator);
	strbuf_release(&o->unattached);
	bpf_object__close(o->bpf);
	free(o);
	m->impl = NULL;
}

const struct monitor_backend object_backend = {
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
	.close = object_close,
};

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
				bpf_program__type(p), bpf_program__fd(p), is_iterator(p)};
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

int monitor_rows_program(const struct monitor *m, size_t *row_bytes)
{
	const struct object *o = m->ops == &object_backend ? m->impl : NULL;

	if (!o || !o->layout.rows.iterator || o->layout.rows.key || o->layout.rows.size % 8)
		return -ENOTSUP;
	*row_bytes = o->layout.rows.size;
	return bpf_program__fd(o->layout.rows.iterator);
}
