/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The seeds' definition: calls count when they enter. */
#include "lib/base.h"
#include "harness/verify/model_rules.h"

#include "bpf/memmon/memmon.h"

static void count(struct model_row *r, const struct model_definition *def,
		  const struct ledger_entry *e, struct model_place at)
{
	switch (e->op) {
	case LEDGER_MMAP:
		model_bump(r, MEM_MMAP_SEEN, 1, at);
		if (e->len < def->min_length)
			return;
		model_bump(r, MEM_MMAP_COUNT, 1, at);
		model_bump(r, MEM_MMAP_BYTES, e->len, at);
		model_bump(r, MEM_CURRENT_USAGE, e->len, at);
		if (r->value[MEM_CURRENT_USAGE] > r->value[MEM_PEAK_USAGE]) {
			r->value[MEM_PEAK_USAGE] = r->value[MEM_CURRENT_USAGE];
			r->last[MEM_PEAK_USAGE] = at;
		}
		return;
	case LEDGER_MUNMAP:
		model_bump(r, MEM_MUNMAP_COUNT, 1, at);
		model_bump(r, MEM_MUNMAP_BYTES, e->len, at);
		if (r->value[MEM_CURRENT_USAGE] >= e->len) {
			r->value[MEM_CURRENT_USAGE] -= e->len;
			r->last[MEM_CURRENT_USAGE] = at;
		}
		return;
	case LEDGER_BRK: model_bump(r, MEM_BRK_COUNT, 1, at); return;
	case LEDGER_MREMAP: model_bump(r, MEM_MREMAP_COUNT, 1, at); return;
	default: return;
	}
}

static bool event(const struct model_definition *def, const struct ledger_entry *e,
		  uint64_t break_before UNUSED, struct model_event *out)
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

static uint64_t largest_counted_mmap(const struct model *m, uint32_t key)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < m->nlanes; i++) {
		const struct ledger_lane *lane = m->lanes[i].lane;

		for (uint64_t k = 0; model_key(&m->def, lane) == key && k < lane->count; k++) {
			const struct ledger_entry *e = &m->lanes[i].entries[k];

			if (e->op == LEDGER_MMAP && e->len >= m->def.min_length)
				largest = MAX(largest, e->len);
		}
	}
	return largest;
}

/*
 * What is certain of usage and peak when lanes interleave in an unknown order: a munmap that would
 * go below zero is skipped, so usage ends at the plain difference or above, and never above all
 * that was mapped.
 */
static void finish(const struct model *m, struct model_row *r)
{
	uint64_t in = r->value[MEM_MMAP_BYTES], out = r->value[MEM_MUNMAP_BYTES];

	r->most_usage = r->value[MEM_CURRENT_USAGE];
	r->most_peak = r->value[MEM_PEAK_USAGE];
	if (r->lanes < 2)
		return;
	r->value[MEM_CURRENT_USAGE] = in > out ? in - out : 0;
	r->value[MEM_PEAK_USAGE] =
		MAX(r->value[MEM_CURRENT_USAGE], largest_counted_mmap(m, r->key));
	r->most_usage = r->most_peak = in;
}

const struct model_rules model_entered = {
	.fields = ~(CPU_FIELDS | 1u << MEM_FAILED_COUNT | 1u << MEM_VM_BYTES | 1u << MEM_VM_PEAK),
	.count = count,
	.event = event,
	.finish = finish,
};
