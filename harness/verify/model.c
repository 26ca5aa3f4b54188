/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The memory monitor's definition, replayed over a ledger. */
#include "lib/base.h"
#include "harness/verify/model.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/memmon/memmon.h"

bool model_call_failed(const struct ledger_entry *e)
{
	if (e->op == LEDGER_BRK)
		return e->addr && (uint64_t)e->ret != e->addr;
	/* The kernel keeps the last page of addresses for errors (MAX_ERRNO, linux/err.h). */
	return e->ret < 0 && e->ret >= -4095;
}

void model_count_call(struct model_totals *t, const struct model_definition *def,
		      const struct ledger_entry *e)
{
	bool failed = model_call_failed(e);

	t->calls[e->op]++;
	t->failed[e->op] += failed;
	if (e->op == LEDGER_MMAP && e->len < def->min_length) {
		t->mmap_filtered++;
		t->mmap_filtered_failed += failed;
	} else if (e->op == LEDGER_MMAP) {
		t->mmap_bytes += e->len;
	} else if (e->op == LEDGER_MUNMAP) {
		t->munmap_bytes += e->len;
	}
}

static void bump(struct model_row *r, enum mem_field f, uint64_t by, struct model_place at)
{
	r->value[f] += by;
	r->last[f] = at;
}

static void replay_call(struct model_row *r, const struct model_definition *def,
			const struct ledger_entry *e, struct model_place at)
{
	switch (e->op) {
	case LEDGER_MMAP:
		bump(r, MEM_MMAP_SEEN, 1, at);
		if (e->len < def->min_length)
			return;
		bump(r, MEM_MMAP_COUNT, 1, at);
		bump(r, MEM_MMAP_BYTES, e->len, at);
		bump(r, MEM_CURRENT_USAGE, e->len, at);
		if (r->value[MEM_CURRENT_USAGE] > r->value[MEM_PEAK_USAGE]) {
			r->value[MEM_PEAK_USAGE] = r->value[MEM_CURRENT_USAGE];
			r->last[MEM_PEAK_USAGE] = at;
		}
		return;
	case LEDGER_MUNMAP:
		bump(r, MEM_MUNMAP_COUNT, 1, at);
		bump(r, MEM_MUNMAP_BYTES, e->len, at);
		if (r->value[MEM_CURRENT_USAGE] >= e->len) {
			r->value[MEM_CURRENT_USAGE] -= e->len;
			r->last[MEM_CURRENT_USAGE] = at;
		}
		return;
	case LEDGER_BRK: bump(r, MEM_BRK_COUNT, 1, at); return;
	default: return; /* mremap: no tracepoint of the definition sees it */
	}
}

static bool makes_event(const struct model_definition *def, const struct ledger_entry *e,
			struct model_event *out)
{
	static const uint8_t type[] = {
		[LEDGER_MMAP] = MEM_EVENT_MMAP,
		[LEDGER_MUNMAP] = MEM_EVENT_MUNMAP,
		[LEDGER_BRK] = MEM_EVENT_BRK,
	};

	if (e->op == LEDGER_MREMAP || (e->op == LEDGER_MMAP && e->len < def->min_length))
		return false;
	out->type = type[e->op];
	out->size = e->op == LEDGER_BRK ? 0 : e->len;
	out->address = e->op == LEDGER_BRK ? e->addr : 0;
	return true;
}

static uint32_t key_of(const struct model_definition *def, const struct ledger_lane *lane)
{
	return def->key == MONITOR_KEY_TGID ? lane->tgid : lane->tid;
}

static int by_key(const void *a, const void *b)
{
	uint32_t ka = ((const struct model_row *)a)->key, kb = ((const struct model_row *)b)->key;

	return ka < kb ? -1 : ka > kb;
}

const struct model_row *model_find(const struct model *m, uint32_t key)
{
	struct model_row want = {.key = key};

	return m->nrows ? bsearch(&want, m->rows, m->nrows, sizeof(want), by_key) : NULL;
}

