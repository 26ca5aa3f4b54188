/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The judge of counters: predicted rows against captured ones. */
#include "lib/base.h"
#include "harness/verify/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const judge_what_names[] = {
	[JUDGE_COUNTER] = "counter",
	[JUDGE_KEY] = "key",
	[JUDGE_EVENT] = "event",
	[JUDGE_LOSS] = "loss",
};

const char *const judge_verdict_names[] = {
	[JUDGE_EXACT] = "exact",       [JUDGE_RACY] = "racy", [JUDGE_BOUNDED] = "bounded",
	[JUDGE_MISMATCH] = "mismatch", [JUDGE_NONE] = "none",
};

struct judge_mismatch *judge_add(struct judge_result *r, enum judge_what what)
{
	struct judge_mismatch *m;

	if (r->mismatches++ >= JUDGE_KEPT)
		return NULL;
	m = &r->kept[r->mismatches - 1];
	*m = (struct judge_mismatch){.what = what};
	return m;
}

static bool offered(const struct judge_input *in, enum mem_field f)
{
	return in->table->fields & model_fields(&in->model->def) & (1U << f);
}

/* A row exists as soon as one call counted in a field that the monitor has. */
static bool row_expected(const struct judge_input *in, const struct model_row *r)
{
	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		if (offered(in, f) && r->last[f].line)
			return true;
	return false;
}

static const char *ended(const struct judge_input *in, const struct model_row *r)
{
	bool stands = !in->alive, counts = false;

	for (size_t i = 0; in->alive && i < in->model->nlanes; i++) {
		const struct ledger_lane *lane = in->model->lanes[i].lane;

		if (model_key(&in->model->def, lane) != r->key)
			continue;
		counts = true;
		stands |= in->alive[i];
	}
	if (!counts || stands)
		return "";
	return in->model->def.key == MONITOR_KEY_TGID ? "; the process has ended"
						      : "; the thread has ended";
}

static void missing_row(const struct judge_input *in, const struct model_row *r,
			struct judge_result *out)
{
	struct judge_mismatch *m = judge_add(out, JUDGE_KEY);
	int f = 0;

	if (!m)
		return;
	while (!offered(in, f) || !r->last[f].line)
		f++;
	m->key = r->key;
	m->place = r->last[f];
	snprintf(m->expected_text, sizeof(m->expected_text), "a row");
	snprintf(m->captured_text, sizeof(m->captured_text), "none");
	snprintf(m->text, sizeof(m->text),
		 "key %u has no row, though its calls count: %s should be %" PRIu64 "%s", r->key,
		 mem_field_names[f], r->value[f], ended(in, r));
}

static void extra_row(const struct judge_input *in, const struct mem_row *row, bool known,
		      struct judge_result *out)
{
	struct judge_mismatch *m = judge_add(out, JUDGE_KEY);
	const struct model *model = in->model;
	const char *why = "no thread of the workload has this key";

	if (!m)
		return;
	m->key = row->key;
	if (known)
		why = "none of its calls counts";
	for (size_t i = 0; !known && i < model->nlanes; i++) {
		const struct ledger_lane *lane = model->lanes[i].lane;

		if (model->def.key == MONITOR_KEY_TID && row->key == lane->tgid)
			why = "this is a process that made no call in its main thread: rows are "
			      "for threads";
		else if (model->def.key == MONITOR_KEY_TGID && row->key == lane->tid)
			why = "this is a thread: rows are for processes";
	}
	snprintf(m->expected_text, sizeof(m->expected_text), "none");
	snprintf(m->captured_text, sizeof(m->captured_text), "a row");
	snprintf(m->text, sizeof(m->text), "key %u has a row, but %s", row->key, why);
}

static void wrong_counter(const struct judge_input *in, const struct model_row *want,
			  enum mem_field f, uint64_t most, uint64_t captured,
			  struct judge_result *out)
{
	struct judge_mismatch *m = judge_add(out, JUDGE_COUNTER);
	char bound[64] = "";

	if (!m)
		return;
	m->key = want->key;
	m->field = mem_field_names[f];
	m->numeric = true;
	m->expected = want->value[f];
	m->captured = captured;
	m->place = want->last[f];
	/* Threads share the key and their order is not known. */
	if (most != want->value[f])
		snprintf(bound, sizeof(bound), " to %" PRIu64, most);
	snprintf(m->text, sizeof(m->text),
		 "%s of key %u is %" PRIu64 ", the calls make it %" PRIu64 "%s", m->field,
		 want->key, captured, want->value[f], bound);
	judge_explain(in, want, f, m);
}

static void check_time(const struct judge_input *in, uint32_t key, uint64_t captured,
		       struct judge_result *out)
{
	struct judge_mismatch *m;

