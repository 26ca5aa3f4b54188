/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a counter is off: the ledger is replayed under definitions that differ from the real one in
 * one rule. The first that gives the captured value is offered as the likely cause, and the first
 * call that it treats differently as the place.
 */
#include "lib/base.h"
#include "harness/subjects/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A definition with one rule changed. Zeros are not the real definition: see real_rules(). */
struct rules {
	uint64_t mmap_min, munmap_min; /* bytes */
	uint64_t mmap_times, munmap_times, brk_times;
	uint64_t unit_bytes; /* lengths are rounded up to a multiple */
	bool success_only, unguarded, never_reduced, peak_follows;
};

static struct rules real_rules(const struct model_definition *def)
{
	return (struct rules){.mmap_min = def->min_length,
			      .mmap_times = 1,
			      .munmap_times = 1,
			      .brk_times = 1,
			      .unit_bytes = 1};
}

static uint64_t rounded(uint64_t len, uint64_t unit)
{
	return unit == 1 ? len : (len + unit - 1) / unit * unit;
}

static void reduce(uint64_t v[], const struct rules *r, uint64_t len)
{
	if (!r->never_reduced && (r->unguarded || v[MEM_CURRENT_USAGE] >= len))
		v[MEM_CURRENT_USAGE] -= len;
}

static void step(uint64_t v[], const struct rules *r, const struct ledger_entry *e)
{
	uint64_t len = rounded(e->len, r->unit_bytes);
	bool counts = !r->success_only || !model_call_failed(e);

	if (e->op == LEDGER_MMAP) {
		uint64_t n = counts && e->len >= r->mmap_min ? r->mmap_times : 0;

		v[MEM_MMAP_SEEN]++;
		v[MEM_MMAP_COUNT] += n;
		v[MEM_MMAP_BYTES] += n * len;
		v[MEM_CURRENT_USAGE] += n * len;
		if (r->peak_follows || v[MEM_CURRENT_USAGE] > v[MEM_PEAK_USAGE])
			v[MEM_PEAK_USAGE] = v[MEM_CURRENT_USAGE];
	} else if (e->op == LEDGER_MUNMAP) {
		uint64_t n = counts && e->len >= r->munmap_min ? r->munmap_times : 0;

		v[MEM_MUNMAP_COUNT] += n;
		v[MEM_MUNMAP_BYTES] += n * len;
		for (uint64_t i = 0; i < n; i++)
			reduce(v, r, len);
		if (r->peak_follows)
			v[MEM_PEAK_USAGE] = v[MEM_CURRENT_USAGE];
	} else if (e->op == LEDGER_BRK) {
		v[MEM_BRK_COUNT] += counts ? r->brk_times : 0;
	}
}

struct variant {
	const char *text; /* takes the filter's length, where it names one */
	void (*change)(struct rules *r);
};

static void from_one_less(struct rules *r)
{
	r->mmap_min--;
}
static void from_one_more(struct rules *r)
{
	r->mmap_min++;
}
static void no_filter(struct rules *r)
{
	r->mmap_min = 0;
}
static void munmap_filter(struct rules *r)
{
	r->munmap_min = r->mmap_min;
}
static void success_only(struct rules *r)
{
	r->success_only = true;
}
static void munmap_twice(struct rules *r)
{
	r->munmap_times = 2;
}
static void mmap_twice(struct rules *r)
{
	r->mmap_times = 2;
}
static void brk_twice(struct rules *r)
{
	r->brk_times = 2;
}
static void no_munmap(struct rules *r)
{
	r->munmap_times = 0;
}
static void no_mmap(struct rules *r)
{
	r->mmap_times = 0;
}
static void unguarded(struct rules *r)
{
	r->unguarded = true;
}
static void never_reduced(struct rules *r)
{
	r->never_reduced = true;
}
static void peak_follows(struct rules *r)
{
	r->peak_follows = true;
}
static void whole_pages(struct rules *r)
{
	r->unit_bytes = 4096;
}

