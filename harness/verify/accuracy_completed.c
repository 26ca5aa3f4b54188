/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Accuracy of a monitor of completed calls. It says what the kernel has mapped, so it is held to
 * it: each finding here is expected to be without error, beside every workload.
 */
#include "lib/base.h"
#include "harness/verify/accuracy_parts.h"

#include <inttypes.h>

#include "harness/verify/identity.h"

/* --- calls -------------------------------------------------------------------------------------
 */

/* @captured counts what worked of each call. */
static void calls(const struct model_totals *t, const struct mem_table *table,
		  const uint64_t captured[MEM_FIELD_COUNT], struct accuracy *out)
{
	static const struct {
		const char *metric, *what;
		enum ledger_op op;
		enum mem_field field;
	} failed[] = {
		{"failed_mmap", "mmaps that failed", LEDGER_MMAP, MEM_MMAP_COUNT},
		{"failed_munmap", "munmaps that failed", LEDGER_MUNMAP, MEM_MUNMAP_COUNT},
		{"failed_mremap", "mremaps that failed", LEDGER_MREMAP, MEM_MREMAP_COUNT},
		{"failed_brk", "brks that were refused or only asked", LEDGER_BRK, MEM_BRK_COUNT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(failed); i++) {
		uint64_t made = t->calls[failed[i].op], worked = t->worked[failed[i].op];

		if (made > worked && accuracy_offers(table, failed[i].field))
			accuracy_add(out, failed[i].metric, "calls", worked,
				     captured[failed[i].field],
				     "%" PRIu64 " %s are not among the calls counted",
				     made - worked, failed[i].what);
	}
	if (model_errors(t) && accuracy_offers(table, MEM_FAILED_COUNT))
		accuracy_add(out, "failed_calls", "calls", model_errors(t),
			     captured[MEM_FAILED_COUNT], "calls that returned an error");
	if (t->worked[LEDGER_MREMAP] && accuracy_offers(table, MEM_MREMAP_COUNT))
		accuracy_add(out, "mremap_calls", "calls", t->worked[LEDGER_MREMAP],
			     captured[MEM_MREMAP_COUNT], "mremaps that worked");
}

void accuracy_completed_totals(const struct model_totals *t, const struct mem_table *table,
			       struct accuracy *out)
{
	uint64_t captured[MEM_FIELD_COUNT];

	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		captured[f] = identity_sum(table, f);
	calls(t, table, captured, out);
}

/* --- address space -----------------------------------------------------------------------------
 */

/* A process: what the kernel said of it ahead of its calls and behind them; 0: not known. */
struct process {
	const struct mem_row *row; /* captured; NULL: none */
	uint64_t before, after;	   /* bytes: VmSize */
};

static bool is_first_lane(const struct model *m, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (m->lanes[i].lane->tgid == m->lanes[index].lane->tgid && m->lanes[i].lane->count)
			return false;
	return m->lanes[index].lane->count > 0;
}

/* False where @index is not the first lane with calls of its process. The barriers' readings are
 * the main process's; each other one made its own (workloads/ledger.h). */
static bool process_of(const struct accuracy_input *in, size_t index, struct process *p)
{
	const struct ledger_lane *lane = in->model->lanes[index].lane;

	if (!is_first_lane(in->model, index))
		return false;
	p->row = mem_table_find(in->table, lane->tgid);
	if (lane->tgid == in->main_tgid) {
		p->before = in->before ? in->before->size_bytes : 0;
		p->after = in->after ? in->after->size_bytes : 0;
	} else {
		p->before = lane->start_vm_bytes;
		p->after = lane->end_vm_bytes;
	}
	return true;
}

/* Against the interval set over the ledger: what the calls left mapped, and the most at a time. */
static void address_space(struct assess *a)
{
	accuracy_amount net = 0, peak = 0;
	struct process p;

	for (size_t i = 0; i < a->in->model->nlanes; i++) {
		if (!process_of(a->in, i, &p))
			continue;
		if (!p.row || !p.before)
			return;
		net += (accuracy_amount)p.row->value[MEM_VM_BYTES] - p.before;
		peak += MAX((accuracy_amount)p.row->value[MEM_VM_PEAK] - p.before, 0);
	}
	accuracy_add(a->out, "net_bytes", "bytes", a->all.net_bytes, net,
		     "address space that the calls left more mapped than before");
	/* What several threads had mapped at the same moment is known to a call only. */
	if (accuracy_offers(a->in->table, MEM_VM_PEAK) && a->one_lane_each)
		accuracy_add(a->out, "peak_bytes", "bytes", a->all.peak_bytes, peak,
			     "the most that was mapped at a time");
}

static void against_proc(struct assess *a)
{
	const struct proc_memory *b = a->in->before, *e = a->in->after;
	const struct mem_row *row = mem_table_find(a->in->table, a->in->main_tgid);

	if (!b || !e || !row)
		return;
	accuracy_add(a->out, "vm_size", "bytes",
		     (accuracy_amount)e->size_bytes - (accuracy_amount)b->size_bytes,
		     (accuracy_amount)row->value[MEM_VM_BYTES] - (accuracy_amount)b->size_bytes,
		     "growth of VmSize between the barriers");
	if (e->peak_bytes > b->peak_bytes && accuracy_offers(a->in->table, MEM_VM_PEAK) &&
	    a->processes == 1 && a->lanes == 1)
		accuracy_add(a->out, "vm_peak", "bytes",
			     (accuracy_amount)e->peak_bytes - (accuracy_amount)b->size_bytes,
			     (accuracy_amount)row->value[MEM_VM_PEAK] -
				     (accuracy_amount)b->size_bytes,
			     "rise of VmPeak above VmSize at the first barrier");
}

/* Processes that ended in the window: each read its own VmSize before it did. */
static void ended_processes(struct assess *a)
{
	accuracy_amount truth = 0, captured = 0;
	struct process p;
	size_t n = 0;

	for (size_t i = 0; i < a->in->model->nlanes; i++) {
		if (!process_of(a->in, i, &p) || !p.after ||
		    a->in->model->lanes[i].lane->tgid == a->in->main_tgid)
			continue;
		n++;
		truth += p.after;
		captured += p.row ? p.row->value[MEM_VM_BYTES] : 0;
	}
	if (n)
		accuracy_add(a->out, "vm_ended", "bytes", truth, captured,
			     "VmSize of %zu processes at their end", n);
}

static void rows(struct assess *a)
{
	const struct model *m = a->in->model;
	uint32_t fields = a->in->table->fields & model_fields(&m->def);
	size_t want = 0, got = 0;

	for (size_t i = 0; i < m->nrows; i++) {
		bool counts = false;

		for (int f = 0; f < MEM_FIELD_COUNT; f++)
			counts |= (fields & 1U << f) && m->rows[i].last[f].line;
		want += counts;
		got += counts && mem_table_find(a->in->table, m->rows[i].key);
	}
	accuracy_add(a->out, "rows_per_process", "rows", (accuracy_amount)want,
		     (accuracy_amount)got, "processes with calls that count, short-lived ones too");
}

void accuracy_completed(struct assess *a)
{
	const struct model_totals *t = &a->in->model->totals;
	const struct mem_table *table = a->in->table;
	uint64_t captured[MEM_FIELD_COUNT];

	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		captured[f] = (uint64_t)accuracy_sum(a->in, f);
	if (accuracy_offers(table, MEM_VM_BYTES)) {
		address_space(a);
		against_proc(a);
		ended_processes(a);
	}
	calls(t, table, captured, a->out);
	if (accuracy_offers(table, MEM_MMAP_BYTES) && a->all.mapped_bytes)
		accuracy_add(a->out, "page_rounding", "bytes", a->all.mapped_bytes,
			     captured[MEM_MMAP_BYTES], "whole pages of the mmaps that worked");
	if (a->in->model->def.key == MONITOR_KEY_TGID)
		rows(a);
}