	if (!in->window_end_ns ||
	    (captured >= in->window_start_ns && captured <= in->window_end_ns))
		return;
	m = judge_add(out, JUDGE_COUNTER);
	if (!m)
		return;
	m->key = key;
	m->field = mem_field_names[MEM_LAST_UPDATE];
	m->numeric = true;
	m->expected = in->window_end_ns;
	m->captured = captured;
	snprintf(m->text, sizeof(m->text),
		 "last_update of key %u is %" PRIu64 ", outside the window %" PRIu64 "..%" PRIu64
		 " (CLOCK_MONOTONIC ns)",
		 key, captured, in->window_start_ns, in->window_end_ns);
}

/* What the kernel has mapped is not predicted, but it has a highest value. */
static void check_vm(const struct judge_input *in, const struct mem_row *got,
		     struct judge_result *out)
{
	const uint32_t both = 1U << MEM_VM_BYTES | 1U << MEM_VM_PEAK;
	uint64_t now = got->value[MEM_VM_BYTES], peak = got->value[MEM_VM_PEAK];
	struct judge_mismatch *m;

	if ((in->table->fields & both) != both || peak >= now)
		return;
	m = judge_add(out, JUDGE_COUNTER);
	if (!m)
		return;
	m->key = got->key;
	m->field = mem_field_names[MEM_VM_PEAK];
	m->numeric = true;
	m->expected = now;
	m->captured = peak;
	snprintf(m->text, sizeof(m->text),
		 "vm_peak of key %u is %" PRIu64 ", less than its vm_bytes of %" PRIu64, got->key,
		 peak, now);
}

static void compare_row(const struct judge_input *in, const struct model_row *want,
			const struct mem_row *got, struct judge_result *out)
{
	out->keys++;
	for (int f = 0; f < MEM_FIELD_COUNT; f++) {
		uint64_t least = want->value[f], most = least, captured = got->value[f];

		if (!offered(in, f))
			continue;
		out->counters++;
		if (f == MEM_LAST_UPDATE) {
			check_time(in, want->key, captured, out);
			continue;
		}
		if (f == MEM_CURRENT_USAGE)
			most = want->most_usage;
		else if (f == MEM_PEAK_USAGE)
			most = want->most_peak;
		if (in->races && want->lanes > 1)
			least = 0;
		if (captured < least || captured > most)
			wrong_counter(in, want, f, most, captured, out);
		else if (f == MEM_MMAP_COUNT || f == MEM_MUNMAP_COUNT)
			out->lost_updates += want->value[f] - captured;
	}
	check_vm(in, got, out);
}

static void judge_counters(const struct judge_input *in, struct judge_result *out)
{
	for (size_t i = 0; i < in->model->nrows; i++) {
		const struct model_row *want = &in->model->rows[i];
		const struct mem_row *got = mem_table_find(in->table, want->key);
		bool expected = row_expected(in, want);

		if (expected && got)
			compare_row(in, want, got, out);
		else if (expected)
			missing_row(in, want, out);
		else if (got)
			extra_row(in, got, true, out);
	}
	if (!(in->caps & MONITOR_CGROUP))
		return;
	for (size_t i = 0; i < in->table->n; i++)
		if (!model_find(in->model, in->table->rows[i].key))
			extra_row(in, &in->table->rows[i], false, out);
}

/* Losses that leave no trace in counters or events, and those nobody may have. */
static void judge_losses(const struct judge_input *in, struct judge_result *out)
{
	const struct {
		const char *field;
		uint64_t value;
		const char *text;
	} none_allowed[] = {
		{"map_full", in->losses.map_full,
		 "calls were not counted because the map was full"},
		{"recursion_misses", in->losses.recursion_misses,
		 "runs of its programs were skipped by the kernel"},
		{"bad_records", in->losses.bad_records,
		 "records of the ring were shorter than the event's struct"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(none_allowed); i++) {
		uint64_t n = none_allowed[i].value;
		struct judge_mismatch *m;

		if (!n || n == UINT64_MAX)
			continue;
		m = judge_add(out, JUDGE_LOSS);
		if (!m)
			continue;
		m->field = none_allowed[i].field;
		m->numeric = true;
		m->captured = n;
		snprintf(m->text, sizeof(m->text), "%" PRIu64 " %s", n, none_allowed[i].text);
	}
}

void judge(const struct judge_input *in, struct judge_result *out)
{
	*out = (struct judge_result){.verdict = JUDGE_NONE};
	if (!(in->caps & (MONITOR_COUNTERS | MONITOR_EVENTS)))
		return;
	judge_losses(in, out);
	if (in->caps & MONITOR_COUNTERS)
		judge_counters(in, out);
	if (in->caps & MONITOR_EVENTS)
		judge_events(in, out);
	out->verdict = out->mismatches	   ? JUDGE_MISMATCH
		       : out->lost_updates ? JUDGE_RACY
					   : JUDGE_EXACT;
}