static const struct variant variants[] = {
	{"mmaps of one byte less than %" PRIu64 " were counted too", from_one_less},
	{"mmaps of exactly %" PRIu64 " bytes were ignored", from_one_more},
	{"mmaps below %" PRIu64 " bytes were not ignored", no_filter},
	{"munmaps below %" PRIu64 " bytes were ignored", munmap_filter},
	{"calls that fail were not counted", success_only},
	{"each munmap were counted twice", munmap_twice},
	{"each mmap were counted twice", mmap_twice},
	{"each brk were counted twice", brk_twice},
	{"no munmap were counted", no_munmap},
	{"no mmap were counted", no_mmap},
	{"usage were reduced below zero", unguarded},
	{"munmap did not reduce usage", never_reduced},
	{"peak followed usage down", peak_follows},
	{"lengths were rounded up to pages", whole_pages},
};

static bool counts_into(const struct model *m, size_t lane, const struct model_row *row)
{
	return row->key == model_key(&m->def, m->lanes[lane].lane);
}

/* The value of @field under @r, and the first call after which it differs from the real one. */
static uint64_t replay(const struct model *m, const struct model_row *row, const struct rules *r,
		       enum mem_field field, struct model_place *differs)
{
	uint64_t v[MEM_FIELD_COUNT] = {0}, real[MEM_FIELD_COUNT] = {0};
	struct rules as_is = real_rules(&m->def);

	*differs = (struct model_place){0};
	for (size_t i = 0; i < m->nlanes; i++) {
		for (uint64_t k = 0; counts_into(m, i, row) && k < m->lanes[i].lane->count; k++) {
			step(v, r, &m->lanes[i].entries[k]);
			step(real, &as_is, &m->lanes[i].entries[k]);
			if (v[field] != real[field] && !differs->line)
				*differs = (struct model_place){(uint32_t)i, k + 1};
		}
	}
	return v[field];
}

static void append(struct judge_mismatch *m, const char *text)
{
	size_t used = strlen(m->text);

	snprintf(m->text + used, sizeof(m->text) - used, "%s", text);
}

/* --- completed calls: each counter is a sum of its own, made again under a rule --- */

/* What a rule is asked: a call of a lane of the row, and whether the lane's thread has ended. */
struct asked {
	const struct model_definition *def;
	const struct ledger_lane *lane;
	const struct ledger_entry *e;
	enum mem_field field;
	bool ended;
};

static bool is_op(const struct asked *a, enum ledger_op op)
{
	return a->e->op == op;
}

/* How much the call adds to the field, whether or not it worked; 0: it has nothing to do with it.
 */
static uint64_t amount(const struct asked *a, bool whole)
{
	uint64_t len = whole ? model_length(a->def, a->e) : a->e->len;

	switch (a->field) {
	case MEM_MMAP_COUNT: return is_op(a, LEDGER_MMAP);
	case MEM_MUNMAP_COUNT: return is_op(a, LEDGER_MUNMAP);
	case MEM_MREMAP_COUNT: return is_op(a, LEDGER_MREMAP);
	case MEM_BRK_COUNT: return is_op(a, LEDGER_BRK);
	case MEM_FAILED_COUNT: return !is_op(a, LEDGER_BRK);
	case MEM_MMAP_BYTES: return is_op(a, LEDGER_MMAP) ? len : 0;
	case MEM_MUNMAP_BYTES: return is_op(a, LEDGER_MUNMAP) ? len : 0;
	default: return 0;
	}
}

static bool counts_for(const struct asked *a)
{
	return model_call_worked(a->e) != (a->field == MEM_FAILED_COUNT);
}

static uint64_t real(const struct asked *a)
{
	return counts_for(a) ? amount(a, true) : 0;
}

/* --- the rules, each with one thing changed --- */

static uint64_t failed_too(const struct asked *a)
{
	return model_call_worked(a->e) || model_call_failed(a->e) ? amount(a, true) : 0;
}

static uint64_t refused_brks_too(const struct asked *a)
{
	if (a->field == MEM_FAILED_COUNT && is_op(a, LEDGER_BRK))
		return model_call_failed(a->e);
	return real(a);
}

static uint64_t questions_too(const struct asked *a)
{
	if (a->field == MEM_BRK_COUNT && is_op(a, LEDGER_BRK))
		return !model_call_failed(a->e);
	return real(a);
}

