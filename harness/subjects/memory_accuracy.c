/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far a memory monitor is from what happened: one function a topic. Those of calls that enter
 * are findings about the definition; those of completed calls should be without error.
 */
#include "lib/base.h"
#include "harness/subjects/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/memmon/memmon.h"
#include "harness/subjects/memory_truth.h"
#include "harness/verify/identity.h"
#include "lib/procfs.h"

static const char races_text[] = "threads of a process share a key and updates race";

struct assess {
	const struct assessment *in;
	struct accuracy *out;
	struct truth all;
	size_t processes, lanes; /* with calls */
	bool one_lane_each;	 /* no process has two lanes with calls: peaks are exact */
};

static bool offers(const struct counter_table *t, enum mem_field f)
{
	return counter_table_has(t, f);
}

/* Usage as the monitor has it: its own field, or what its byte sums leave. */
static bool offers_usage(const struct counter_table *t)
{
	return offers(t, MEM_CURRENT_USAGE) ||
	       (offers(t, MEM_MMAP_BYTES) && offers(t, MEM_MUNMAP_BYTES));
}

static accuracy_amount usage_of(const struct counter_table *t, const struct counter_row *r)
{
	if (offers(t, MEM_CURRENT_USAGE))
		return r->value[MEM_CURRENT_USAGE];
	return (accuracy_amount)r->value[MEM_MMAP_BYTES] - r->value[MEM_MUNMAP_BYTES];
}

static accuracy_amount sum_of(const struct assessment *in, enum mem_field f)
{
	accuracy_amount total = 0;

	for (size_t i = 0; i < in->model->nrows; i++) {
		const struct counter_row *r = counter_table_find(in->table, in->model->rows[i].key);

		total += r ? r->value[f] : 0;
	}
	return total;
}

static bool key_in_process(const struct assessment *in, uint32_t key, uint32_t tgid)
{
	for (size_t i = 0; i < in->model->nlanes; i++) {
		const struct ledger_lane *l = in->model->lanes[i].lane;

		if (l->tgid == tgid && (key == l->tid || key == l->tgid))
			return true;
	}
	return false;
}

/* Usage summed over the rows of one process, or of all with @tgid 0. */
static accuracy_amount sum_usage(const struct assessment *in, uint32_t tgid)
{
	accuracy_amount total = 0;

	for (size_t i = 0; i < in->model->nrows; i++) {
		uint32_t key = in->model->rows[i].key;
		const struct counter_row *r = counter_table_find(in->table, key);

		if (r && (!tgid || key_in_process(in, key, tgid)))
			total += usage_of(in->table, r);
	}
	return total;
}

static size_t rows_captured(const struct assessment *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->model->nrows; i++)
		n += counter_table_find(in->table, in->model->rows[i].key) != NULL;
	return n;
}

/* --- calls -------------------------------------------------------------------------------------
 */

static void failed_calls(struct assess *a)
{
	const struct model_totals *t = &a->in->model->totals;
	uint64_t counted = t->calls[LEDGER_MMAP] - t->mmap_filtered;
	uint64_t failed = t->failed[LEDGER_MMAP] - t->mmap_filtered_failed;
	bool counts_brk = offers(a->in->table, MEM_BRK_COUNT);
	bool tells_brk = (a->in->caps & MONITOR_EVENTS) && (a->in->caps & MONITOR_CGROUP) &&
			 a->in->by_type && (!a->in->kinds || a->in->kinds >> LEDGER_BRK & 1);

	if (failed && offers(a->in->table, MEM_MMAP_COUNT))
		accuracy_add(a->out, "failed_mmap", "calls", (int64_t)(counted - failed),
			     sum_of(a->in, MEM_MMAP_COUNT),
			     "%" PRIu64
			     " mmaps that failed are counted when they enter, with the %" PRIu64
			     " bytes they asked for",
			     failed, a->all.failed_mmap_bytes);
	if (t->failed[LEDGER_MUNMAP] && offers(a->in->table, MEM_MUNMAP_COUNT))
		accuracy_add(a->out, "failed_munmap", "calls",
			     (int64_t)(t->calls[LEDGER_MUNMAP] - t->failed[LEDGER_MUNMAP]),
			     sum_of(a->in, MEM_MUNMAP_COUNT),
			     "%" PRIu64 " munmaps that failed are counted, with the %" PRIu64
			     " bytes they named",
			     t->failed[LEDGER_MUNMAP], a->all.failed_munmap_bytes);
	if (t->failed[LEDGER_BRK] && (counts_brk || tells_brk))
		accuracy_add(a->out, "failed_brk", "calls",
			     (int64_t)(t->calls[LEDGER_BRK] - t->failed[LEDGER_BRK]),
			     counts_brk ? sum_of(a->in, MEM_BRK_COUNT)
					: (accuracy_amount)a->in->by_type[MEM_EVENT_BRK],
			     "%" PRIu64
			     " brks left the break where it was and are told like the others",
			     t->failed[LEDGER_BRK]);
}

