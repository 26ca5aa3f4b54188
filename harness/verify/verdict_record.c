/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A verdict as a record (docs/results.md: trial). */
#include "lib/base.h"
#include "harness/verify/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/record_put.h"

enum { OUTPUT_IN_RECORD = 4096 };

static struct json_object *params_of(const struct workload *w)
{
	struct json_object *o = json_object_new_object();

	for (const struct param *p = w->ops ? w->ops->params : NULL; p && p->name; p++) {
		if (p->kind == PARAM_ENUM)
			record_put_str(o, p->name, p->values[param_get(p, w->params)]);
		else
			record_put_u64(o, p->name, param_get(p, w->params));
	}
	return o;
}

static struct json_object *conformance_of(const struct judge_result *j)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "verdict", judge_verdict_names[j->verdict]);
	record_put_u64(o, "keys", j->keys);
	record_put_u64(o, "counters", j->counters);
	record_put_u64(o, "events_expected", j->events_expected);
	record_put_u64(o, "events_captured", j->events_captured);
	record_put_u64(o, "mismatches", j->mismatches);
	if (j->lost_updates)
		record_put_u64(o, "lost_updates", j->lost_updates);
	if (j->skipped_runs)
		record_put_u64(o, "skipped_runs", j->skipped_runs);
	return o;
}

static struct json_object *mismatches_of(const struct judge_result *j)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < MIN(j->mismatches, JUDGE_KEPT); i++) {
		const struct judge_mismatch *m = &j->kept[i];
		struct json_object *o = json_object_new_object();
		char place[64];

		record_put_str(o, "what", judge_what_names[m->what]);
		record_put_known(o, "key", m->key ? m->key : UINT64_MAX);
		if (m->key_text[0])
			record_put_str(o, "key_text", m->key_text);
		record_put_str(o, "field", m->field);
		if (m->numeric) {
			record_put_u64(o, "expected", m->expected);
			record_put_u64(o, "captured", m->captured);
		} else {
			record_put_str(o, "expected", m->expected_text);
			record_put_str(o, "captured", m->captured_text);
		}
		snprintf(place, sizeof(place), "lane %u line %" PRIu64, m->place.lane,
			 m->place.line);
		record_put_str(o, "ledger", m->place.line ? place : NULL);
		record_put_str(o, "text", m->text);
		json_object_array_add(list, o);
	}
	return list;
}

/* JSON integers here are 64-bit: what lies beyond is the nearest there is. */
static struct json_object *amount(accuracy_amount v)
{
	if (v > (accuracy_amount)UINT64_MAX)
		return json_object_new_uint64(UINT64_MAX);
	if (v > INT64_MAX)
		return json_object_new_uint64((uint64_t)v);
	return json_object_new_int64((int64_t)MAX(v, (accuracy_amount)INT64_MIN));
}

static struct json_object *accuracy_of(const struct accuracy *a)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < a->n; i++) {
		const struct accuracy_finding *f = &a->finding[i];
		struct json_object *o = json_object_new_object();
		double pct = accuracy_error_pct(f);

