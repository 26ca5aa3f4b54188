/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a BPF object tells about itself: losses, cost, how full it is, what it has beyond us. */
#include "lib/base.h"
#include "collector/object_private.h"

#include <bpf/libbpf.h>
#include <string.h>

#include "lib/log.h"
#include "collector/cost.h"
#include "collector/maps.h"
#include "collector/ring.h"
#include "collector/stand_in.h"

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

int object_losses(struct monitor *m, struct monitor_losses *out)
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

int object_cost(struct monitor *m, struct monitor_cost *out)
{
	const struct object *o = m->impl;
	int err = cost_of_object(o->bpf, out);

	if (err)
		log_err_sys(err, "%s: the kernel does not tell about its programs", m->path);
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
int object_fill(struct monitor *m, struct monitor_fill *out)
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

void object_extras(const struct monitor *m, struct strbuf *out)
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
		if (!layout_expects(&m->manifest, p) && !stand_in_is(o->bpf, p))
			strbuf_addf(out, "program %s on %s\n", bpf_program__name(p),
				    bpf_program__section_name(p));
	}
	strbuf_addstr(out, o->unattached.s);
}