static void filter(struct assess *a)
{
	const struct model_totals *t = &a->in->model->totals;
	uint64_t worked = t->mmap_filtered - t->mmap_filtered_failed;

	if (worked && offers(a->in->table, MEM_MMAP_COUNT))
		accuracy_add(a->out, "small_mmap", "calls", (int64_t)worked, 0,
			     "mmaps below %" PRIu64
			     " bytes are ignored, though each takes a whole page",
			     a->in->model->def.min_length);
	if (a->all.small_munmaps && offers(a->in->table, MEM_MUNMAP_COUNT))
		accuracy_add(a->out, "small_munmap", "calls", 0, (int64_t)a->all.small_munmaps,
			     "munmaps are not filtered as mmaps are: %" PRIu64 " below %" PRIu64
			     " bytes are counted, and usage drifts down by their %" PRIu64 " bytes",
			     a->all.small_munmaps, a->in->model->def.min_length,
			     a->all.small_munmap_bytes);
}

static void lost_updates(struct assess *a)
{
	const struct model_totals *t = &a->in->model->totals;
	int64_t real =
		(int64_t)(t->calls[LEDGER_MMAP] - t->mmap_filtered + t->calls[LEDGER_MUNMAP]);

	if (a->in->lost_updates)
		accuracy_add(a->out, "lost_updates", "calls", real,
			     real - (int64_t)a->in->lost_updates,
			     "%s: %" PRIu64 " calls are counted nowhere", races_text,
			     a->in->lost_updates);
}

/* --- bytes -------------------------------------------------------------------------------------
 */

static void address_space(struct assess *a)
{
	accuracy_amount usage = sum_usage(a->in, 0), peak = sum_of(a->in, MEM_PEAK_USAGE);

	if (!offers_usage(a->in->table))
		return;
	accuracy_add(a->out, "net_bytes", "bytes", a->all.net_bytes, usage,
		     "usage is the lengths asked for; the calls left %" PRId64
		     " bytes more mapped than before",
		     a->all.net_bytes);
	/* What several threads had mapped at the same moment is known to a call only. */
	if (offers(a->in->table, MEM_PEAK_USAGE) && a->one_lane_each)
		accuracy_add(a->out, "peak_bytes", "bytes", a->all.peak_bytes, peak,
			     "highest usage against the most that was mapped at a time");
}

static void against_proc(struct assess *a)
{
	const struct proc_memory *b = a->in->before, *e = a->in->after;
	accuracy_amount usage;

	if (!b || !e || !offers_usage(a->in->table))
		return;
	usage = sum_usage(a->in, a->in->main_tgid);
	accuracy_add(a->out, "vm_size", "bytes", (int64_t)(e->size_bytes - b->size_bytes), usage,
		     "growth of VmSize between the barriers");
	if (e->peak_bytes > b->peak_bytes && offers(a->in->table, MEM_PEAK_USAGE) &&
	    a->processes == 1 && a->lanes == 1)
		accuracy_add(a->out, "vm_peak", "bytes", (int64_t)(e->peak_bytes - b->size_bytes),
			     sum_of(a->in, MEM_PEAK_USAGE),
			     "rise of VmPeak above VmSize at the first barrier");
	accuracy_add(a->out, "vm_rss", "bytes", (int64_t)e->rss_bytes - (int64_t)b->rss_bytes,
		     usage,
		     "growth of VmRSS: memory counts once it is touched, address space at once");
}

