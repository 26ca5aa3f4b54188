/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a counter of completed calls is off: its sum is made again with one rule changed. The first
 * that gives the captured value is offered as the likely cause, and the first call that it treats
 * differently as the place.
 */
#include "lib/base.h"
#include "harness/verify/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
	uint64_t len = whole ? model_whole_pages(a->def, a->e->len) : a->e->len;

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

static bool counts(const struct asked *a)
{
	return model_call_worked(a->e) != (a->field == MEM_FAILED_COUNT);
}

static uint64_t real(const struct asked *a)
{
	return counts(a) ? amount(a, true) : 0;
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
	return counts(a) ? amount(a, false) : 0;
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

static uint64_t no_munmap(const struct asked *a)
{
	return is_op(a, LEDGER_MUNMAP) ? 0 : real(a);
}

static const struct {
	const char *text;
	uint64_t (*adds)(const struct asked *a);
} variants[] = {
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
	{"munmaps were left out", no_munmap},
};

/* The value under the rule @adds, and the first call after which it differs from the real one. */
static uint64_t sum(const struct judge_input *in, const struct model_row *row, enum mem_field field,
		    uint64_t (*adds)(const struct asked *a), struct model_place *differs)
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

void judge_explain_completed(const struct judge_input *in, const struct model_row *row,
			     enum mem_field field, struct judge_mismatch *m)
{
	size_t used = strlen(m->text);
	struct model_place differs;

	if (!m->captured) {
		snprintf(m->text + used, sizeof(m->text) - used, ": it was never updated");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		if (sum(in, row, field, variants[i].adds, &differs) != m->captured)
			continue;
		snprintf(m->text + used, sizeof(m->text) - used, ": as if %s", variants[i].text);
		if (differs.line)
			m->place = differs;
		return;
	}
}
