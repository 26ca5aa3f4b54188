/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The judge: predicted rows against captured ones, then each thread's captured events against the
 * predicted ones. Equality decides, field by field and event by event; where several threads count
 * into a key in an order nobody knows, the bounds that the model gives. What a figure means, and
 * why it may be off, the subject says (harness/subject.h).
 */
#include "lib/base.h"
#include "harness/verify/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/manifest.h"

const char *const judge_what_names[] = {
	[JUDGE_COUNTER] = "counter",
	[JUDGE_KEY] = "key",
	[JUDGE_EVENT] = "event",
	[JUDGE_LOSS] = "loss",
};

const char *const judge_verdict_names[] = {
	[JUDGE_EXACT] = "exact",     [JUDGE_RACY] = "racy",	    [JUDGE_SKIPPED] = "skipped",
	[JUDGE_BOUNDED] = "bounded", [JUDGE_MISMATCH] = "mismatch", [JUDGE_NONE] = "none",
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

static const struct subject_ops *subject(const struct judge_input *in)
{
	return in->model->def.subject;
}

/* --- counters --- */

static bool offered(const struct judge_input *in, size_t f)
{
	return (in->table->fields & model_fields(&in->model->def)) >> f & 1;
}

/* The values of a field. */
static uint32_t slots(const struct vocabulary *words, size_t f)
{
	return MAX(words->fields[f].slots, 1U);
}

/* The first value that a call counted in, in a field that the monitor has. False: there is none,
 * and no row is expected. */
static bool first_counted(const struct judge_input *in, const struct model_row *r, size_t *field,
			  uint32_t *slot)
{
	const struct vocabulary *words = subject(in)->words;

	*slot = 0;
	for (*field = 0; *field < words->nfields; (*field)++)
		for (uint32_t n = slots(words, *field); n; n--, (*slot)++)
			if (offered(in, *field) && r->last[*slot].line)
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

static void missing_row(const struct judge_input *in, const struct model_row *r, size_t f,
			uint32_t slot, struct judge_result *out)
{
	struct judge_mismatch *m = judge_add(out, JUDGE_KEY);

	if (!m)
		return;
	m->key = r->key;
	m->place = r->last[slot];
	snprintf(m->expected_text, sizeof(m->expected_text), "a row");
	snprintf(m->captured_text, sizeof(m->captured_text), "none");
	snprintf(m->text, sizeof(m->text),
		 "key %u has no row, though its calls count: %s should be %" PRIu64 "%s", r->key,
		 subject(in)->words->fields[f].name, r->value[slot], ended(in, r));
}

static void extra_row(const struct judge_input *in, const struct counter_row *row, bool known,
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
	snprintf(m->text, sizeof(m->text), "key %" PRIu64 " has a row, but %s", row->key, why);
}

static void wrong_counter(const struct judge_input *in, const struct model_row *want, size_t f,
			  uint32_t slot, uint64_t captured, struct judge_result *out)
{
	const struct counter_field *field = &subject(in)->words->fields[f];
	struct judge_mismatch *m = judge_add(out, JUDGE_COUNTER);
	char bound[64] = "", bucket[32] = "";

	if (!m)
		return;
	m->key = want->key;
	m->field = field->name;
	m->numeric = true;
	m->expected = want->value[slot];
	m->captured = captured;
	m->place = want->last[slot];
	/* Threads share the key and their order is not known. */
	if (want->most[slot] != want->value[slot])
		snprintf(bound, sizeof(bound), " to %" PRIu64, want->most[slot]);
	if (field->slots)
		snprintf(bucket, sizeof(bucket), "[%u]",
			 slot - vocabulary_slot(subject(in)->words, f));
	snprintf(m->text, sizeof(m->text),
		 "%s%s of key %u is %" PRIu64 ", the calls make it %" PRIu64 "%s", m->field, bucket,
		 want->key, captured, want->value[slot], bound);
	if (subject(in)->explain)
		subject(in)->explain(in, want, f, m);
}

/* A reading of the clock, by a program that ran in the window. */
static void check_time(const struct judge_input *in, uint32_t key, size_t f, uint64_t captured,
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
	m->field = subject(in)->words->fields[f].name;
	m->numeric = true;
	m->expected = in->window_end_ns;
	m->captured = captured;
	snprintf(m->text, sizeof(m->text),
		 "%s of key %u is %" PRIu64 ", outside the window %" PRIu64 "..%" PRIu64
		 " (CLOCK_MONOTONIC ns)",
		 m->field, key, captured, in->window_start_ns, in->window_end_ns);
}

static void compare_value(const struct judge_input *in, const struct model_row *want,
			  const struct counter_row *got, size_t f, uint32_t slot,
			  struct judge_result *out)
{
	uint64_t captured = got->value[slot];
	uint64_t least = in->races && want->lanes > 1 ? 0 : want->value[slot];

	out->counters++;
	if (subject(in)->words->fields[f].clock)
		check_time(in, want->key, f, captured, out);
	else if (captured < least || captured > want->most[slot])
		wrong_counter(in, want, f, slot, captured, out);
	else if (subject(in)->counts_calls >> f & 1)
		out->lost_updates += want->value[slot] - captured;
}

static void compare_row(const struct judge_input *in, const struct model_row *want,
			const struct counter_row *got, struct judge_result *out)
{
	const struct vocabulary *words = subject(in)->words;
	uint32_t slot = 0;

	out->keys++;
	for (size_t f = 0; f < words->nfields; f++)
		for (uint32_t n = slots(words, f); n; n--, slot++)
			if (offered(in, f))
				compare_value(in, want, got, f, slot, out);
	if (subject(in)->check_row)
		subject(in)->check_row(in, got, out);
}

static void judge_counters(const struct judge_input *in, struct judge_result *out)
{
	for (size_t i = 0; i < in->model->nrows; i++) {
		const struct model_row *want = &in->model->rows[i];
		const struct counter_row *got = counter_table_find(in->table, want->key);
		size_t field;
		uint32_t slot;
		bool expected = first_counted(in, want, &field, &slot);

		if (expected && got)
			compare_row(in, want, got, out);
		else if (expected)
			missing_row(in, want, field, slot, out);
		else if (got)
			extra_row(in, got, true, out);
	}
	if (!(in->caps & MONITOR_CGROUP))
		return;
	for (size_t i = 0; i < in->table->n; i++) {
		const struct counter_row *row = counter_table_row(in->table, i);

		if (!model_find(in->model, row->key))
			extra_row(in, row, false, out);
	}
}

/* --- events --- */

/* How far the two streams are searched for the place where they agree again. */
enum { LOOK_AHEAD = 64 };

/* One thread's captured events, in the order of the ring. */
struct captured {
	const struct event **event;
	size_t n;
};

struct comparison {
	const struct judge_input *in;
	struct judge_result *out;
	const struct model_stream *want;
	struct captured got;
	bool losses_known; /* the ring was full at times: gaps are accounted for in total */
};

static struct event predicted(const struct model_event *e)
{
	struct event r = {0};

	memcpy(r.value, e->value, sizeof(r.value));
	return r;
}

static void describe(const struct judge_input *in, char *out, size_t size, const struct event *e)
{
	const struct vocabulary *words = subject(in)->words;
	size_t used = 0;

	if (subject(in)->describe) {
		subject(in)->describe(out, size, e);
		return;
	}
	*out = '\0';
	for (size_t i = 0; i < words->nvalues && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s %" PRIu64, i ? ", " : "",
					 words->values[i].name, e->value[i]);
}

/* What tells one event from another; the rest is checked once they are paired. */
static bool same(const struct model_event *e, const struct event *r)
{
	return !memcmp(e->value, r->value, sizeof(r->value));
}

/* The name of the value that differs. */
static const char *difference(const struct judge_input *in, const struct event *want,
			      const struct event *got)
{
	size_t i = 0;

	if (subject(in)->differs)
		return subject(in)->differs(want, got);
	while (want->value[i] == got->value[i])
		i++;
	return subject(in)->words->values[i].name;
}

static struct judge_mismatch *add_event(struct comparison *c, size_t index, const char *field)
{
	struct judge_mismatch *m = judge_add(c->out, JUDGE_EVENT);

	if (!m)
		return NULL;
	m->key = c->want->tid;
	m->field = field;
	m->place.lane = c->want->lane;
	m->place.line = index < c->want->n ? c->want->events[index].line : 0;
	return m;
}

static void missing(struct comparison *c, size_t i)
{
	const struct event want = predicted(&c->want->events[i]);
	struct judge_mismatch *m;

	c->out->events_missing++;
	if (c->losses_known)
		return;
	m = add_event(c, i, NULL);
	if (!m)
		return;
	describe(c->in, m->expected_text, sizeof(m->expected_text), &want);
	snprintf(m->captured_text, sizeof(m->captured_text), "none");
	snprintf(m->text, sizeof(m->text),
		 "event %zu of thread %u (%s) is missing, and no loss was counted", i + 1,
		 c->want->tid, m->expected_text);
}

static void extra(struct comparison *c, size_t j)
{
	const struct event *r = c->got.event[j];
	struct judge_mismatch *m = add_event(c, c->want->n, NULL);

	if (!m)
		return;
	snprintf(m->expected_text, sizeof(m->expected_text), "none");
	describe(c->in, m->captured_text, sizeof(m->captured_text), r);
	snprintf(m->text, sizeof(m->text), "record %zu of thread %u (%s) belongs to no call", j + 1,
		 r->pid, m->captured_text);
}

static void differs(struct comparison *c, size_t i, size_t j)
{
	const struct event want = predicted(&c->want->events[i]), *r = c->got.event[j];
	const char *field = difference(c->in, &want, r);
	struct judge_mismatch *m = add_event(c, i, field);
	size_t value = 0;

	if (!m)
		return;
	describe(c->in, m->expected_text, sizeof(m->expected_text), &want);
	describe(c->in, m->captured_text, sizeof(m->captured_text), r);
	snprintf(m->text, sizeof(m->text), "event %zu of thread %u should be %s, captured was %s",
		 i + 1, c->want->tid, m->expected_text, m->captured_text);
	if (strcmp(m->expected_text, m->captured_text) != 0)
		return;
	/* Of the same words: the value that they leave out is what differs. */
	while (want.value[value] == r->value[value])
		value++;
	snprintf(m->text, sizeof(m->text),
		 "event %zu of thread %u should be %s at 0x%" PRIx64
		 ", captured was one at 0x%" PRIx64,
		 i + 1, c->want->tid, m->expected_text, want.value[value], r->value[value]);
}

/* Events of this definition carry their thread's name. */
static bool named(const struct comparison *c)
{
	const struct subject_ops *s = subject(c->in);

	return s->names_threads ? s->names_threads(&c->in->model->def) : true;
}

static bool has(const struct judge_input *in, enum event_field f)
{
	return !in->event_fields || in->event_fields >> f & 1;
}

/* The name as far as the monitor keeps it, which ends it with a 0. */
static bool same_name(const struct judge_input *in, const char *want, const char *got)
{
	size_t bytes = in->comm_bytes
			       ? MIN((size_t)in->comm_bytes, sizeof(((struct event *)0)->comm))
			       : sizeof(((struct event *)0)->comm);

	return !strncmp(want, got, bytes - 1);
}

/* Fields that do not depend on the call: whose it is, and when. */
static void check_frame(struct comparison *c, size_t i, size_t j, uint64_t *last_ns)
{
	const struct judge_input *in = c->in;
	const struct event *r = c->got.event[j];
	struct judge_mismatch *m;

	if (!has(in, EVENT_PID))
		return; /* it may be another thread's of the same values */
	if (has(in, EVENT_TGID) && r->tgid != c->want->tgid && (m = add_event(c, i, "tgid"))) {
		m->numeric = true;
		m->expected = c->want->tgid;
		m->captured = r->tgid;
		snprintf(m->text, sizeof(m->text),
			 "event %zu of thread %u names process %u, it is process %u", i + 1,
			 c->want->tid, r->tgid, c->want->tgid);
	}
	if (named(c) && has(in, EVENT_COMM) && !same_name(in, c->want->comm, r->comm) &&
	    (m = add_event(c, i, "comm"))) {
		snprintf(m->expected_text, sizeof(m->expected_text), "%.16s", c->want->comm);
		snprintf(m->captured_text, sizeof(m->captured_text), "%.16s", r->comm);
		snprintf(m->text, sizeof(m->text),
			 "event %zu of thread %u has the name '%.16s', the thread's is '%.16s'",
			 i + 1, c->want->tid, r->comm, c->want->comm);
	}
	if (in->window_end_ns && has(in, EVENT_TIMESTAMP) &&
	    (r->timestamp_ns < MAX(in->window_start_ns, *last_ns) ||
	     r->timestamp_ns > in->window_end_ns) &&
	    (m = add_event(c, i, "timestamp"))) {
		m->numeric = true;
		m->expected = MAX(in->window_start_ns, *last_ns);
		m->captured = r->timestamp_ns;
		snprintf(m->text, sizeof(m->text),
			 "event %zu of thread %u is of %" PRIu64
			 " ns, before the event ahead of it or outside the window",
			 i + 1, c->want->tid, r->timestamp_ns);
	}
	*last_ns = r->timestamp_ns;
}

/* Events to skip in the prediction until it agrees with captured record @j again; 0: never. */
static size_t skip_expected(const struct comparison *c, size_t i, size_t j, size_t reach)
{
	for (size_t k = 1; k <= reach && i + k < c->want->n; k++)
		if (same(&c->want->events[i + k], c->got.event[j]))
			return k;
	return 0;
}

static size_t skip_captured(const struct comparison *c, size_t i, size_t j, size_t reach)
{
	for (size_t k = 1; k <= reach && j + k < c->got.n; k++)
		if (same(&c->want->events[i], c->got.event[j + k]))
			return k;
	return 0;
}

/* True when the two events at @i, @j differ but the streams agree right behind them. */
static bool replaced(const struct comparison *c, size_t i, size_t j)
{
	bool end_want = i + 1 == c->want->n, end_got = j + 1 == c->got.n;

	if (end_want || end_got)
		return end_want && end_got;
	return same(&c->want->events[i + 1], c->got.event[j + 1]);
}

/*
 * Walks both streams. Where they differ an event was replaced, lost or invented; the nearest place
 * where they agree again decides. When the ring was full at times, lost is tried first and over the
 * whole rest: taking the earliest match is exact for the question whether the captured stream is a
 * subsequence of the predicted one.
 */
static void compare(struct comparison *c)
{
	uint64_t last_ns = 0;
	size_t i = 0, j = 0;

	while (i < c->want->n && j < c->got.n) {
		size_t lost, invented, reach = LOOK_AHEAD;

		if (same(&c->want->events[i], c->got.event[j])) {
			check_frame(c, i++, j++, &last_ns);
			continue;
		}
		/* A stream that is wrong all over must not cost its length squared. */
		if (c->losses_known && c->out->mismatches < 100)
			reach = SIZE_MAX;
		lost = skip_expected(c, i, j, reach);
		invented = skip_captured(c, i, j, LOOK_AHEAD);
		if (c->losses_known ? !lost && !invented
				    : replaced(c, i, j) || !(lost + invented)) {
			differs(c, i++, j++);
		} else if (lost && (c->losses_known || !invented || lost <= invented)) {
			for (size_t end = i + lost; i < end; i++)
				missing(c, i);
		} else {
			for (size_t end = j + invented; j < end; j++)
				extra(c, j);
		}
	}
	for (; i < c->want->n; i++)
		missing(c, i);
	for (; j < c->got.n; j++)
		extra(c, j);
}

static int by_tid(const void *a, const void *b)
{
	const struct event *ra = *(const struct event *const *)a;
	const struct event *rb = *(const struct event *const *)b;

	if (ra->pid != rb->pid)
		return ra->pid < rb->pid ? -1 : 1;
	return ra < rb ? -1 : ra > rb; /* the array is in the order of the ring */
}

/* Of several rings: which of two came first, their times say. */
static int by_tid_and_time(const void *a, const void *b)
{
	const struct event *ra = *(const struct event *const *)a;
	const struct event *rb = *(const struct event *const *)b;

	if (ra->pid != rb->pid || ra->timestamp_ns == rb->timestamp_ns)
		return by_tid(a, b);
	return ra->timestamp_ns < rb->timestamp_ns ? -1 : 1;
}

static const struct model_stream *stream_of(const struct model *m, uint32_t tid)
{
	for (size_t i = 0; i < m->nlanes; i++)
		if (m->streams[i].tid == tid)
			return &m->streams[i];
	return NULL;
}

/* Records of threads that the ledger does not have. */
static void foreign(const struct judge_input *in, struct judge_result *out, struct captured got)
{
	for (size_t i = 0; i < got.n; i++) {
		const struct event *r = got.event[i];
		struct judge_mismatch *m = judge_add(out, JUDGE_EVENT);
		bool is_process = false;
		char what[64];

		if (!m)
			return;
		for (size_t k = 0; k < in->model->nlanes; k++)
			is_process |= in->model->streams[k].tgid == r->pid;
		m->key = r->pid;
		m->field = "pid";
		snprintf(m->expected_text, sizeof(m->expected_text), "a thread of the workload");
		snprintf(m->captured_text, sizeof(m->captured_text), "%u", r->pid);
		describe(in, what, sizeof(what), r);
		snprintf(m->text, sizeof(m->text), "an event (%s) has pid %u, which is %s", what,
			 r->pid,
			 is_process ? "the process: pid is for the thread"
				    : "no thread of the workload");
	}
}

/* An order by values alone. */
static int by_values(const void *a, const void *b)
{
	return memcmp(((const struct model_event *)a)->value,
		      ((const struct model_event *)b)->value,
		      sizeof(((const struct model_event *)a)->value));
}

static int by_captured_values(const void *a, const void *b)
{
	const struct event *x = *(const struct event *const *)a,
			   *y = *(const struct event *const *)b;

	return memcmp(x->value, y->value, sizeof(x->value));
}

/*
 * Events that do not say whose they are: of one thread they are in its order, of several in one
 * that nobody knows, and then there must be as many of each.
 */
static void judge_nameless(const struct judge_input *in, struct judge_result *out,
			   const struct event **all)
{
	const struct model *m = in->model;
	struct model_stream whole = {.tid = m->nlanes ? m->streams[0].tid : 0,
				     .tgid = m->nlanes ? m->streams[0].tgid : 0};
	struct comparison c = {.in = in,
			       .out = out,
			       .want = &whole,
			       .got = {all, in->nevents},
			       .losses_known =
				       in->losses.ring_full && in->losses.ring_full != UINT64_MAX};
	size_t with_events = 0;

	/* Of the whole machine nothing tells the workload's. */
	if (!(in->caps & MONITOR_CGROUP))
		return;
	whole.events = calloc(m->nevents + 1, sizeof(*whole.events));
	if (!whole.events)
		abort();
	for (size_t i = 0; i < m->nlanes; i++) {
		const struct model_stream *s = &m->streams[i];

		memcpy(whole.events + whole.n, s->events, s->n * sizeof(*s->events));
		whole.n += s->n;
		with_events += s->n > 0;
	}
	if (with_events > 1) {
		qsort(whole.events, whole.n, sizeof(*whole.events), by_values);
		qsort(all, in->nevents, sizeof(*all), by_captured_values);
	}
	out->events_captured = in->nevents;
	compare(&c);
	free(whole.events);
}

static void check_ring_losses(const struct judge_input *in, struct judge_result *out)
{
	uint64_t full = in->losses.ring_full;
	struct judge_mismatch *m;

	/* Without a target filter others fill the ring too: the losses may be theirs. */
	if (out->events_missing == full ||
	    (!(in->caps & MONITOR_CGROUP) && out->events_missing < full))
		return;
	m = judge_add(out, JUDGE_LOSS);
	if (!m)
		return;
	m->field = "ring_full";
	m->numeric = true;
	m->expected = out->events_missing;
	m->captured = full;
	snprintf(m->text, sizeof(m->text),
		 "%" PRIu64 " events are missing, the monitor says that it lost %" PRIu64,
		 out->events_missing, full);
}

static void judge_events(const struct judge_input *in, struct judge_result *out)
{
	bool full = in->losses.ring_full && in->losses.ring_full != UINT64_MAX;
	const struct event **sorted = calloc(in->nevents + 1, sizeof(*sorted));
	bool *seen = calloc(in->model->nlanes + 1, sizeof(*seen));
	const struct model_stream *s;

	if (!sorted || !seen)
		abort();
	out->events_expected = in->model->nevents;
	for (size_t i = 0; i < in->nevents; i++)
		sorted[i] = &in->events[i];
	if (!has(in, EVENT_PID)) {
		judge_nameless(in, out, sorted);
		goto out;
	}
	/* Threads change CPUs, and with them the ring. */
	qsort(sorted, in->nevents, sizeof(*sorted), in->rings > 1 ? by_tid_and_time : by_tid);
	for (size_t i = 0, n; i < in->nevents; i += n) {
		struct captured got = {&sorted[i], 0};

		for (n = 0; i + n < in->nevents && sorted[i + n]->pid == sorted[i]->pid; n++)
			;
		got.n = n;
		s = stream_of(in->model, sorted[i]->pid);
		if (s) {
			struct comparison c = {in, out, s, got, full};

			seen[s->lane] = true;
			out->events_captured += n;
			compare(&c);
		} else if (in->caps & MONITOR_CGROUP) {
			out->events_captured += n;
			foreign(in, out, got);
		}
	}
	for (size_t i = 0; i < in->model->nlanes; i++) {
		struct comparison c = {in, out, &in->model->streams[i], {NULL, 0}, full};

		if (!seen[i])
			compare(&c);
	}
out:
	if (full)
		check_ring_losses(in, out);
	free(sorted);
	free(seen);
}

/* --- losses --- */

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
