/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Equivalence of two monitors: both attached at once, beside every workload. */
#include "lib/base.h"
#include "harness/compare/compare.h"

#include <stdlib.h>
#include <string.h>

#include "harness/compare/equiv.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/verify/skipped.h"
#include "harness/verify/trial.h"
#include "harness/verify/verdict.h"
#include "collector/features.h"
#include "lib/strbuf.h"

/* Bytes of a ring that its smallest event takes: struct mem_event and the kernel's header of 8. */
enum { SMALLEST_SLOT = 64 };

/* Thread or process ids, sorted. */
struct ids {
	uint32_t *v;
	size_t n;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool has(const struct ids *ids, uint32_t id)
{
	return bsearch(&id, ids->v, ids->n, sizeof(id), by_number);
}

/* Whose rows and events belong to the workload: the ledger's threads; for a command, the keys of a
 * monitor that watches only the target. False when nobody knows. */
static bool target_ids(const struct trial *t, enum monitor_key key, struct ids *out)
{
	const struct trial_monitor *knows = NULL;

	for (size_t i = 0; i < t->nmonitors; i++)
		if (t->monitors[i].info->caps & MONITOR_CGROUP)
			knows = &t->monitors[i];
	if (!t->nlanes && !knows)
		return false;
	out->v = calloc((t->nlanes ? t->nlanes : knows->after.n) + 1, sizeof(*out->v));
	if (!out->v)
		return false;
	for (size_t i = 0; i < t->nlanes; i++)
		out->v[out->n++] =
			key == MONITOR_KEY_TGID ? t->lanes[i].lane->tgid : t->lanes[i].lane->tid;
	for (size_t i = 0; !t->nlanes && i < knows->after.n; i++)
		out->v[out->n++] = (uint32_t)counter_table_row(&knows->after, i)->key;
	qsort(out->v, out->n, sizeof(*out->v), by_number);
	return true;
}

/* What of @m's capture belongs to @ids, in place. */
static void keep_only(struct trial_monitor *m, const struct ids *ids)
{
	size_t n = 0;

	for (size_t i = 0; i < m->after.n; i++) {
		const struct counter_row *row = counter_table_row(&m->after, i);

		if (has(ids, (uint32_t)row->key))
			memmove(counter_table_row(&m->after, n++), row, m->after.row_bytes);
	}
	m->after.n = n;
	n = 0;
	for (size_t i = 0; i < m->nevents; i++)
		if (has(ids,
			m->info->key == MONITOR_KEY_TGID ? m->events[i].tgid : m->events[i].pid))
			m->events[n++] = m->events[i];
	m->nevents = n;
}

static uint64_t lost(const struct trial_monitor *m)
{
	return m->losses.ring_full;
}

static bool losses_known(const struct trial_monitor *m)
{
	return lost(m) != UINT64_MAX;
}

static struct json_object *differences(const struct equiv *e)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < MIN(e->differences, (uint64_t)EQUIV_KEEP); i++) {
		const struct equiv_difference *d = &e->kept[i];
		struct json_object *o = json_object_new_object();

