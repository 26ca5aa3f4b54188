/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The definition of memmon_fast: calls count when they have ended and worked. */
#include "lib/base.h"
#include "harness/verify/model_rules.h"

#include "bpf/memmon/memmon_fast.h"

/* What a call counts into, and the event it makes. A field of 0 is MEM_TOTAL_ALLOCATED, which this
 * definition does not have: none. */
static const struct {
	enum mem_field count, bytes;
	uint8_t type;
} calls[LEDGER_OP_COUNT] = {
	[LEDGER_MMAP] = {MEM_MMAP_COUNT, MEM_MMAP_BYTES, FAST_EVENT_MMAP},
	[LEDGER_MUNMAP] = {MEM_MUNMAP_COUNT, MEM_MUNMAP_BYTES, FAST_EVENT_MUNMAP},
	[LEDGER_BRK] = {MEM_BRK_COUNT, 0, FAST_EVENT_BRK},
	[LEDGER_MREMAP] = {MEM_MREMAP_COUNT, 0, FAST_EVENT_MREMAP},
};

static void count(struct model_row *r, const struct model_definition *def,
		  const struct ledger_entry *e, struct model_place at)
{
	if (model_call_worked(e)) {
		model_bump(r, calls[e->op].count, 1, at);
		if (calls[e->op].bytes)
			model_bump(r, calls[e->op].bytes, model_whole_pages(def, e->len), at);
	} else if (e->op != LEDGER_BRK) {
		model_bump(r, MEM_FAILED_COUNT, 1, at);
	}
}

static bool event(const struct model_definition *def, const struct ledger_entry *e,
		  uint64_t break_before, struct model_event *out)
{
	uint64_t now = (uint64_t)e->ret;

	if (!model_call_worked(e))
		return false;
	*out = (struct model_event){.type = calls[e->op].type, .address = now};
	if (e->op == LEDGER_BRK) {
		out->down = break_before && now < break_before;
		if (break_before)
			out->size = out->down ? break_before - now : now - break_before;
		return true;
	}
	if (e->op == LEDGER_MUNMAP)
		out->address = e->addr;
	out->size = model_whole_pages(def, e->op == LEDGER_MREMAP ? e->len2 : e->len);
	return true;
}

/* Sums of lanes do not depend on their order. */
static void finish(const struct model *m UNUSED, struct model_row *r UNUSED)
{
}

const struct model_rules model_completed = {
	.fields = 1u << MEM_MMAP_COUNT | 1u << MEM_MMAP_BYTES | 1u << MEM_MUNMAP_COUNT |
		  1u << MEM_MUNMAP_BYTES | 1u << MEM_BRK_COUNT | 1u << MEM_MREMAP_COUNT |
		  1u << MEM_FAILED_COUNT,
	.count = count,
	.event = event,
	.finish = finish,
};
