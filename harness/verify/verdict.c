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

#include "collector/manifest.h"
#include "harness/verify/skipped.h"
#include "lib/strbuf.h"

static void end_as(struct verdict *v, enum status status, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void end_as(struct verdict *v, enum status status, const char *fmt, ...)
{
	va_list ap;

	v->status = status;
	strbuf_reset(&v->reason);
	va_start(ap, fmt);
	strbuf_vaddf(&v->reason, fmt, ap);
	va_end(ap);
}

/* The rows of the target: all, when the monitor watches only it, else those with a key of the
 * ledger. */
static struct counter_table target_rows(const struct model *model, const struct trial_monitor *m)
{
	struct counter_table out =
		counter_table_new(m->after.words, m->after.fields, m->after.key_bytes);

	for (size_t i = 0; i < m->after.n; i++) {
		const struct counter_row *row = counter_table_row(&m->after, i);

		out.row_bytes = m->after.row_bytes;
		if ((m->info->caps & MONITOR_CGROUP) || model_find(model, row->key))
			counter_table_copy(&out, row);
	}
	return out;
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
		uint64_t key = counter_table_row(&m->before, i)->key;

		if (!(m->info->caps & MONITOR_CGROUP) && !model_find(model, key))
			continue;
		end_as(v, STATUS_VOID, "key %" PRIu64 " had a row before the workload began", key);
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
	/* A script has no way to tell which keys a full map did not take; the record has. */
	if (!t->calls && m->info->kind != MONITOR_OBJECT && m->losses.map_full &&
	    m->losses.map_full != UINT64_MAX) {
		end_as(v, STATUS_VOID,
		       "a map of it was full: %" PRIu64 " time%s it took no new key",
		       m->losses.map_full, m->losses.map_full == 1 ? "" : "s");
		return true;
	}
	if (t->oracle_misses) {
		end_as(v, STATUS_VOID, "the kernel skipped %" PRIu64 " runs of the oracle",
		       t->oracle_misses);
		return true;
	}
	return false;
}

/* The record of calls, where there is one, must be all that happened. */
static bool recorded_all(struct verdict *v, const struct trial *t, const struct trial_monitor *m)
{
	const struct calls_verdict *r = &t->recorded;

	if (!t->calls)
		return true;
	if (r->lost)
		end_as(v, STATUS_VOID, "the record of calls lost %" PRIu64 " of them", r->lost);
	else if (r->skipped)
		end_as(v, STATUS_VOID, "the kernel skipped %" PRIu64 " runs of the record of calls",
		       r->skipped);
	else if (!r->whole)
		end_as(v, STATUS_VOID, "the record of calls was not read as it was written");
	else if (r->below && (m->info->caps & (MONITOR_CGROUP | MONITOR_BELOW)) == MONITOR_CGROUP)
		end_as(v, STATUS_VOID,
		       "%" PRIu64 " calls were made in cgroups below the trial's, and %s watches "
		       "that one alone",
		       r->below, m->info->name);
	return v->status == STATUS_OK;
}

/* Calls that the oracle has in no sum, or that this monitor was not told to watch. */
static bool within_sight(struct verdict *v, const struct trial *t, const struct trial_monitor *m)
{
	const struct oracle_edges *e = &t->oracle_edges;
	uint32_t target = m->info->caps & (MONITOR_CGROUP | MONITOR_BELOW);

	if (e->outside)
		end_as(v, STATUS_VOID,
		       "%" PRIu64 " calls were made outside the trial's cgroup, which the command "
		       "left: nothing says how many of them %s should have counted",
		       e->outside, m->info->name);
	else if (e->compat && !(m->info->caps & MONITOR_COMPAT))
		end_as(v, STATUS_VOID,
		       "%" PRIu64
		       " calls were made by 32-bit programs, which %s does not say that it "
		       "looks at",
		       e->compat, m->info->name);
	else if (e->below && target == MONITOR_CGROUP)
		end_as(v, STATUS_VOID,
		       "%" PRIu64 " calls were made in cgroups below the trial's, and %s watches "
		       "that one alone",
		       e->below, m->info->name);
	else if (e->blind)
		end_as(v, STATUS_VOID,
		       "there was no memory to follow %" PRIu64 " calls: the oracle is not "
		       "believed",
		       e->blind);
	return v->status == STATUS_OK;
}

/*
 * Calls that seccomp answered with a result that calls which worked have: who looks at results
 * alone, as the definition of completed calls allows, cannot tell them from those.
 */
static void doubt_answered(struct verdict *v, const struct trial *t)
{
	if (v->status != STATUS_FAIL || !t->oracle_edges.answered)
		return;
	v->judged.verdict = JUDGE_NONE;
	v->judged.mismatches = 0;
	end_as(v, STATUS_VOID,
	       "%" PRIu64 " calls never ran and returned as if they had worked (seccomp "
	       "answered them): by their results they cannot be told from those that did",
	       t->oracle_edges.answered);
}

/*
 * A call that perf saw and the oracle did not: then the oracle missed calls. The other way round
 * says nothing: any BPF program on the machine that is attached to perf's tracepoint and returns 0
 * hides calls from perf.
 */
static bool oracle_saw_all(struct verdict *v, const struct trial *t)
{
	for (int op = 0; op < LEDGER_OP_COUNT; op++) {
		if (t->oracle_totals.worked[op] <= t->oracle_totals.calls[op])
			continue;
		end_as(v, STATUS_VOID,
		       "%" PRIu64 " %s calls worked of %" PRIu64
		       " that entered: the oracle is not believed",
		       t->oracle_totals.worked[op], ledger_op_names[op],
		       t->oracle_totals.calls[op]);
		return false;
	}
	for (int op = 0; t->has_perf && op < LEDGER_OP_COUNT; op++) {
		/* perf goes by the number alone, which 32-bit calls have others of. */
		if (t->perf_calls[op] <=
		    t->oracle_totals.calls[op] + (uint64_t)t->oracle_edges.mistaken[op])
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
		      const struct trial_monitor *m, const struct counter_table *table)
{
	const struct subject_ops *subject = model->def.subject;
	struct judge_input in = {
		.model = model,
		.caps = m->info->caps,
		.table = subject->judge ? table : &m->after,
		.events = m->events,
		.nevents = m->nevents,
		.event_fields = m->info->event_fields,
		.comm_bytes = m->info->comm_bytes,
		.losses = m->losses,
		.rings = m->info->rings,
		.alive = t->alive,
		.races = m->info->races,
		.window_start_ns = t->start_ns,
		.window_end_ns = t->end_ns,
		.unseen = t->unseen,
		.steal_ns = t->steal_after_ns - t->steal_before_ns,
		.monitor = m->monitor,
		.figures = &m->figures,
		.cgroup_id = t->cgroup_id,
	};

	if (t->calls)
		in.calls = calls_list(t->calls, &in.ncalls);
	if (subject->judge)
		subject->judge(&in, &v->judged);
	else
		judge(&in, &v->judged);
	if (v->judged.doubt[0])
		end_as(v, STATUS_VOID, "%s", v->judged.doubt);
}

/* The sums over the whole capture are all that an oracle's totals can be held against. */
static void by_totals(struct verdict *v, const struct subject_ops *subject,
		      const struct identity_input *id, const struct trial_monitor *m)
{
	v->judged.keys = id->table->n;
	subject->by_totals(id, &v->judged);
	v->judged.events_captured = id->consumed;
	if (!(m->info->caps & MONITOR_EVENTS))
		v->judged.events_expected = v->judged.events_captured = 0;
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

/* Nothing was counted by the truth or by the monitor that could have been wrong: silence beside
 * silence, which is not "exact". */
static bool nothing_compared(const struct verdict *v)
{
	const struct judge_result *j = &v->judged;

	if (j->lost_updates || j->events_expected || j->events_captured)
		return false;
	if (!v->by_totals)
		return !j->counters;
	for (size_t i = 0; i < v->identities.n; i++)
		if (v->identities.v[i].left || v->identities.v[i].right)
			return false;
	return true;
}

static void conclude(struct verdict *v)
{
	const struct judge_result *j = &v->judged;

	if (v->status != STATUS_OK)
		return;
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

static void conclude_vacuous(struct verdict *v, const struct trial *t,
			     const struct trial_monitor *m)
{
	v->vacuous = true;
	v->judged.verdict = JUDGE_NONE;
	if (t->child.ledger || v->by_totals || t->calls)
		end_as(v, STATUS_SKIP,
		       "nothing to compare: no call was made that %s counts, and it counted none",
		       m->info->name);
	else
		end_as(v, STATUS_SKIP,
		       "nothing to compare: only beebench's own workloads say what the figures of "
		       "%s must be",
		       m->info->name);
}

static int assess(struct verdict *v, const struct trial *t, const struct model *model,
		  const struct trial_monitor *m, const struct counter_table *table)
{
	const struct proc_cpu ticks = {t->cpu_after.user_ns - t->cpu_before.user_ns,
				       t->cpu_after.system_ns - t->cpu_before.system_ns};
	struct assessment in = {
		.model = model,
		.totals = &v->calls,
		.caps = m->info->caps,
		.table = table,
		.before = t->has_vm ? &t->vm_before : NULL,
		.after = t->has_vm ? &t->vm_after : NULL,
		.ticks = t->has_vm ? &ticks : NULL,
		.main_tgid = t->nlanes ? t->lanes[0].lane->tgid : 0,
		.alive = t->alive,
		.unseen = t->unseen,
		.lost_updates = v->judged.lost_updates,
		.kinds = m->info->event_kinds,
		.by_type = m->info->event_fields >> (EVENT_COMMON + MEM_EVENT_TYPE) & 1 ? m->by_type
											: NULL,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
		.by_ledger = t->child.ledger,
	};

	return model->def.subject->assess ? model->def.subject->assess(&in, &v->accuracy) : 0;
}

static uint64_t skipped_runs(const struct trial_monitor *m)
{
	return m->losses.recursion_misses == UINT64_MAX ? 0 : m->losses.recursion_misses;
}

/* A failure that skipped runs explain is none: it becomes a finding. */
static void forgive_skipped(struct verdict *v, const struct subject_ops *subject, uint64_t n)
{
	if (v->status != STATUS_FAIL ||
	    !skipped_explain(&v->judged, &v->identities, subject->counts_calls, subject->words, n))
		return;
	skipped_forgive(&v->judged, &v->identities, &v->accuracy, n);
	end_as(v, STATUS_OK, "%s", "");
}

/* A run that the kernel skipped, of programs whose figures are differences of clock readings,
 * charges one thread with another's time: then a failure says nothing. */
static void doubt_skipped(struct verdict *v, uint64_t n)
{
	char words[160];

	if (v->status != STATUS_FAIL || !n)
		return;
	skipped_words(words, sizeof(words), n, "it");
	end_as(v, STATUS_VOID, "%s", words);
}

static void sum_made(struct verdict *v, const struct model *model)
{
	for (uint32_t slot = 0; slot < vocabulary_slots(model->def.subject->words); slot++)
		for (size_t i = 0; i < model->nrows; i++)
			v->made[slot] += model->rows[i].value[slot];
}

static int reach(struct verdict *v, const struct trial *t, const struct model *model,
		 const struct trial_monitor *m)
{
	const struct subject_ops *subject = model->def.subject;
	struct counter_table table = target_rows(model, m);
	bool judged = m->info->caps & (MONITOR_COUNTERS | MONITOR_EVENTS);
	struct identity_input id = {
		.calls = &v->calls,
		.definition = m->info->definition,
		.caps = m->info->caps,
		.table = &table,
		.consumed = target_records(model, m),
		.losses = m->losses,
		.races = m->info->races,
		.narrow = m->info->narrow,
		.kinds = m->info->event_kinds,
		.other_filter = !t->child.ledger && m->info->filter != t->monitors[0].info->filter,
	};
	int err;

	v->by_totals = !t->child.ledger && subject->by_totals;
	for (uint32_t slot = 0; slot < vocabulary_slots(subject->words); slot++)
		v->sums[slot] = identity_sum(&table, slot);
	if (t->child.ledger || subject->wants)
		by_ledger(v, t, model, m, &table);
	else if (v->by_totals)
		by_totals(v, subject, &id, m);
	id.lost_updates = v->judged.lost_updates;
	if (judged && !subject->judge && (t->child.ledger || v->by_totals))
		identities_check(subject, &id, &v->identities);
	if (v->by_totals)
		verdict_by_identities(v, m);
	conclude(v);
	if (judged && v->status == STATUS_OK && nothing_compared(v))
		conclude_vacuous(v, t, m);
	if (subject->of_clocks || subject->wants)
		doubt_skipped(v, skipped_runs(m));
	else
		forgive_skipped(v, subject, skipped_runs(m));
	doubt_answered(v, t);
	/* What else is off then follows from that. */
	err = v->judged.verdict == JUDGE_SKIPPED ? 0 : assess(v, t, model, m, &table);
	counter_table_release(&table);
	return err;
}

int verdict_reach(struct verdict *v, const struct trial *t, size_t index)
{
	const struct trial_monitor *m = &t->monitors[index];
	struct model_definition def = {.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE)};
	struct model model = {0};
	int err;

	*v = (struct verdict){.reason = STRBUF_INIT, .judged.verdict = JUDGE_NONE};
	if (t->status != STATUS_OK) {
		end_as(v, t->status, "%s", t->reason.s);
		return 0;
	}
	v->has_truth = t->child.ledger || t->has_oracle || t->calls;
	if (!v->has_truth)
		return 0;
	def.subject = subject_of(m->info);
	def.min_length = m->info->filter;
	def.key = m->info->key;
	def.calls = m->info->definition;
	err = model_build(&model, &def, t->lanes, t->nlanes);
	if (!err)
		model_offer(&model, m->info);
	v->calls = t->child.ledger ? model.totals : t->oracle_totals;
	v->of_blocks = t->child.ledger && workload_allocates(t->spec->workload->ops->subject);
	if (v->of_blocks && !err)
		sum_made(v, &model);
	if (!err && started_clean(v, &model, m) && !lost_on_the_way(v, t, m) &&
	    recorded_all(v, t, m) && within_sight(v, t, m) && oracle_saw_all(v, t))
		err = reach(v, t, &model, m);
	model_release(&model);
	return err;
}

void verdict_release(struct verdict *v)
{
	strbuf_release(&v->reason);
}