static void lengths(struct assess *a)
{
	const struct model_totals *t = &a->in->model->totals;
	accuracy_amount subtracted = t->mmap_bytes - sum_usage(a->in, 0);
	uint64_t whole = a->all.mapped_bytes, asked = a->all.mapped_asked_bytes;

	if (!offers_usage(a->in->table))
		return;
	if (whole != asked)
		accuracy_add(a->out, "page_rounding", "bytes", whole, asked,
			     "the kernel maps whole pages, the monitor adds the lengths asked for");
	if (a->all.freed_bytes != t->munmap_bytes)
		accuracy_add(a->out, "munmap_freed", "bytes", a->all.freed_bytes, t->munmap_bytes,
			     "munmap frees what is mapped in its range, whole pages; its length is "
			     "taken "
			     "as freed");
	if (offers(a->in->table, MEM_CURRENT_USAGE) && !a->in->lost_updates &&
	    subtracted != t->munmap_bytes)
		accuracy_add(a->out, "munmap_skipped", "bytes", t->munmap_bytes, subtracted,
			     "a munmap larger than usage is not subtracted at all, which hides the "
			     "drift");
}

static void unseen(struct assess *a)
{
	const struct truth *t = &a->all;

	if (!offers_usage(a->in->table))
		return;
	if (t->mremap_calls)
		accuracy_add(a->out, "mremap_unseen", "bytes", t->mremap_bytes, 0,
			     "%" PRIu64
			     " mremaps moved or resized mappings; no tracepoint here sees them",
			     t->mremap_calls);
	if (t->replaced_bytes)
		accuracy_add(a->out, "fixed_replaced", "bytes", t->mapped_bytes - t->replaced_bytes,
			     t->mapped_bytes,
			     "%" PRIu64
			     " mmaps with MAP_FIXED replaced what was mapped there; it is added "
			     "once more",
			     t->replacing_calls);
	if (t->brk_bytes)
		accuracy_add(a->out, "brk_unseen", "bytes", t->brk_bytes, 0,
			     "the heap grown or shrunk by brk is not part of usage");
}

/* --- rows --------------------------------------------------------------------------------------
 */

static void threads_and_processes(struct assess *a)
{
	size_t rows = rows_captured(a->in);
	const struct counter_row *r;
	accuracy_amount whole, own;

	if (a->in->model->def.key != MONITOR_KEY_TID || rows <= a->processes)
		return;
	accuracy_add(a->out, "rows_per_process", "rows", (int64_t)a->processes, (int64_t)rows,
		     "rows are for threads: %zu threads of %zu processes have one each", rows,
		     a->processes);
	if (a->processes != 1 || !offers_usage(a->in->table))
		return;
	r = counter_table_find(a->in->table, a->in->main_tgid);
	whole = sum_usage(a->in, a->in->main_tgid);
	own = r ? usage_of(a->in->table, r) : 0;
	accuracy_add(a->out, "process_usage", "bytes", whole, own,
		     "who joins rows with /proc by process id finds the main thread's share only");
}

static void left_behind(struct assess *a)
{
	int64_t rows = 0, dead = 0;

	for (size_t i = 0; i < a->in->model->nlanes; i++) {
		const struct ledger_lane *l = a->in->model->lanes[i].lane;
		bool by_process = a->in->model->def.key == MONITOR_KEY_TGID;
		uint32_t key = by_process ? l->tgid : l->tid;

		/* A process stands as long as one of its threads: its first lane speaks for it. */
		if (!counter_table_find(a->in->table, key) || (by_process && l->tid != l->tgid))
			continue;
		rows++;
		dead += a->in->alive && !a->in->alive[i];
	}
	if (dead)
		accuracy_add(a->out, "rows_left_behind", "rows", rows - dead, rows,
			     "%" PRId64
			     " threads ended in the window; their rows stay, until the map is "
			     "full or the number is used again",
			     dead);
}

/* --- completed calls ---------------------------------------------------------------------------
 *
 * Such a monitor says what the kernel has mapped, so it is held to it: each finding here is
 * expected to be without error, beside every workload.
 */