		record_put_str(o, "what", d->what);
		record_put_str(o, "field", d->field);
		record_put_u64(o, "key", d->key);
		record_put_u64(o, "a", d->a);
		record_put_u64(o, "b", d->b);
		record_put_str(o, "text", d->text);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *new_record(const struct run *run, const char *workload,
				      const char *status, const char *reason)
{
	struct json_object *o = record_new("equivalence");

	record_put_str(o, "a", run->monitors[0]);
	record_put_str(o, "b", run->monitors[1]);
	record_put_str(o, "workload", workload);
	record_put_str(o, "status", status);
	if (reason && *reason)
		record_put_str(o, "reason", reason);
	return o;
}

static struct json_object *equivalence_record(const struct run *run, const struct workload *w,
					      const struct equiv *e, const struct trial *t,
					      bool events)
{
	bool vacuous = !e->differences && !e->counters && !e->events;
	struct json_object *o = new_record(
		run, workload_name(w),
		e->differences ? "fail"
		: vacuous      ? "skip"
			       : "ok",
		vacuous ? "nothing to compare: neither captured anything that both can count"
			: NULL);
	struct json_object *allowed = json_object_new_array();
	static const char *const losses_of[] = {"lost_a", "lost_b"};

	if (vacuous)
		record_put_bool(o, "vacuous", true);
	else
		record_put_str(o, "verdict", e->differences ? "different" : "equal");
	record_put_u64(o, "keys", e->keys);
	record_put_u64(o, "counters", e->counters);
	record_put_u64(o, "events", e->events);
	record_put_bool(o, "events_judged", events);
	record_put_u64(o, "differences", e->differences);
	record_put(o, "kept", differences(e));
	if (e->timestamp)
		record_add_str(allowed, "timestamp");
	if (e->clock)
		record_add_str(allowed, "clock");
	if (e->record_length)
		record_add_str(allowed, "record-length");
	record_put(o, "allowed", allowed);
	for (size_t i = 0; i < 2; i++)
		record_put_known(o, losses_of[i], lost(&t->monitors[i]));
	return o;
}

/* What differs because the kernel skipped runs of one is no difference between the two: not judged
 * then. NULL: none was skipped. */
static struct json_object *skipped_record(const struct run *run, const struct workload *w,
					  const struct trial *t)
{
	struct json_object *o;
	char words[160], text[256];
	uint64_t n[2];

	for (size_t i = 0; i < 2; i++) {
		n[i] = t->monitors[i].losses.recursion_misses;
		n[i] = n[i] == UINT64_MAX ? 0 : n[i];
	}
	if (!(n[0] + n[1]))
		return NULL;
	skipped_words(words, sizeof(words), n[0] + n[1], "their programs");
	snprintf(text, sizeof(text), "%s; %llu of A, %llu of B", words, (unsigned long long)n[0],
		 (unsigned long long)n[1]);
	o = new_record(run, workload_name(w), "skip", text);
	record_put_u64(o, "skipped_a", n[0]);
	record_put_u64(o, "skipped_b", n[1]);
	return o;
}

/*
 * How many of the workload's events @m lost, when the other recorded or lost @others of the same
 * calls. A monitor that watches only the target says so itself. The count of one that watches the
 * whole machine is a bound: other processes' events are in it. One that does not count losses can
 * have lost only what its ring could not hold.
 */
static uint64_t lost_events(const struct trial_monitor *m, uint64_t others)
{
	uint64_t missing = others > m->nevents ? others - m->nevents : 0;

	if (!losses_known(m))
		return others > m->info->ring_bytes / SMALLEST_SLOT ? missing : 0;
	return m->info->caps & MONITOR_CGROUP ? lost(m) : MIN(missing, lost(m));
}

/* What @m recorded of the workload, and what it surely lost of it. */
static uint64_t at_least(const struct trial_monitor *m)
{
	return m->nevents + (m->info->caps & MONITOR_CGROUP && losses_known(m) ? lost(m) : 0);
}

static void compare_events(struct equiv *e, const struct run *run, struct trial_monitor *a,
			   struct trial_monitor *b)
{
	equiv_events(e, run->monitors[0], a->events, a->nevents, lost_events(a, at_least(b)),
		     run->monitors[1], b->events, b->nevents, lost_events(b, at_least(a)));
}

/* The conformance of each, as `verify` would say it. @good: it is, of both. */
static int emit_trials(struct run *run, const struct trial *t, bool *good)
{
	int err = 0;

	*good = true;
	for (size_t i = 0; i < t->nmonitors && !err; i++) {
		struct verdict v;

		err = verdict_reach(&v, t, i);
		*good &= !err && v.status == STATUS_OK;
		if (!err)
			err = sink_emit(run->sink, verdict_record(&v, t, i));
		verdict_release(&v);
	}
	return err;
}

/* @alike: they count the same things, so that captures can be compared. */
static int judge_pair(struct run *run, const struct workload *w, struct trial *t, bool alike)
{
	struct trial_monitor *a = &t->monitors[0], *b = &t->monitors[1];
	bool events = a->info->caps & b->info->caps & MONITOR_EVENTS;
	struct equiv *e = calloc(1, sizeof(*e));
	struct json_object *skipped = NULL;
	struct ids ids = {0};
	bool good;
	int err;

	if (!e)
		return -ENOMEM;
	e->words = a->info->words;
	err = emit_trials(run, t, &good);
	if (err || !alike)
		goto out;
	if (subject_of(a->info)->read) {
		equiv_figures(e, run->monitors[0], &a->figures, run->monitors[1], &b->figures,
			      good);
		err = sink_emit(run->sink, equivalence_record(run, w, e, t, false));
		goto out;
	}
	if (a->info->key != b->info->key) {
		err = sink_emit(run->sink,
				new_record(run, workload_name(w), "fail",
					   "one counts by thread, the other by process"));
		goto out;
	}
	if (!target_ids(t, a->info->key, &ids)) {
		err = sink_emit(run->sink, new_record(run, workload_name(w), "skip",
						      "neither watches only the command, and there "
						      "is no ledger to tell whose rows are whose"));
		goto out;
	}
	keep_only(a, &ids);
	keep_only(b, &ids);
	equiv_tables(e, run->monitors[0], &a->after, run->monitors[1], &b->after);
	if (events)
		compare_events(e, run, a, b);
	skipped = e->differences ? skipped_record(run, w, t) : NULL;
	err = sink_emit(run->sink, skipped ? skipped : equivalence_record(run, w, e, t, events));
out:
	free(ids.v);
	equiv_release(e);
	free(e);
	return err;
}

static int compare_one(struct run *run, const struct workload *w, bool alike)
{
	struct trial_spec spec = {.monitors = run->monitors,
				  .nmonitors = 2,
				  .means = run->means,
				  .workload = w,
				  .limit_ns = (uint64_t)(MAX(run->seconds, 60) * NSEC_PER_SEC),
				  .keep_events = true,
				  .no_oracle = true};
	struct json_object *o;
	struct trial t;
	int err;

	progress_step(run->progress, "%s and %s beside %s", run->monitors[0], run->monitors[1],
		      workload_name(w));
	err = trial_run(&t, &spec);
	if (!err && t.status != STATUS_OK) {
		o = new_record(run, workload_name(w), status_names[t.status], t.reason.s);
		if (t.cause)
			record_put_str(o, "cause", t.cause);
		err = sink_emit(run->sink, o);
	} else if (!err) {
		err = judge_pair(run, w, &t, alike);
	}
	trial_release(&t);
	return err;
}

/* Memory calls tell any two apart; but allocations are in ledgers of their own. */
static bool by_default(const struct workload_ops *ops, enum workload_subject subject)
{
	return ops->subject == subject && ops->truth == WORKLOAD_LEDGER;
}

/* Whose ledgers the two are held to: of allocations, where the first is of these, else of memory.
 */
static enum workload_subject subject_of_first(const struct run *run)
{
	static const struct monitor_target whole = {0};
	enum workload_subject subject = WORKLOAD_MEMORY;
	struct strbuf ignored = STRBUF_INIT;
	struct monitor *m = NULL;