		record_put_str(o, "metric", f->metric);
		record_put(o, "truth", amount(f->truth));
		record_put(o, "captured", amount(f->captured));
		record_put(o, "error", amount(f->captured - f->truth));
		record_put(o, "error_pct", isnan(pct) ? NULL : json_object_new_double(pct));
		record_put_str(o, "unit", f->unit);
		record_put_str(o, "why", f->why);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *identities_of(const struct identities *ids)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ids->n; i++) {
		struct json_object *o = json_object_new_object();

		record_put_str(o, "name", ids->v[i].name);
		record_put_u64(o, "left", ids->v[i].left);
		record_put_u64(o, "right", ids->v[i].right);
		record_put_bool(o, "holds", (ids->v[i].holds));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *losses_of(const struct monitor_losses *l)
{
	struct json_object *o = json_object_new_object();

	record_put_known(o, "ring_full", l->ring_full);
	record_put_known(o, "map_full", l->map_full);
	record_put_known(o, "lost_events", l->lost_events);
	record_put_known(o, "recursion_misses", l->recursion_misses);
	record_put_known(o, "bad_records", l->bad_records);
	return o;
}

static struct json_object *calls_of(const uint64_t n[LEDGER_OP_COUNT])
{
	struct json_object *o = json_object_new_object();

	for (int op = 0; op < LEDGER_OP_COUNT; op++)
		if (op != LEDGER_MREMAP || n[op])
			record_put_u64(o, ledger_op_names[op], n[op]);
	return o;
}

static struct json_object *memory_of(const struct proc_memory *m)
{
	struct json_object *o = json_object_new_object();

	record_put_u64(o, "size_bytes", m->size_bytes);
	record_put_u64(o, "peak_bytes", m->peak_bytes);
	record_put_u64(o, "rss_bytes", m->rss_bytes);
	return o;
}

/* The standard figures of blocks; null where the monitor has no words for them. */
static struct json_object *made_of(const struct verdict *v, const struct vocabulary *words)
{
	struct json_object *o;

	if (words == &vocabulary_memory)
		return NULL;
	o = json_object_new_object();
	for (size_t f = 0; f < words->nfields; f++)
		if (words->fields[f].standard && !words->fields[f].slots)
			record_put_u64(o, words->fields[f].name,
				       v->made[vocabulary_slot(words, f)]);
	return o;
}

static struct json_object *truth_of(const struct verdict *v, const struct trial *t, size_t index)
{
	struct json_object *o = json_object_new_object(), *canary;

	record_put_str(o, "source", t->calls ? "record" : t->child.ledger ? "ledger" : "oracle");
	if (t->calls)
		record_put_u64(o, "recorded", t->recorded.recorded);
	if (t->has_oracle) {
		canary = json_object_new_object();
		record_put_u64(canary, "expected", t->canary.expected);
		record_put_u64(canary, "counted", t->canary.counted);
		record_put(o, "canary", canary);
	}
	if (t->has_perf)
		record_put(o, "perf", calls_of(t->perf_calls));
	if (v->of_blocks) {
		record_put(o, "made", made_of(v, t->monitors[index].info->words));
	} else {
		record_put(o, "calls", calls_of(v->calls.calls));
		record_put(o, "failed", calls_of(v->calls.failed));
		record_put(o, "worked", calls_of(v->calls.worked));
		record_put_u64(o, "mmap_filtered", v->calls.mmap_filtered);
	}
	if (t->has_vm) {
		record_put(o, "vm_before", memory_of(&t->vm_before));
		record_put(o, "vm_after", memory_of(&t->vm_after));
	}
	return o;
}

/* A sum, or the sums of a histogram; moments have none. */
static void captured_field(struct json_object *o, const struct counter_field *field,
			   const uint64_t *sums)
{
	struct json_object *list;

	if (field->clock && field->join == COUNTER_MAX)
		return;
	if (!field->slots) {
		record_put_u64(o, field->name, *sums);
		return;
	}
	list = json_object_new_array();
	for (uint32_t i = 0; i < field->slots; i++)
		json_object_array_add(list, json_object_new_uint64(sums[i]));
	record_put(o, field->name, list);
}

static struct json_object *captured_of(const struct verdict *v, const struct trial_monitor *m)
{
	struct json_object *o = json_object_new_object();
	const struct vocabulary *words = m->info->words;
	uint32_t slot = 0;

	for (size_t f = 0; f < words->nfields; slot += MAX(words->fields[f++].slots, 1U))
		if (counter_table_has(&m->after, f))
			captured_field(o, &words->fields[f], &v->sums[slot]);
	return o;
}

static struct json_object *command_of(const struct trial *t)
{
	char *const *argv = t->child.argv ? t->child.argv : t->spec->workload->command;
	struct json_object *o, *list;
	const struct subproc *p = &t->child.proc;

	if (!argv)
		return NULL;
	o = json_object_new_object();
	list = json_object_new_array();
	for (; *argv; argv++)
		json_object_array_add(list, json_object_new_string(*argv));
	record_put(o, "argv", list);
	if (p->reaped && WIFEXITED(p->status))
		record_put(o, "exit", json_object_new_int(WEXITSTATUS(p->status)));
	else if (p->reaped && WIFSIGNALED(p->status))
		record_put(o, "signal", json_object_new_int(WTERMSIG(p->status)));
	if (p->reaped)
		record_put_u64(o, "output_bytes", t->child.output.bytes);
	if (t->cause) {
		struct strbuf text = STRBUF_INIT;

		output_text(&t->child.output, OUTPUT_IN_RECORD, &text);
		record_put_str(o, "output", text.s);
		strbuf_release(&text);
	}
	if (t->child.left)
		record_put_u64(o, "left_running", t->child.left);
	return o;
}

static struct json_object *cost_of(const struct monitor_cost *c)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	record_put_u64(o, "map_bytes", c->map_bytes);
	record_put_u64(o, "load_ns", c->load_ns);
	record_put_u64(o, "attach_ns", c->attach_ns);
	for (uint32_t i = 0; i < c->nprograms; i++) {
		const struct monitor_program *p = &c->programs[i];
		struct json_object *prog = json_object_new_object();

		record_put_str(prog, "name", p->name);
		record_put_str(prog, "section", p->section);
		record_put_u64(prog, "xlated_bytes", p->xlated_bytes);
		record_put_u64(prog, "jited_bytes", p->jited_bytes);
		record_put_u64(prog, "verified_insns", p->verified_insns);
		if (p->unattached)
			record_put_bool(prog, "attached", false);
		json_object_array_add(list, prog);
	}
	record_put(o, "programs", list);
	return o;
}

