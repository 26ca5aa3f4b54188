/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A subject: what the figures of a kind of monitor mean. One file, harness/subjects/NAME.c, with
 * one `const struct subject_ops subject_NAME = {`, found by name at build time
 * (docs/adding-a-subject.md).
 *
 * Its words are what its fields and events are called; its model says what the calls of a ledger
 * make of them; what no equality can judge it judges itself; its findings say how far the
 * definition is from the truth.
 */
#ifndef HARNESS_SUBJECT_H
#define HARNESS_SUBJECT_H

#include "collector/collect.h"
#include "lib/base.h"
#include "workloads/workload.h"

struct accuracy;
struct calls_wanted;
struct event;
struct figures;
struct identities;
struct identity_input;
struct judge_input;
struct judge_mismatch;
struct judge_result;
struct model;
struct model_definition;
struct model_row;
struct assessment;
struct oracle_verdict;

struct subject_ops {
	const struct vocabulary *words;	 /* its name is the subject's */
	const char *help;		 /* a line for `beebench list subjects` */
	enum workload_subject workloads; /* those that have something to tell it */
	/* Where that goes by the definition, instead of @workloads. NULL: it does not. */
	enum workload_subject (*workloads_by)(enum monitor_definition definition);
	/*
	 * The model, pure: fills the rows and events of @m from its lanes (harness/verify/model.h).
	 * Returns 0 or -ENOMEM. NULL: no ledger determines anything; then @judge is there.
	 */
	int (*predict)(struct model *m);
	/* Fields that the definition determines: bit (1 << field). NULL: all that depend on no
	 * clock. */
	uint64_t (*determines)(const struct model_definition *def);

	/* All below is optional. */

	/* Instead of equality: sets @out by what holds for its figures. */
	void (*judge)(const struct judge_input *in, struct judge_result *out);
	/* What must hold within a captured row, beyond equality: adds mismatches. */
	void (*check_row)(const struct judge_input *in, const struct counter_row *got,
			  struct judge_result *out);
	/* A guess why field @f is off, when the numbers speak for one: appended to m->text; may
	 * also set m->place. */
	void (*explain)(const struct judge_input *in, const struct model_row *row, size_t f,
			struct judge_mismatch *m);
	/* Fields whose shortfall in a monitor that says it races is the number of lost updates, and
	 * of which a run that the kernel skipped is one. */
	uint64_t counts_calls;
	/* An event in words: "mmap of 4096 bytes". */
	void (*describe)(char *out, size_t size, const struct event *e);
	/* The value in which two events differ, which is told first. */
	const char *(*differs)(const struct event *want, const struct event *got);
	/* Events carry the name of their thread. */
	bool (*names_threads)(const struct model_definition *def);
	/* Sums that must close over the whole capture. */
	void (*identities)(const struct identity_input *in, struct identities *out);
	/* Beside a command, where only the oracle's totals are known: how many events there should
	 * be, and how many updates a monitor that says it races has lost. */
	void (*by_totals)(const struct identity_input *in, struct judge_result *out);
	/* How far the captured figures are from what happened: adds findings. 0 or -ENOMEM. */
	int (*assess)(const struct assessment *a, struct accuracy *out);
	/* Which calls its monitors are timed at (harness/timing/timed_event.h): true: those that
	 * work, as nothing else counts by that definition. NULL: those that fail, which are the
	 * quietest there are. */
	bool (*times_working)(enum monitor_definition definition);
	/*
	 * Where neither a ledger nor sums are its truth: the record of raw syscalls is taken beside
	 * it (harness/verify/calls.h). Adds which calls there must be to @out, and says whether
	 * this monitor can be held to them at all: 0, or -EINVAL after saying why not (lib/why.h).
	 * NULL: it needs no record.
	 */
	int (*wants)(const struct monitor *m, struct calls_wanted *out, struct strbuf *why);
	/* With @wants: what its maps say, once it is detached. 0 or -errno after saying why. */
	int (*read)(struct monitor *m, struct figures *out);
	/* The scheduler's own account of each thread is read beside it (harness/verify/switches.h);
	 * runs that the kernel skipped make a failed trial void. */
	bool of_clocks;
};

/* All that there are, sorted by name, ended by NULL. */
extern const struct subject_ops *const subject_list[];

/* That of a monitor; NULL where nobody knows its words. */
const struct subject_ops *subject_of(const struct monitor_info *info);

/* The workloads that have something to tell a monitor; those of memory where nobody knows it. */
enum workload_subject subject_workloads(const struct monitor_info *info);

/* As times_working() of its subject. */
bool subject_times_working(const struct monitor_info *info);

/* Makes the words of all subjects known to the collector: once, at the start. */
void subjects_know(void);

#endif