/* @captured counts what worked of each call. */
static void calls_that_worked(const struct model_totals *t, const struct counter_table *table,
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

		if (made > worked && offers(table, failed[i].field))
			accuracy_add(out, failed[i].metric, "calls", worked,
				     captured[failed[i].field],
				     "%" PRIu64 " %s are not among the calls counted",
				     made - worked, failed[i].what);
	}
	if (model_errors(t) && offers(table, MEM_FAILED_COUNT))
		accuracy_add(out, "failed_calls", "calls", model_errors(t),
			     captured[MEM_FAILED_COUNT], "calls that returned an error");
	if (t->worked[LEDGER_MREMAP] && offers(table, MEM_MREMAP_COUNT))
		accuracy_add(out, "mremap_calls", "calls", t->worked[LEDGER_MREMAP],
			     captured[MEM_MREMAP_COUNT], "mremaps that worked");
}

/* A process: what the kernel said of it ahead of its calls and behind them; 0: not known. */
struct process {
	const struct counter_row *row; /* captured; NULL: none */
	uint64_t before, after;	       /* bytes: VmSize */
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
static bool process_of(const struct assessment *in, size_t index, struct process *p)
{
	const struct ledger_lane *lane = in->model->lanes[index].lane;

	if (!is_first_lane(in->model, index))
		return false;
	p->row = counter_table_find(in->table, lane->tgid);
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
static void address_space_of_processes(struct assess *a)
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
	if (offers(a->in->table, MEM_VM_PEAK) && a->one_lane_each)
		accuracy_add(a->out, "peak_bytes", "bytes", a->all.peak_bytes, peak,
			     "the most that was mapped at a time");
}

static void processes_against_proc(struct assess *a)
{
	const struct proc_memory *b = a->in->before, *e = a->in->after;
	const struct counter_row *row = counter_table_find(a->in->table, a->in->main_tgid);

	if (!b || !e || !row)
		return;
	accuracy_add(a->out, "vm_size", "bytes",
		     (accuracy_amount)e->size_bytes - (accuracy_amount)b->size_bytes,
		     (accuracy_amount)row->value[MEM_VM_BYTES] - (accuracy_amount)b->size_bytes,
		     "growth of VmSize between the barriers");
	if (e->peak_bytes > b->peak_bytes && offers(a->in->table, MEM_VM_PEAK) &&
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

static void rows_of_processes(struct assess *a)
{
	const struct model *m = a->in->model;
	uint64_t fields = a->in->table->fields & model_fields(&m->def);
	size_t want = 0, got = 0;

	for (size_t i = 0; i < m->nrows; i++) {
		bool counts = false;

		for (int f = 0; f < MEM_FIELD_COUNT; f++)
			counts |= fields >> f & 1 && m->rows[i].last[f].line;
		want += counts;
		got += counts && counter_table_find(a->in->table, m->rows[i].key);
	}
	accuracy_add(a->out, "rows_per_process", "rows", (accuracy_amount)want,
		     (accuracy_amount)got, "processes with calls that count, short-lived ones too");
}

static void completed(struct assess *a)
{
	const struct model_totals *t = &a->in->model->totals;
	const struct counter_table *table = a->in->table;
	uint64_t captured[MEM_FIELD_COUNT];

	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		captured[f] = (uint64_t)sum_of(a->in, f);
	if (offers(table, MEM_VM_BYTES)) {
		address_space_of_processes(a);
		processes_against_proc(a);
		ended_processes(a);
	}
	calls_that_worked(t, table, captured, a->out);
	if (offers(table, MEM_MMAP_BYTES) && a->all.mapped_bytes)
		accuracy_add(a->out, "page_rounding", "bytes", a->all.mapped_bytes,
			     captured[MEM_MMAP_BYTES], "whole pages of the mmaps that worked");
	if (a->in->model->def.key == MONITOR_KEY_TGID)
		rows_of_processes(a);
}

/* --- all together --- */

static int gather(struct assess *a)
{
	const struct model *m = a->in->model;

	a->one_lane_each = true;
	for (size_t i = 0; i < m->nlanes; i++) {
		bool first = true;
		int err;

		if (!m->lanes[i].lane->count)
			continue;
		for (size_t k = 0; k < i; k++)
			if (m->lanes[k].lane->count &&
			    m->lanes[k].lane->tgid == m->lanes[i].lane->tgid)
				first = false;
		a->lanes++;
		a->processes += first;
		a->one_lane_each &= first;
		err = first ? truth_add_process(&a->all, m->lanes, m->nlanes,
						m->lanes[i].lane->tgid, m->def.min_length,
						a->in->page_bytes)
			    : 0;
		if (err)
			return err;
	}
	return 0;
}

static int by_ledger(const struct assessment *in, struct accuracy *out)
{
	static void (*const topics[])(struct assess *) = {
		address_space, against_proc,	      failed_calls, filter,	  lengths,
		unseen,	       threads_and_processes, left_behind,  lost_updates,
	};
	struct assess a = {.in = in, .out = out};
	bool is_completed = in->model->def.calls == MONITOR_COMPLETED;
	int err = gather(&a);

	if (!err && a.lanes && is_completed)
		completed(&a);
	for (size_t i = 0; !err && a.lanes && !is_completed && i < ARRAY_SIZE(topics); i++)
		topics[i](&a);
	return err;
}

static void totals_of_entered(const struct model_totals *t, const struct counter_table *table,
			      uint64_t lost, struct accuracy *out)
{
	uint64_t mmaps = 0, munmaps = 0, failed = t->failed[LEDGER_MMAP] - t->mmap_filtered_failed;

	for (size_t i = 0; i < table->n; i++) {
		mmaps += counter_table_row(table, i)->value[MEM_MMAP_COUNT];
		munmaps += counter_table_row(table, i)->value[MEM_MUNMAP_COUNT];
	}
	if (failed && offers(table, MEM_MMAP_COUNT))
		accuracy_add(out, "failed_mmap", "calls",
			     (int64_t)(t->calls[LEDGER_MMAP] - t->mmap_filtered - failed),
			     (int64_t)mmaps,
			     "%" PRIu64 " mmaps that failed are counted when they enter", failed);
	if (t->failed[LEDGER_MUNMAP] && offers(table, MEM_MUNMAP_COUNT))
		accuracy_add(out, "failed_munmap", "calls",
			     (int64_t)(t->calls[LEDGER_MUNMAP] - t->failed[LEDGER_MUNMAP]),
			     (int64_t)munmaps, "%" PRIu64 " munmaps that failed are counted",
			     t->failed[LEDGER_MUNMAP]);
	if (t->mmap_filtered > t->mmap_filtered_failed && offers(table, MEM_MMAP_COUNT))
		accuracy_add(out, "small_mmap", "calls",
			     (int64_t)(t->mmap_filtered - t->mmap_filtered_failed), 0,
			     "mmaps below the filter's length are ignored, though each takes a "
			     "whole page");
	if (t->worked[LEDGER_MREMAP] && !offers(table, MEM_MREMAP_COUNT) && offers_usage(table))
		accuracy_add(
			out, "mremap_calls", "calls", (int64_t)t->worked[LEDGER_MREMAP], 0,
			"mremaps that moved or resized mappings; no tracepoint here sees them");
	if (lost)
		accuracy_add(out, "lost_updates", "calls", (int64_t)(mmaps + munmaps + lost),
			     (int64_t)(mmaps + munmaps),
			     "%s: %" PRIu64 " calls are counted nowhere", races_text, lost);
	if (table->n > 1)
		accuracy_add(out, "rows_left_behind", "rows", 0, (int64_t)table->n,
			     "the command has ended; the rows of its threads stay");
}

static void totals_of_completed(const struct model_totals *t, const struct counter_table *table,
				struct accuracy *out)
{
	uint64_t captured[MEM_FIELD_COUNT];

	for (uint32_t f = 0; f < MEM_FIELD_COUNT; f++)
		captured[f] = identity_sum(table, f);
	calls_that_worked(t, table, captured, out);
}

int memory_assess(const struct assessment *in, struct accuracy *out)
{
	if (!(in->caps & MONITOR_COUNTERS))
		return 0;
	if (in->by_ledger)
		return by_ledger(in, out);
	if (in->model->def.calls == MONITOR_COMPLETED)
		totals_of_completed(in->totals, in->table, out);
	else
		totals_of_entered(in->totals, in->table, in->lost_updates, out);
	return 0;
}