static uint64_t as_asked(const struct asked *a)
{
	return counts_for(a) ? amount(a, false) : 0;
}

static uint64_t as_asked_failed_too(const struct asked *a)
{
	return amount(a, false);
}

static uint64_t without_ended(const struct asked *a)
{
	return a->ended ? 0 : real(a);
}

static uint64_t main_thread(const struct asked *a)
{
	return a->lane->tid == a->lane->tgid ? real(a) : 0;
}

static uint64_t twice(const struct asked *a)
{
	return 2 * real(a);
}

static uint64_t no_mremap(const struct asked *a)
{
	return is_op(a, LEDGER_MREMAP) ? 0 : real(a);
}

static uint64_t no_munmaps(const struct asked *a)
{
	return is_op(a, LEDGER_MUNMAP) ? 0 : real(a);
}

static const struct {
	const char *text;
	uint64_t (*adds)(const struct asked *a);
} completed_variants[] = {
	{"refused brks were counted as failed calls", refused_brks_too},
	{"brk(0), which only asks, were counted", questions_too},
	{"calls that failed were counted too", failed_too},
	{"lengths were not rounded up to pages", as_asked},
	{"lengths were not rounded up to pages, and calls that failed were counted too",
	 as_asked_failed_too},
	{"what threads counted that have ended were forgotten", without_ended},
	{"only the main thread's calls were counted", main_thread},
	{"each call were counted twice", twice},
	{"mremaps were left out", no_mremap},
	{"munmaps were left out", no_munmaps},
};

/* The value under the rule @adds, and the first call after which it differs from the real one. */
static uint64_t sum_under(const struct judge_input *in, const struct model_row *row,
			  enum mem_field field, uint64_t (*adds)(const struct asked *a),
			  struct model_place *differs)
{
	const struct model *m = in->model;
	uint64_t total = 0;

	*differs = (struct model_place){0};
	for (size_t i = 0; i < m->nlanes; i++) {
		const struct ledger_lane *lane = m->lanes[i].lane;

		for (uint64_t k = 0; model_key(&m->def, lane) == row->key && k < lane->count; k++) {
			struct asked a = {&m->def, lane, &m->lanes[i].entries[k], field,
					  in->alive && !in->alive[i]};

			total += adds(&a);
			if (adds(&a) != real(&a) && !differs->line)
				*differs = (struct model_place){(uint32_t)i, k + 1};
		}
	}
	return total;
}

static void explain_completed(const struct judge_input *in, const struct model_row *row,
			      enum mem_field field, struct judge_mismatch *m)
{
	size_t used = strlen(m->text);
	struct model_place differs;

	if (!m->captured) {
		snprintf(m->text + used, sizeof(m->text) - used, ": it was never updated");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(completed_variants); i++) {
		if (sum_under(in, row, field, completed_variants[i].adds, &differs) != m->captured)
			continue;
		snprintf(m->text + used, sizeof(m->text) - used, ": as if %s",
			 completed_variants[i].text);
		if (differs.line)
			m->place = differs;
		return;
	}
}

/* --- */

void memory_explain(const struct judge_input *in, const struct model_row *row, size_t f,
		    struct judge_mismatch *m)
{
	struct model_place differs;
	enum mem_field field = (enum mem_field)f;
	char text[128];

	if (in->model->def.calls == MONITOR_COMPLETED) {
		explain_completed(in, row, field, m);
		return;
	}
	if (!m->captured) {
		append(m, ": it was never updated");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		struct rules r = real_rules(&in->model->def);
		const char *as_if = ": as if ";

		variants[i].change(&r);
		if (replay(in->model, row, &r, field, &differs) != m->captured)
			continue;
		append(m, as_if);
		snprintf(text, sizeof(text), variants[i].text, in->model->def.min_length);
		append(m, text);
		if (differs.line)
			m->place = differs;
		return;
	}
	if (row->lanes > 1 && m->captured < m->expected) {
		snprintf(text, sizeof(text), ": %u threads share the key, and updates race",
			 row->lanes);
		append(m, text);
	}
}
