/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a script or command has printed, as counters, losses and cost. */
#include "lib/base.h"
#include "collector/stream_private.h"

#include <string.h>

#include "lib/log.h"
#include "lib/procfs.h"
#include "collector/bpftrace.h"

int stream_snapshot(struct monitor *m, struct counter_table *out)
{
	struct stream *s = m->impl;

	if (!m->detached) {
		/* Its maps are printed when it ends. */
		log_err("%s: has no counters before it is detached", m->path);
		return -EBUSY;
	}
	if (!s->parsed)
		return -EBADMSG; /* said by stream_detach() */
	for (size_t f = 0; f < out->words->nfields; f++) {
		uint32_t slot = vocabulary_slot(out->words, f);
		const char *name = m->manifest.counters.fields[f];
		const struct bt_map *map = name ? bt_find(&s->result, name) : NULL;

		if (!map)
			continue; /* an empty map is not printed */
		if (map->odd) {
			log_err("%s: map %s: %s", m->path, name, map->odd);
			counter_table_release(out);
			return -EINVAL;
		}
		for (size_t i = 0; i < map->n; i++)
			counter_table_add(out, map->cells[i].key)->value[slot] =
				map->cells[i].value;
	}
	counter_table_finish(out);
	return 0;
}

/* Maps that took no new key any more, and what newer bpftraces say about that. */
static uint64_t full_maps(const struct monitor *m, const struct stream *s)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t n = 0;

	for (size_t i = 0; i < s->result.nmaps && m->info.kind == MONITOR_BPFTRACE; i++)
		n += s->result.maps[i].n >= BPFTRACE_MAP_KEYS;
	strbuf_read_file(&text, s->err);
	for (const char *p = text.s; (p = strstr(p, "Map full")); p++)
		n++;
	strbuf_release(&text);
	return n;
}

int stream_losses(struct monitor *m, struct monitor_losses *out)
{
	const struct stream *s = m->impl;

	if (!s->parsed)
		return 0;
	out->lost_events = s->result.lost_events;
	out->recursion_misses = s->skipped;
	out->map_full = full_maps(m, s);
	out->bad_records = s->result.bad_lines;
	return 0;
}

int stream_cost(struct monitor *m, struct monitor_cost *out)
{
	const struct stream *s = m->impl;
	struct proc_memory mem;
	struct proc_cpu cpu;

	if (s->proc.reaped) {
		const struct rusage *ru = &s->proc.ru;

		out->cpu_ns =
			(uint64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * NSEC_PER_SEC +
			(uint64_t)(ru->ru_utime.tv_usec + ru->ru_stime.tv_usec) * NSEC_PER_USEC;
		out->rss_bytes = (uint64_t)ru->ru_maxrss * 1024;
	} else if (s->started) {
		if (!procfs_cpu("/proc", s->proc.pid, &cpu))
			out->cpu_ns = cpu.user_ns + cpu.system_ns;
		if (!procfs_memory("/proc", s->proc.pid, &mem))
			out->rss_bytes = mem.hwm_bytes;
	}
	return 0;
}

void stream_extras(const struct monitor *m, struct strbuf *out)
{
	const struct stream *s = m->impl;

	for (size_t i = 0; i < s->result.nmaps; i++) {
		bool used = false;

		for (size_t f = 0; f < m->manifest.words->nfields; f++)
			used |= m->manifest.counters.fields[f] &&
				!strcmp(m->manifest.counters.fields[f], s->result.maps[i].name);
		if (!used)
			strbuf_addf(out, "map %s (%zu keys)\n", s->result.maps[i].name,
				    s->result.maps[i].n);
	}
}
