/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A prediction: rows for the keys of the lanes, streams of events, totals of the calls; the subject
 * fills in what they come to.
 */
#include "lib/base.h"
#include "harness/verify/model.h"

#include <stdlib.h>
#include <string.h>

#include "collector/manifest.h"
#include "lib/huge_page.h"

bool model_call_failed(const struct ledger_entry *e)
{
	if (e->op == LEDGER_BRK)
		return e->addr && (uint64_t)e->ret != e->addr;
	/* The kernel keeps the last page of addresses for errors (MAX_ERRNO, linux/err.h). */
	return e->ret < 0 && e->ret >= -4095;
}

bool model_call_worked(const struct ledger_entry *e)
{
	return !model_call_failed(e) && (e->op != LEDGER_BRK || e->addr);
}

uint64_t model_errors(const struct model_totals *t)
{
	return t->failed[LEDGER_MMAP] + t->failed[LEDGER_MUNMAP] + t->failed[LEDGER_MREMAP];
}

uint64_t model_whole_pages(const struct model_definition *def, uint64_t bytes)
{
	uint64_t page = def->page_bytes ? def->page_bytes : 1;

	return (bytes + page - 1) / page * page;
}

uint64_t model_length(const struct model_definition *def, const struct ledger_entry *e)
{
	uint64_t huge = e->op == LEDGER_MMAP && def->page_bytes ? huge_page_bytes(e->flags) : 0;

	return huge ? (e->len + huge - 1) / huge * huge : model_whole_pages(def, e->len);
}

uint64_t model_fields(const struct model_definition *def)
{
	const struct subject_ops *ops = def->subject;
	uint64_t fields = 0;

	if (ops->determines)
		return ops->determines(def);
	for (size_t f = 0; f < ops->words->nfields; f++)
		if (!ops->words->fields[f].clock)
			fields |= 1ULL << f;
	return fields;
}

static void count_worked(struct model_totals *t, const struct model_definition *def,
			 const struct ledger_entry *e)
{
	if (!model_call_worked(e))
		return;
	t->worked[e->op]++;
	if (e->op == LEDGER_MMAP)
		t->worked_mmap_bytes += model_length(def, e);
	else if (e->op == LEDGER_MUNMAP)
		t->worked_munmap_bytes += model_length(def, e);
}

void model_count_call(struct model_totals *t, const struct model_definition *def,
		      const struct ledger_entry *e)
{
	bool failed = model_call_failed(e);

	if (e->op >= LEDGER_OP_COUNT)
		return;
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
	count_worked(t, def, e);
}

uint32_t model_key(const struct model_definition *def, const struct ledger_lane *lane)
{
	return def->key == MONITOR_KEY_TGID ? lane->tgid : lane->tid;
}

static int by_key(const void *a, const void *b)
{
	uint32_t ka = ((const struct model_row *)a)->key, kb = ((const struct model_row *)b)->key;

	return ka < kb ? -1 : ka > kb;
}

const struct model_row *model_find(const struct model *m, uint64_t key)
{
	struct model_row want = {.key = (uint32_t)key};

	if (key != want.key || !m->nrows)
		return NULL;
	return bsearch(&want, m->rows, m->nrows, sizeof(want), by_key);
}

struct model_row *model_row(const struct model *m, uint32_t index)
{
	uint32_t key = model_key(&m->def, m->lanes[index].lane);

	return (struct model_row *)(uintptr_t)model_find(m, key);
}

void model_bump(struct model_row *r, uint32_t slot, uint64_t by, struct model_place at)
{
	r->value[slot] += by;
	r->last[slot] = at;
}

struct model_event *model_event(struct model *m, uint32_t index, uint64_t line)
{
	struct model_stream *s = &m->streams[index];
	struct model_event *e = &s->events[s->n++];

	e->line = line;
	m->nevents++;
	return e;
}

/* One row per key, empty. */
static int make_rows(struct model *m)
{
	size_t slots = vocabulary_slots(m->def.subject->words);
	struct model_place *places;
	uint64_t *values;

	for (size_t i = 0; i < m->nlanes; i++)
		m->rows[i].key = model_key(&m->def, m->lanes[i].lane);
	qsort(m->rows, m->nlanes, sizeof(*m->rows), by_key);
	for (size_t i = 0; i < m->nlanes; i++)
		if (!m->nrows || m->rows[m->nrows - 1].key != m->rows[i].key)
			m->rows[m->nrows++].key = m->rows[i].key;
	m->block = calloc(m->nrows * slots + 1, sizeof(*places) + 2 * sizeof(*values));
	if (!m->block)
		return -ENOMEM;
	places = m->block;
	values = (uint64_t *)(places + m->nrows * slots);
	for (size_t i = 0; i < m->nrows; i++, places += slots, values += 2 * slots) {
		m->rows[i].last = places;
		m->rows[i].value = values;
		m->rows[i].most = values + slots;
	}
	return 0;
}