	if (!monitor_open(&m, run->monitors[0], &whole, &ignored))
		subject = subject_workloads(monitor_info(m));
	monitor_close(m);
	strbuf_release(&ignored);
	return workload_allocates(subject) ? subject : WORKLOAD_MEMORY;
}

unsigned int compare_steps(const struct run *run)
{
	enum workload_subject subject = subject_of_first(run);
	unsigned int n = subject == WORKLOAD_MEMORY; /* stress-ng */

	if (run->nworkloads)
		return (unsigned int)run->nworkloads;
	for (const struct workload_ops *const *ops = workload_list; *ops; ops++)
		n += by_default(*ops, subject);
	return n;
}

static int compare_named(struct run *run, const char *spec, bool alike)
{
	struct workload w = {0};
	int err = workload_parse(&w, spec, run->seed);

	if (!err)
		err = compare_one(run, &w, alike);
	workload_release(&w);
	return err;
}

bool compare_can_load(struct strbuf *why)
{
	int err = feature_program_tracepoint();

	if (!err)
		err = feature_btf();
	if (err && why)
		strbuf_addf(why,
			    "BPF programs cannot be loaded on this machine (%s); it needs root",
			    strerror(-err));
	return !err;
}

/*
 * True where what @name captures cannot be read, though its programs can be loaded: its maps have
 * names that nobody told us. Then costs can be compared, and nothing else.
 */
static bool is_unreadable(const char *name, const char *means, struct strbuf *why)
{
	static const struct monitor_target programs = {.bare = true};
	const struct monitor_target whole = {.means = means};
	struct strbuf reason = STRBUF_INIT, other = STRBUF_INIT;
	struct monitor *m = NULL;
	bool unreadable = false;

	if (monitor_open(&m, name, &whole, &reason) == -EINVAL) {
		strbuf_addstr(why, reason.s);
		unreadable = !monitor_open(&m, name, &programs, &other);
	}
	monitor_close(m);
	strbuf_release(&reason);
	strbuf_release(&other);
	return unreadable;
}

static const char *counts(const struct vocabulary *words, enum monitor_definition of)
{
	static const char *const of_memory[] = {
		[MONITOR_ENTERED] = "calls when they enter",
		[MONITOR_COMPLETED] = "calls that have ended and worked",
	};

	return words == &vocabulary_memory ? of_memory[of] : words->definitions[of];
}

/* True where the two count by one definition. A monitor that cannot be opened is told of when it is
 * tried. */
static bool count_alike(const struct run *run, struct strbuf *why)
{
	const struct monitor_target whole = {.means = run->means};
	enum monitor_definition of[2] = {MONITOR_ENTERED, MONITOR_ENTERED};
	const struct vocabulary *words[2] = {NULL, NULL};

	for (size_t i = 0; i < 2; i++) {
		struct strbuf ignored = STRBUF_INIT;
		struct monitor *m = NULL;

		if (monitor_open(&m, run->monitors[i], &whole, &ignored)) {
			of[1] = of[0];
			i = 2;
		} else {
			of[i] = monitor_info(m)->definition;
			words[i] = monitor_info(m)->words;
		}
		monitor_close(m);
		strbuf_release(&ignored);
	}
	if (words[0] && words[1] && words[0] != words[1]) {
		strbuf_addf(why,
			    "their subjects differ, so equivalence is not asked for: %s counts %s, "
			    "%s counts %s",
			    run->monitors[0], words[0]->name, run->monitors[1], words[1]->name);
		return false;
	}
	if (of[0] == of[1])
		return true;
	strbuf_addf(why,
		    "their definitions differ, so equivalence is not asked for: %s counts %s, %s "
		    "counts %s",
		    run->monitors[0], counts(words[0], of[0]), run->monitors[1],
		    counts(words[1], of[1]));
	return false;
}

/*
 * A script that says itself what its maps mean says it for an object beside it that does not:
 * "compare opens.bt opens.bpf.o".
 */
static const char *shared_means(const struct run *run)
{
	static const struct monitor_target whole = {0};
	const char *means = run->means;

	for (size_t i = 0; !means && i < 2; i++) {
		struct strbuf ignored = STRBUF_INIT, other = STRBUF_INIT;
		struct monitor *m = NULL, *object = NULL;

		if (str_ends_with(run->monitors[i], ".bt") &&
		    !monitor_open(&m, run->monitors[i], &whole, &ignored) &&
		    monitor_info(m)->own_means &&
		    monitor_open(&object, run->monitors[!i], &whole, &other) == -EINVAL)
			means = run->monitors[i];
		monitor_close(m);
		monitor_close(object);
		strbuf_release(&ignored);
		strbuf_release(&other);
	}
	return means;
}

int compare_equivalence(struct run *run)
{
	struct strbuf why = STRBUF_INIT;
	enum workload_subject subject;
	bool alike;
	int err = 0;

	run->means = shared_means(run);

	if (!compare_can_load(&why)) {
		err = sink_emit(run->sink, new_record(run, "any", "skip", why.s));
		strbuf_release(&why);
		return err;
	}
	for (size_t i = 0; run->monitors[i]; i++) {
		strbuf_reset(&why);
		if (!is_unreadable(run->monitors[i], run->means, &why))
			continue;
		err = sink_emit(run->sink, new_record(run, "any", "skip", why.s));
		strbuf_release(&why);
		return err;
	}
	strbuf_reset(&why);
	alike = count_alike(run, &why);
	if (!alike)
		err = sink_emit(run->sink, new_record(run, "any", "skip", why.s));
	strbuf_release(&why);
	for (size_t i = 0; i < run->nworkloads && !err; i++)
		err = run_interrupted() ? -EINTR : compare_one(run, &run->workloads[i], alike);
	if (run->nworkloads)
		return err;
	subject = subject_of_first(run);
	for (const struct workload_ops *const *ops = workload_list; *ops && !err; ops++)
		if (by_default(*ops, subject))
			err = run_interrupted() ? -EINTR : compare_named(run, (*ops)->name, alike);
	if (err || subject != WORKLOAD_MEMORY)
		return err;
	return compare_named(run, "stress-ng:stressor=mmap", alike);
}
