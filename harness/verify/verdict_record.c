/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A verdict as a record (docs/results.md: trial). */
#include "lib/base.h"
#include "harness/verify/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value ? json_object_new_string(value) : NULL);
}

static void add_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

/* UINT64_MAX: not known. */
static void add_known(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, value == UINT64_MAX ? NULL : json_object_new_uint64(value));
}

static struct json_object *params_of(const struct workload *w)
{
	struct json_object *o = json_object_new_object();

	for (const struct param *p = w->ops ? w->ops->params : NULL; p && p->name; p++) {
		if (p->kind == PARAM_ENUM)
			add_string(o, p->name, p->values[param_get(p, w->params)]);
		else
			add_u64(o, p->name, param_get(p, w->params));
	}
	return o;
}

static struct json_object *conformance_of(const struct judge_result *j)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "verdict", judge_verdict_names[j->verdict]);
	add_u64(o, "keys", j->keys);
	add_u64(o, "counters", j->counters);
	add_u64(o, "events_expected", j->events_expected);
	add_u64(o, "events_captured", j->events_captured);
	add_u64(o, "mismatches", j->mismatches);
	if (j->lost_updates)
		add_u64(o, "lost_updates", j->lost_updates);
	return o;
}

static struct json_object *mismatches_of(const struct judge_result *j)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < MIN(j->mismatches, JUDGE_KEPT); i++) {
		const struct judge_mismatch *m = &j->kept[i];
		struct json_object *o = json_object_new_object();
		char place[64];

		add_string(o, "what", judge_what_names[m->what]);
		add_known(o, "key", m->key ? m->key : UINT64_MAX);
		add_string(o, "field", m->field);
		if (m->numeric) {
			add_u64(o, "expected", m->expected);
			add_u64(o, "captured", m->captured);
		} else {
			add_string(o, "expected", m->expected_text);
			add_string(o, "captured", m->captured_text);
		}
		snprintf(place, sizeof(place), "lane %u line %" PRIu64, m->place.lane,
			 m->place.line);
		add_string(o, "ledger", m->place.line ? place : NULL);
		add_string(o, "text", m->text);
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