/* The lane's stream, empty, and its calls in row and totals. */
static int make_stream(struct model *m, uint32_t index)
{
	const struct ledger_lane *lane = m->lanes[index].lane;
	struct model_stream *s = &m->streams[index];

	s->lane = index;
	s->tid = lane->tid;
	s->tgid = lane->tgid;
	memcpy(s->comm, lane->comm, sizeof(s->comm));
	s->events = calloc(lane->count + 1, sizeof(*s->events));
	if (!s->events)
		return -ENOMEM;
	model_row(m, index)->lanes += lane->count > 0;
	for (uint64_t i = 0; i < lane->count; i++)
		model_count_call(&m->totals, &m->def, &m->lanes[index].entries[i]);
	return 0;
}

int model_build(struct model *m, const struct model_definition *def, const struct model_lane *lanes,
		size_t nlanes)
{
	const struct subject_ops *ops = def->subject;
	size_t slots = vocabulary_slots(ops->words);
	int err;

	*m = (struct model){.def = *def, .lanes = lanes, .nlanes = nlanes};
	m->rows = calloc(nlanes + 1, sizeof(*m->rows));
	m->streams = calloc(nlanes + 1, sizeof(*m->streams));
	if (!m->rows || !m->streams)
		return -ENOMEM;
	err = make_rows(m);
	for (uint32_t i = 0; !err && i < nlanes; i++)
		err = make_stream(m, i);
	if (!err && ops->predict)
		err = ops->predict(m);
	/* Where nothing was said of it, a value is certain. */
	for (size_t i = 0; !err && i < m->nrows; i++)
		for (size_t s = 0; s < slots; s++)
			m->rows[i].most[s] = MAX(m->rows[i].most[s], m->rows[i].value[s]);
	return err;
}

static uint64_t low(uint64_t value, uint8_t bytes)
{
	return bytes && bytes < sizeof(value) ? value & ((1ULL << 8 * bytes) - 1) : value;
}

/* The monitor writes events of this one's kind. */
static bool is_offered(const struct vocabulary *words, uint32_t kinds, const struct model_event *e)
{
	bool known = false;

	for (size_t i = 0; i < words->nkinds; i++) {
		bool is = e->value[words->kind_value] == words->kinds[i].code;

		if (is && kinds >> i & 1)
			return true;
		known |= is;
	}
	return !kinds || !known;
}

static void offer_events(struct model *m, struct model_stream *s, const struct monitor_info *info)
{
	const struct vocabulary *words = m->def.subject->words;
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct model_event e = s->events[i];

		if (!is_offered(words, info->event_kinds, &e))
			continue;
		for (size_t v = 0; v < words->nvalues; v++)
			e.value[v] = info->event_fields >> (EVENT_COMMON + v) & 1
					     ? low(e.value[v], info->value_bytes[v])
					     : 0;
		s->events[kept++] = e;
	}
	m->nevents -= s->n - kept;
	s->n = kept;
}

static void offer_counters(struct model *m, uint64_t narrow)
{
	const struct vocabulary *words = m->def.subject->words;

	for (size_t f = 0; f < words->nfields; f++) {
		uint32_t slot = vocabulary_slot(words, f);

		if (!(narrow >> f & 1))
			continue;
		for (size_t i = 0; i < m->nrows; i++) {
			struct model_row *r = &m->rows[i];
			bool certain = r->value[slot] == r->most[slot];

			if (!certain && r->most[slot] > UINT32_MAX) {
				r->value[slot] = 0;
				r->most[slot] = UINT32_MAX;
				continue;
			}
			r->value[slot] = low(r->value[slot], sizeof(uint32_t));
			r->most[slot] = low(r->most[slot], sizeof(uint32_t));
		}
	}
}

void model_offer(struct model *m, const struct monitor_info *info)
{
	for (size_t i = 0; i < m->nlanes && info->caps & MONITOR_EVENTS; i++)
		offer_events(m, &m->streams[i], info);
	offer_counters(m, info->narrow);
}

void model_release(struct model *m)
{
	for (size_t i = 0; m->streams && i < m->nlanes; i++)
		free(m->streams[i].events);
	free(m->streams);
	free(m->rows);
	free(m->block);
	*m = (struct model){0};
}
