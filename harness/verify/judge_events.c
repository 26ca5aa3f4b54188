/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The judge of events: each thread's captured stream against the predicted one. */
#include "lib/base.h"
#include "harness/verify/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/memmon/memmon.h"
#include "bpf/memmon/memmon_fast.h"

/* How far the two streams are searched for the place where they agree again. */
enum { LOOK_AHEAD = 64 };

/* One thread's captured events, in the order of the ring. */
struct captured {
	const struct mem_record **event;
	size_t n;
};

struct comparison {
	const struct judge_input *in;
	struct judge_result *out;
	const struct model_stream *want;
	struct captured got;
	bool losses_known; /* the ring was full at times: gaps are accounted for in total */
};

static const char *type_name(uint8_t type)
{
	static const char *const names[] = {
		[MEM_EVENT_ALLOC] = "alloc", [MEM_EVENT_FREE] = "free",
		[MEM_EVENT_MMAP] = "mmap",   [MEM_EVENT_MUNMAP] = "munmap",
		[MEM_EVENT_BRK] = "brk",     [FAST_EVENT_MREMAP] = "mremap",
	};

	return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

static void describe(char *out, size_t size, const struct mem_record *r)
{
	if (r->type == MEM_EVENT_BRK && (r->size || r->down))
		snprintf(out, size, "brk %s %" PRIu64 " bytes to 0x%" PRIx64,
			 r->down ? "down" : "up", r->size, r->address);
	else if (r->type == MEM_EVENT_BRK)
		snprintf(out, size, "brk to 0x%" PRIx64, r->address);
	else if (r->type > FAST_EVENT_MREMAP)
		snprintf(out, size, "type %u of %" PRIu64 " bytes", r->type, r->size);
	else
		snprintf(out, size, "%s of %" PRIu64 " bytes", type_name(r->type), r->size);
}

static void describe_expected(char *out, size_t size, const struct model_event *e)
{
	const struct mem_record r = {
		.type = e->type, .size = e->size, .address = e->address, .down = e->down};

	describe(out, size, &r);
}

/* What tells one event from another; the rest is checked once they are paired. */
static bool same(const struct model_event *e, const struct mem_record *r)
{
	return e->type == r->type && e->size == r->size && e->address == r->address &&
	       e->down == r->down;
}

static bool completed(const struct comparison *c)
{
	return c->in->model->def.calls == MONITOR_COMPLETED;
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
	const struct model_event *e = &c->want->events[i];
	struct judge_mismatch *m;

	c->out->events_missing++;
	if (c->losses_known)
		return;
	m = add_event(c, i, NULL);
	if (!m)
		return;
	describe_expected(m->expected_text, sizeof(m->expected_text), e);
	snprintf(m->captured_text, sizeof(m->captured_text), "none");
	snprintf(m->text, sizeof(m->text),
		 "event %zu of thread %u (%s) is missing, and no loss was counted", i + 1,
		 c->want->tid, m->expected_text);
}

static void extra(struct comparison *c, size_t j)
{
	const struct mem_record *r = c->got.event[j];
	struct judge_mismatch *m = add_event(c, c->want->n, NULL);

	if (!m)
		return;
	snprintf(m->expected_text, sizeof(m->expected_text), "none");
	describe(m->captured_text, sizeof(m->captured_text), r);
	snprintf(m->text, sizeof(m->text), "record %zu of thread %u (%s) belongs to no call", j + 1,
		 r->pid, m->captured_text);
}

static void differs(struct comparison *c, size_t i, size_t j)
{
	const struct model_event *e = &c->want->events[i];
	const struct mem_record *r = c->got.event[j];
	const char *field = e->type != r->type	 ? "type"
			    : e->size != r->size ? "size"
			    : e->down != r->down ? "down"
						 : "address";
	struct judge_mismatch *m = add_event(c, i, field);

	if (!m)
		return;
	describe_expected(m->expected_text, sizeof(m->expected_text), e);
	describe(m->captured_text, sizeof(m->captured_text), r);
	snprintf(m->text, sizeof(m->text), "event %zu of thread %u should be %s, captured was %s",
		 i + 1, c->want->tid, m->expected_text, m->captured_text);
	/* Of the same words: the addresses are what differs. */
	if (!strcmp(m->expected_text, m->captured_text))
		snprintf(m->text, sizeof(m->text),
			 "event %zu of thread %u should be %s at 0x%" PRIx64
			 ", captured was one at 0x%" PRIx64,
			 i + 1, c->want->tid, m->expected_text, e->address, r->address);
}

/* Fields that do not depend on the call: whose it is, and when. */
static void check_frame(struct comparison *c, size_t i, size_t j, uint64_t *last_ns)
{
	const struct judge_input *in = c->in;
	const struct mem_record *r = c->got.event[j];
	struct judge_mismatch *m;

	if (r->tgid != c->want->tgid && (m = add_event(c, i, "tgid"))) {
		m->numeric = true;
		m->expected = c->want->tgid;
		m->captured = r->tgid;
		snprintf(m->text, sizeof(m->text),
			 "event %zu of thread %u names process %u, it is process %u", i + 1,
			 c->want->tid, r->tgid, c->want->tgid);
	}
	/* Records of completed calls have no name. */
	if (!completed(c) && strncmp(r->comm, c->want->comm, sizeof(r->comm)) &&
	    (m = add_event(c, i, "comm"))) {
		snprintf(m->expected_text, sizeof(m->expected_text), "%.16s", c->want->comm);
		snprintf(m->captured_text, sizeof(m->captured_text), "%.16s", r->comm);
		snprintf(m->text, sizeof(m->text),
			 "event %zu of thread %u has the name '%.16s', the thread's is '%.16s'",
			 i + 1, c->want->tid, r->comm, c->want->comm);
	}
	if (in->window_end_ns &&
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
	const struct mem_record *ra = *(const struct mem_record *const *)a;
	const struct mem_record *rb = *(const struct mem_record *const *)b;

	if (ra->pid != rb->pid)
		return ra->pid < rb->pid ? -1 : 1;
	return ra < rb ? -1 : ra > rb; /* the array is in the order of the ring */
}

/* Of several rings: which of two came first, their times say. */
static int by_tid_and_time(const void *a, const void *b)
{
	const struct mem_record *ra = *(const struct mem_record *const *)a;
	const struct mem_record *rb = *(const struct mem_record *const *)b;

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
		const struct mem_record *r = got.event[i];
		struct judge_mismatch *m = judge_add(out, JUDGE_EVENT);
		bool is_process = false;

		if (!m)
			return;
		for (size_t k = 0; k < in->model->nlanes; k++)
			is_process |= in->model->streams[k].tgid == r->pid;
		m->key = r->pid;
		m->field = "pid";
		snprintf(m->expected_text, sizeof(m->expected_text), "a thread of the workload");
		snprintf(m->captured_text, sizeof(m->captured_text), "%u", r->pid);
		snprintf(m->text, sizeof(m->text),
			 "an event (%s of %" PRIu64 " bytes) has pid %u, which is %s",
			 type_name(r->type), r->size, r->pid,
			 is_process ? "the process: pid is for the thread"
				    : "no thread of the workload");
	}
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

void judge_events(const struct judge_input *in, struct judge_result *out)
{
	bool full = in->losses.ring_full && in->losses.ring_full != UINT64_MAX;
	const struct mem_record **sorted = calloc(in->nevents + 1, sizeof(*sorted));
	bool *seen = calloc(in->model->nlanes + 1, sizeof(*seen));
	const struct model_stream *s;

	if (!sorted || !seen)
		abort();
	out->events_expected = in->model->nevents;
	for (size_t i = 0; i < in->nevents; i++)
		sorted[i] = &in->events[i];
	/* A monitor of completed calls has a ring for each CPU, and threads change CPUs. */
	qsort(sorted, in->nevents, sizeof(*sorted),
	      in->model->def.calls == MONITOR_COMPLETED ? by_tid_and_time : by_tid);
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
	if (full)
		check_ring_losses(in, out);
	free(sorted);
	free(seen);
}
