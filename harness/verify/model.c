/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The memory monitors' definitions, replayed over a ledger: what they have in common. */
#include "lib/base.h"
#include "harness/verify/model.h"

#include <stdlib.h>
#include <string.h>

#include "harness/verify/model_rules.h"

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

static const struct model_rules *rules_of(const struct model_definition *def)
{
	return def->calls == MONITOR_COMPLETED ? &model_completed : &model_entered;
}

uint32_t model_fields(const struct model_definition *def)
{
	return rules_of(def)->fields;
}

static void count_worked(struct model_totals *t, const struct model_definition *def,
			 const struct ledger_entry *e)
{
	if (!model_call_worked(e))
		return;
	t->worked[e->op]++;
	if (e->op == LEDGER_MMAP)
		t->worked_mmap_bytes += model_whole_pages(def, e->len);
	else if (e->op == LEDGER_MUNMAP)
		t->worked_munmap_bytes += model_whole_pages(def, e->len);
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

const struct model_row *model_find(const struct model *m, uint32_t key)
{
	struct model_row want = {.key = key};

	return m->nrows ? bsearch(&want, m->rows, m->nrows, sizeof(want), by_key) : NULL;
}

/* One row per key, empty. */
static void make_rows(struct model *m)
{
	for (size_t i = 0; i < m->nlanes; i++)
		m->rows[i].key = model_key(&m->def, m->lanes[i].lane);
	qsort(m->rows, m->nlanes, sizeof(*m->rows), by_key);
	for (size_t i = 0; i < m->nlanes; i++)
		if (!m->nrows || m->rows[m->nrows - 1].key != m->rows[i].key)
			m->rows[m->nrows++].key = m->rows[i].key;
}

/* The break of a process as its lanes' calls move it, in the order of their times. */
struct brk_walk {
	const struct model *m;
	uint32_t tgid;
	uint64_t *next; /* of each lane: the first entry that was not looked at */
	uint64_t now, when_ns;
};

/* The break ahead of the call @e of lane @own: set by the process's latest call before it. */
static uint64_t break_before(struct brk_walk *w, uint32_t own, const struct ledger_entry *e)
{
	for (size_t i = 0; i < w->m->nlanes; i++) {
		const struct ledger_lane *lane = w->m->lanes[i].lane;

		for (; lane->tgid == w->tgid && i != own && w->next[i] < lane->count;
		     w->next[i]++) {
			const struct ledger_entry *other = &w->m->lanes[i].entries[w->next[i]];

			if (other->when_ns >= e->when_ns)
				break;
			if (other->op == LEDGER_BRK && other->when_ns > w->when_ns) {
				w->now = (uint64_t)other->ret;
				w->when_ns = other->when_ns;
			}
		}
	}
	return w->now;
}

static int replay_lane(struct model *m, uint32_t index)
{
	const struct ledger_lane *lane = m->lanes[index].lane;
	struct model_row *row = (struct model_row *)model_find(m, model_key(&m->def, lane));
	struct model_stream *s = &m->streams[index];
	const struct model_rules *rules = rules_of(&m->def);
	struct brk_walk walk = {.m = m,
				.tgid = lane->tgid,
				.next = calloc(m->nlanes, sizeof(uint64_t)),
				.now = lane->start_brk};

	s->lane = index;
	s->tid = lane->tid;
	s->tgid = lane->tgid;
	memcpy(s->comm, lane->comm, sizeof(s->comm));
	s->events = calloc(lane->count + 1, sizeof(*s->events));
	if (!s->events || !walk.next) {
		free(walk.next);
		return -ENOMEM;
	}
	row->lanes += lane->count > 0;
	for (uint64_t i = 0; i < lane->count; i++) {
		const struct ledger_entry *e = &m->lanes[index].entries[i];
		struct model_place at = {index, i + 1};

		model_count_call(&m->totals, &m->def, e);
		rules->count(row, &m->def, e, at);
		if (rules->event(&m->def, e,
				 e->op == LEDGER_BRK ? break_before(&walk, index, e) : 0,
				 &s->events[s->n]))
			s->events[s->n++].line = i + 1;
		if (e->op == LEDGER_BRK) {
			walk.now = (uint64_t)e->ret;
			walk.when_ns = e->when_ns;
		}
	}
	m->nevents += s->n;
	free(walk.next);
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
		rules_of(def)->finish(m, &m->rows[i]);
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