		add_string(o, "metric", f->metric);
		json_object_object_add(o, "truth", amount(f->truth));
		json_object_object_add(o, "captured", amount(f->captured));
		json_object_object_add(o, "error", amount(f->captured - f->truth));
		json_object_object_add(o, "error_pct",
				       isnan(pct) ? NULL : json_object_new_double(pct));
		add_string(o, "unit", f->unit);
		add_string(o, "why", f->why);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *identities_of(const struct identities *ids)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ids->n; i++) {
		struct json_object *o = json_object_new_object();

		add_string(o, "name", ids->v[i].name);
		add_u64(o, "left", ids->v[i].left);
		add_u64(o, "right", ids->v[i].right);
		json_object_object_add(o, "holds", json_object_new_boolean(ids->v[i].holds));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *losses_of(const struct monitor_losses *l)
{
	struct json_object *o = json_object_new_object();

	add_known(o, "ring_full", l->ring_full);
	add_known(o, "map_full", l->map_full);
	add_known(o, "lost_events", l->lost_events);
	add_known(o, "recursion_misses", l->recursion_misses);
	add_known(o, "bad_records", l->bad_records);
	return o;
}

static struct json_object *calls_of(const uint64_t n[LEDGER_OP_COUNT])
{
	struct json_object *o = json_object_new_object();

	for (int op = 0; op < LEDGER_OP_COUNT; op++)
		if (op != LEDGER_MREMAP || n[op])
			add_u64(o, ledger_op_names[op], n[op]);
	return o;
}

static struct json_object *memory_of(const struct proc_memory *m)
{
	struct json_object *o = json_object_new_object();

	add_u64(o, "size_bytes", m->size_bytes);
	add_u64(o, "peak_bytes", m->peak_bytes);
	add_u64(o, "rss_bytes", m->rss_bytes);
	return o;
}

static struct json_object *truth_of(const struct verdict *v, const struct trial *t)
{
	struct json_object *o = json_object_new_object(), *canary;

	add_string(o, "source", t->child.ledger ? "ledger" : "oracle");
	if (t->has_oracle) {
		canary = json_object_new_object();
		add_u64(canary, "expected", t->canary.expected);
		add_u64(canary, "counted", t->canary.counted);
		json_object_object_add(o, "canary", canary);
	}
	if (t->has_perf)
		json_object_object_add(o, "perf", calls_of(t->perf_calls));
	json_object_object_add(o, "calls", calls_of(v->calls.calls));
	json_object_object_add(o, "failed", calls_of(v->calls.failed));
	json_object_object_add(o, "worked", calls_of(v->calls.worked));
	add_u64(o, "mmap_filtered", v->calls.mmap_filtered);
	if (t->has_vm) {
		json_object_object_add(o, "vm_before", memory_of(&t->vm_before));
		json_object_object_add(o, "vm_after", memory_of(&t->vm_after));
	}
	return o;
}

static struct json_object *captured_of(const struct verdict *v, const struct trial_monitor *m)
{
	struct json_object *o = json_object_new_object();

	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		if ((m->after.fields & (1U << f)) && f != MEM_LAST_UPDATE)
			add_u64(o, mem_field_names[f], v->sums[f]);
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
	json_object_object_add(o, "argv", list);
	if (p->reaped && WIFEXITED(p->status))
		json_object_object_add(o, "exit", json_object_new_int(WEXITSTATUS(p->status)));
	else if (p->reaped && WIFSIGNALED(p->status))
		json_object_object_add(o, "signal", json_object_new_int(WTERMSIG(p->status)));
	return o;
}

static struct json_object *cost_of(const struct monitor_cost *c)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	add_u64(o, "map_bytes", c->map_bytes);
	add_u64(o, "load_ns", c->load_ns);
	add_u64(o, "attach_ns", c->attach_ns);
	for (uint32_t i = 0; i < c->nprograms; i++) {
		const struct monitor_program *p = &c->programs[i];
		struct json_object *prog = json_object_new_object();

		add_string(prog, "name", p->name);
		add_string(prog, "section", p->section);
		add_u64(prog, "xlated_bytes", p->xlated_bytes);
		add_u64(prog, "jited_bytes", p->jited_bytes);
		add_u64(prog, "verified_insns", p->verified_insns);
		json_object_array_add(list, prog);
	}
	json_object_object_add(o, "programs", list);
	return o;
}

struct json_object *verdict_record(const struct verdict *v, const struct trial *t, size_t index)
{
	const struct trial_monitor *m = &t->monitors[index];
	struct json_object *o = json_object_new_object(), *command = command_of(t);

	add_string(o, "type", "trial");
	add_string(o, "monitor", m->info ? m->info->name : t->spec->monitors[index]);
	add_string(o, "definition", m->info ? monitor_definition_names[m->info->definition] : NULL);
	add_string(o, "workload", workload_name(t->spec->workload));
	json_object_object_add(o, "params", params_of(t->spec->workload));
	add_u64(o, "seed", t->spec->workload->seed);
	add_string(o, "status", status_names[v->status]);
	if (v->reason.len)
		add_string(o, "reason", v->reason.s);
	if (command)
		json_object_object_add(o, "command", command);
	json_object_object_add(o, "conformance", conformance_of(&v->judged));
	json_object_object_add(o, "mismatches", mismatches_of(&v->judged));
	if (!v->has_truth)
		return o;
	add_u64(o, "duration_ns", t->end_ns - t->start_ns);
	json_object_object_add(o, "truth", truth_of(v, t));
	if (m->after.fields)
		json_object_object_add(o, "captured", captured_of(v, m));
	json_object_object_add(o, "accuracy", accuracy_of(&v->accuracy));
	json_object_object_add(o, "identities", identities_of(&v->identities));
	json_object_object_add(o, "losses", losses_of(&m->losses));
	json_object_object_add(o, "cost", cost_of(&m->cost));
	return o;
}