static const char *definition_of(const struct monitor_info *info)
{
	if (info->means)
		return NULL;
	return info->words->definitions ? info->words->definitions[info->definition]
					: vocabulary_memory.definitions[info->definition];
}

struct json_object *verdict_record(const struct verdict *v, const struct trial *t, size_t index)
{
	const struct trial_monitor *m = &t->monitors[index];
	struct json_object *o = json_object_new_object(), *command = command_of(t);

	record_put_str(o, "type", "trial");
	record_put_str(o, "monitor", m->info ? m->info->name : t->spec->monitors[index]);
	record_put_str(o, "definition", m->info ? definition_of(m->info) : NULL);
	if (m->info && m->info->means)
		record_put_str(o, "means", m->info->means);
	record_put_str(o, "workload", workload_name(t->spec->workload));
	record_put(o, "params", params_of(t->spec->workload));
	record_put_u64(o, "seed", t->spec->workload->seed);
	record_put_str(o, "status", status_names[v->status]);
	if (v->reason.len)
		record_put_str(o, "reason", v->reason.s);
	if (t->cause)
		record_put_str(o, "cause", t->cause);
	if (v->vacuous)
		record_put_bool(o, "vacuous", true);
	if (command)
		record_put(o, "command", command);
	record_put(o, "conformance", conformance_of(&v->judged));
	record_put(o, "mismatches", mismatches_of(&v->judged));
	if (!v->has_truth)
		return o;
	record_put_u64(o, "duration_ns", t->end_ns - t->start_ns);
	record_put(o, "truth", truth_of(v, t, index));
	if (m->after.fields)
		record_put(o, "captured", captured_of(v, m));
	record_put(o, "accuracy", accuracy_of(&v->accuracy));
	record_put(o, "identities", identities_of(&v->identities));
	record_put(o, "losses", losses_of(&m->losses));
	record_put(o, "cost", cost_of(&m->cost));
	return o;
}