/* One row per key, empty. */
static void make_rows(struct model *m)
{
	for (size_t i = 0; i < m->nlanes; i++)
		m->rows[i].key = key_of(&m->def, m->lanes[i].lane);
	qsort(m->rows, m->nlanes, sizeof(*m->rows), by_key);
	for (size_t i = 0; i < m->nlanes; i++)
		if (!m->nrows || m->rows[m->nrows - 1].key != m->rows[i].key)
			m->rows[m->nrows++].key = m->rows[i].key;
}

/*
 * What is certain of usage and peak when lanes interleave in an unknown order: a munmap that would
 * go below zero is skipped, so usage ends at the plain difference or above, and never above all
 * that was mapped.
 */
static void bound_shared_row(struct model_row *r, uint64_t largest)
{
	uint64_t in = r->value[MEM_MMAP_BYTES], out = r->value[MEM_MUNMAP_BYTES];

	r->most_usage = r->value[MEM_CURRENT_USAGE];
	r->most_peak = r->value[MEM_PEAK_USAGE];
	if (r->lanes < 2)
		return;
	r->value[MEM_CURRENT_USAGE] = in > out ? in - out : 0;
	r->value[MEM_PEAK_USAGE] = MAX(r->value[MEM_CURRENT_USAGE], largest);
	r->most_usage = r->most_peak = in;
}

static uint64_t largest_counted_mmap(const struct model *m, uint32_t key)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < m->nlanes; i++) {
		const struct ledger_lane *lane = m->lanes[i].lane;

		for (uint64_t k = 0; key_of(&m->def, lane) == key && k < lane->count; k++) {
			const struct ledger_entry *e = &m->lanes[i].entries[k];

			if (e->op == LEDGER_MMAP && e->len >= m->def.min_length)
				largest = MAX(largest, e->len);
		}
	}
	return largest;
}

static int replay_lane(struct model *m, uint32_t index)
{
	const struct ledger_lane *lane = m->lanes[index].lane;
	struct model_row *row = (struct model_row *)model_find(m, key_of(&m->def, lane));
	struct model_stream *s = &m->streams[index];

	s->lane = index;
	s->tid = lane->tid;
	s->tgid = lane->tgid;
	memcpy(s->comm, lane->comm, sizeof(s->comm));
	s->events = calloc(lane->count + 1, sizeof(*s->events));
	if (!s->events)
		return -ENOMEM;
	row->lanes += lane->count > 0;
	for (uint64_t i = 0; i < lane->count; i++) {
		const struct ledger_entry *e = &m->lanes[index].entries[i];
		struct model_place at = {index, i + 1};

		model_count_call(&m->totals, &m->def, e);
		replay_call(row, &m->def, e, at);
		if (makes_event(&m->def, e, &s->events[s->n]))
			s->events[s->n++].line = i + 1;
	}
	m->nevents += s->n;
	return 0;
}

int model_build(struct model *m, const struct model_definition *def, const struct model_lane *lanes,
		size_t nlanes)
{
	int err = 0;

	*m = (struct model){.def = *def, .lanes = lanes, .nlanes = nlanes};
	m->rows = calloc(nlanes + 1, sizeof(*m->rows));
	m->streams = calloc(nlanes + 1, sizeof(*m->streams));
	if (!m->rows || !m->streams)
		return -ENOMEM;
	make_rows(m);
	for (uint32_t i = 0; !err && i < nlanes; i++)
		err = replay_lane(m, i);
	for (size_t i = 0; i < m->nrows; i++)
		bound_shared_row(&m->rows[i], largest_counted_mmap(m, m->rows[i].key));
	return err;
}

void model_release(struct model *m)
{
	for (size_t i = 0; m->streams && i < m->nlanes; i++)
		free(m->streams[i].events);
	free(m->streams);
	free(m->rows);
	*m = (struct model){0};
}
