/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a trial to a verdict: the model is built, the judges are called, and the status follows. */
#include "lib/base.h"
#include "harness/verify/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/memmon/memmon.h"
#include "harness/verify/cpu_truth.h"
#include "lib/strbuf.h"

static void end_as(struct verdict *v, enum status status, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void end_as(struct verdict *v, enum status status, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->status = status;
	strbuf_reset(&v->reason);
	strbuf_addstr(&v->reason, text);
}

/* The rows of the target: all, when the monitor watches only it, else those with a key of the
 * ledger. */
static int target_rows(const struct model *model, const struct trial_monitor *m,
		       struct mem_table *out)
{
	*out = (struct mem_table){.fields = m->after.fields};
	out->rows = calloc(m->after.n + 1, sizeof(*out->rows));
	if (!out->rows)
		return -ENOMEM;
	for (size_t i = 0; i < m->after.n; i++)
		if ((m->info->caps & MONITOR_CGROUP) || model_find(model, m->after.rows[i].key))
			out->rows[out->n++] = m->after.rows[i];
	return 0;
}

static uint64_t target_records(const struct model *model, const struct trial_monitor *m)
{
	uint64_t n = 0;

	if (!m->keep_events || (m->info->caps & MONITOR_CGROUP))
		return m->records;
	for (size_t i = 0; i < m->nevents; i++)
		for (size_t k = 0; k < model->nlanes; k++)
			if (model->streams[k].tid == m->events[i].pid) {
				n++;
				break;
			}
	return n;
}

/* Counters that were there before the window: nothing can be said then. */
static bool started_clean(struct verdict *v, const struct model *model,
			  const struct trial_monitor *m)
{
	for (size_t i = 0; i < m->before.n; i++) {
		uint32_t key = m->before.rows[i].key;

		if (!(m->info->caps & MONITOR_CGROUP) && !model_find(model, key))
			continue;
		end_as(v, STATUS_VOID, "key %u had a row before the workload began", key);
		return false;
	}
	return true;
}

static bool lost_on_the_way(struct verdict *v, const struct trial *t, const struct trial_monitor *m)
{
	uint64_t lost = m->losses.lost_events;

	if (lost && lost != UINT64_MAX) {
		end_as(v, STATUS_VOID, "%" PRIu64 " events were lost before they were printed",
		       lost);
		return true;
	}
	if (t->oracle_misses) {
		end_as(v, STATUS_VOID, "the kernel skipped %" PRIu64 " runs of the oracle",
		       t->oracle_misses);
		return true;
	}
	return false;
}

/*
 * A call that perf saw and the oracle did not: then the oracle missed calls. The other way round
 * says nothing: any BPF program on the machine that is attached to perf's tracepoint and returns 0
 * hides calls from perf.
 */
static bool oracle_saw_all(struct verdict *v, const struct trial *t)
{
	for (int op = 0; t->has_perf && op < LEDGER_OP_COUNT; op++) {
		if (t->perf_calls[op] <= t->oracle_totals.calls[op])
			continue;
		end_as(v, STATUS_VOID,
		       "the oracle counted %" PRIu64 " %s calls, perf %" PRIu64
		       ": the oracle is not believed",
		       t->oracle_totals.calls[op], ledger_op_names[op], t->perf_calls[op]);
		return false;
	}
	return true;
}

static void by_ledger(struct verdict *v, const struct trial *t, const struct model *model,
		      const struct trial_monitor *m)
{
	struct judge_input in = {
		.model = model,
		.caps = m->info->caps,
		.table = &m->after,
		.events = m->events,
		.nevents = m->nevents,
		.losses = m->losses,
		.alive = t->alive,
		.races = m->info->races,
		.window_start_ns = t->start_ns,
		.window_end_ns = t->end_ns,
	};

	judge(&in, &v->judged);
}

/* The oracle has no keys and no order: the identities are all there is to compare. */
static void by_oracle(struct verdict *v, const struct trial_monitor *m,
		      const struct mem_table *table, uint64_t consumed)
{
	const struct model_totals *c = &v->calls;
	uint64_t should = c->calls[LEDGER_MMAP] - c->mmap_filtered + c->calls[LEDGER_MUNMAP];
	uint64_t is = identity_sum(table, MEM_MMAP_COUNT) + identity_sum(table, MEM_MUNMAP_COUNT);
	uint32_t both = 1U << MEM_MMAP_COUNT | 1U << MEM_MUNMAP_COUNT;

	v->judged.keys = table->n;
	if (m->info->caps & MONITOR_EVENTS) {
		v->judged.events_expected = identity_events(c, m->info->definition);
		v->judged.events_captured = consumed;
	}
	if (m->info->races && m->info->definition == MONITOR_ENTERED &&
	    (table->fields & both) == both && is < should)
		v->judged.lost_updates = should - is;
}

static void verdict_by_identities(struct verdict *v, const struct trial_monitor *m)
{
	if (!(m->info->caps & (MONITOR_COUNTERS | MONITOR_EVENTS)))
		return;
	v->judged.counters = v->identities.n;
	v->judged.verdict = v->identities.broken     ? JUDGE_MISMATCH
			    : v->judged.lost_updates ? JUDGE_RACY
						     : JUDGE_EXACT;
	for (size_t i = 0; i < v->identities.n; i++) {
		const struct identity *id = &v->identities.v[i];
		struct judge_mismatch *mm;

		if (id->holds)
			continue;
		mm = judge_add(&v->judged, JUDGE_COUNTER);
		mm->field = id->name;
		mm->numeric = true;
		mm->expected = id->left;
		mm->captured = id->right;
		snprintf(mm->text, sizeof(mm->text),
			 "%s: an independent count says %" PRIu64 ", the monitor comes to %" PRIu64,
			 id->name, id->left, id->right);
	}
}

static void conclude(struct verdict *v)
{
	const struct judge_result *j = &v->judged;

	if (j->mismatches) {
		end_as(v, STATUS_FAIL, "%" PRIu64 " mismatch%s, the first: %s", j->mismatches,
		       j->mismatches == 1 ? "" : "es", j->kept[0].text);
		return;
	}
	for (size_t i = 0; i < v->identities.n; i++) {
		const struct identity *id = &v->identities.v[i];

		if (!id->holds) {
			end_as(v, STATUS_FAIL, "%s does not hold: %" PRIu64 " against %" PRIu64,
			       id->name, id->left, id->right);
			return;
		}
	}
}

static int assess(struct verdict *v, const struct trial *t, const struct model *model,
		  const struct mem_table *table, uint32_t caps)
{
	struct accuracy_input in = {
		.model = model,
		.caps = caps,
		.table = table,
		.before = t->has_vm ? &t->vm_before : NULL,
		.after = t->has_vm ? &t->vm_after : NULL,
		.main_tgid = t->nlanes ? t->lanes[0].lane->tgid : 0,
		.alive = t->alive,
		.lost_updates = v->judged.lost_updates,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};

	if (t->child.ledger)
		return accuracy_assess(&in, &v->accuracy);
	if (caps & MONITOR_COUNTERS)
		accuracy_assess_totals(&v->calls, model->def.calls, table, v->judged.lost_updates,
				       &v->accuracy);
	return 0;
}

/* Sums of clock readings: no ledger predicts them, the threads' own clocks bound them. */
static int reach_cpu(struct verdict *v, const struct trial *t, const struct model *model,
		     const struct trial_monitor *m)
{
	struct proc_cpu ticks = {t->cpu_after.user_ns - t->cpu_before.user_ns,
				 t->cpu_after.system_ns - t->cpu_before.system_ns};
	struct mem_table table;
	int err = target_rows(model, m, &table);

	if (err)
		return err;
	cpu_judge(t->lanes, t->nlanes, &table, t->unseen, t->steal_after_ns - t->steal_before_ns,
		  &v->judged);
	cpu_assess(t->lanes, t->nlanes, &table, t->unseen, t->has_vm ? &ticks : NULL, &v->accuracy);
	conclude(v);
	/* A switch that the kernel did not run the program for charges a thread with another's
	 * time. */
	if (v->status == STATUS_FAIL && m->losses.recursion_misses &&
	    m->losses.recursion_misses != UINT64_MAX)
		end_as(v, STATUS_VOID,
		       "the kernel skipped %" PRIu64 " runs of it, because another BPF program was "
		       "active on that CPU",
		       m->losses.recursion_misses);
	mem_table_release(&table);
	return 0;
}

static int reach(struct verdict *v, const struct trial *t, const struct model *model,
		 const struct trial_monitor *m)
{
	struct mem_table table;
	uint64_t consumed = target_records(model, m);
	struct identity_input id = {
		.calls = &v->calls,
		.definition = m->info->definition,
		.caps = m->info->caps,
		.table = &table,
		.consumed = consumed,
		.losses = m->losses,
	};
	int err = target_rows(model, m, &table);

	if (err)
		return err;
	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		v->sums[f] = identity_sum(&table, f);
	if (t->child.ledger)
		by_ledger(v, t, model, m);
	else
		by_oracle(v, m, &table, consumed);
	id.lost_updates = v->judged.lost_updates;
	if (m->info->caps & (MONITOR_COUNTERS | MONITOR_EVENTS))
		identities_check(&id, &v->identities);
	if (!t->child.ledger)
		verdict_by_identities(v, m);
	conclude(v);
	err = assess(v, t, model, &table, m->info->caps);
	mem_table_release(&table);
	return err;
}

int verdict_reach(struct verdict *v, const struct trial *t, size_t index)
{
	const struct trial_monitor *m = &t->monitors[index];
	struct model_definition def = {.min_length = MEM_MIN_LENGTH,
				       .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE)};
	struct model model = {0};
	int err;

	*v = (struct verdict){.reason = STRBUF_INIT, .judged.verdict = JUDGE_NONE};
	if (t->status != STATUS_OK) {
		end_as(v, t->status, "%s", t->reason.s);
		return 0;
	}
	v->has_truth = t->child.ledger || t->has_oracle;
	if (!v->has_truth)
		return 0;
	def.key = m->info->key;
	def.calls = m->info->definition;
	err = model_build(&model, &def, t->lanes, t->nlanes);
	v->calls = t->child.ledger ? model.totals : t->oracle_totals;
	if (!err && started_clean(v, &model, m) && !lost_on_the_way(v, t, m) &&
	    oracle_saw_all(v, t))
		err = m->info->fields & CPU_FIELDS ? reach_cpu(v, t, &model, m)
						   : reach(v, t, &model, m);
	model_release(&model);
	return err;
}

void verdict_release(struct verdict *v)
{
	strbuf_release(&v->reason);
}
