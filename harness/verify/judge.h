/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conformance: the model's prediction against what a monitor captured, key by key, field by field,
 * event by event. Pure.
 */
#ifndef HARNESS_JUDGE_H
#define HARNESS_JUDGE_H

#include "lib/base.h"
#include "harness/verify/model.h"

struct call;		/* harness/verify/calls.h */
struct figures;		/* collector/figures.h */
struct switches_unseen; /* harness/verify/switches.h */

enum { JUDGE_KEPT = 20 };

enum judge_what { JUDGE_COUNTER, JUDGE_KEY, JUDGE_EVENT, JUDGE_LOSS, JUDGE_WHAT_COUNT };

extern const char *const judge_what_names[JUDGE_WHAT_COUNT]; /* "counter", "key", .. */

struct judge_mismatch {
	enum judge_what what;
	uint64_t key;	   /* of the table, or the thread of an event; 0 for a loss */
	char key_text[96]; /* one that is more than a number, in words; "" */
	const char *field; /* of the table or of the event; NULL: the whole row or event */
	bool numeric;	   /* expected and captured are numbers, else words */
	uint64_t expected, captured;
	char expected_text[48], captured_text[48];
	struct model_place place; /* line 0: no single call */
	char text[512];		  /* a sentence for a person */
};

struct judge_input {
	const struct model *model;
	uint32_t caps;			   /* enum monitor_cap: what is judged */
	const struct counter_table *table; /* after the window; was empty before it */
	const struct event *events;
	size_t nevents;
	/* What an event has (collector/manifest.h: bits of enum event_field), and the bytes of its
	 * name; 0: all of it. */
	uint32_t event_fields;
	uint8_t comm_bytes;
	struct monitor_losses losses;
	uint32_t rings;	   /* with more than one, the times say which of two events came first */
	const bool *alive; /* per lane: its thread stood at the end of the window; NULL: all did */
	bool races; /* the monitor says that updates of a key which threads share may be lost */
	uint64_t window_start_ns, window_end_ns; /* 0: not known, times are not judged */
	const struct switches_unseen *unseen;	 /* per lane, of its thread; NULL: not watched */
	uint64_t steal_ns; /* that the hypervisor took between the barriers, as procfs_steal() */
	/* Of a subject that wants the record of calls. */
	const struct monitor *monitor;
	const struct call *calls;
	size_t ncalls;
	const struct figures *figures;
	uint64_t cgroup_id; /* of the trial */
};

/* RACY: updates were lost, as the monitor says they may be, and all else is within bounds. BOUNDED:
 * of a subject whose sums nothing determines exactly, and which judges them itself. SKIPPED: the
 * kernel skipped runs, which explain all that is off (harness/verify/skipped.h). */
enum judge_verdict {
	JUDGE_EXACT,
	JUDGE_RACY,
	JUDGE_SKIPPED,
	JUDGE_BOUNDED,
	JUDGE_MISMATCH,
	JUDGE_NONE
};

extern const char *const judge_verdict_names[]; /* "exact", "racy", .. */

struct judge_result {
	enum judge_verdict verdict;
	uint64_t keys, counters; /* compared */
	uint64_t events_expected, events_captured;
	uint64_t events_missing; /* expected, not captured */
	uint64_t lost_updates;	 /* what a racing monitor lacks of subject_ops.counts_calls */
	uint64_t skipped_runs;	 /* by the kernel; JUDGE_SKIPPED only */
	char doubt[256];	 /* why nothing can be said after all: the trial is void then; "" */
	uint64_t mismatches;	 /* all; the first JUDGE_KEPT are kept */
	struct judge_mismatch kept[JUDGE_KEPT];
};

/* A monitor without a target filter is judged by the keys and threads of the ledger alone. */
void judge(const struct judge_input *in, struct judge_result *out);

/* Next place for a mismatch, NULL when the list is full; counted in any case. */
struct judge_mismatch *judge_add(struct judge_result *r, enum judge_what what);

#endif
