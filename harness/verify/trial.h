/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One trial (docs/method.md): a workload in a cgroup of its own, framed by two barriers, watched by
 * one or more monitors at the same time, and by the oracle where there is no ledger. The trial only
 * gathers; harness/verify/verdict.h judges.
 */
#ifndef HARNESS_TRIAL_H
#define HARNESS_TRIAL_H

#include "harness/record.h"
#include "lib/base.h"
#include "harness/verify/calls.h"
#include "harness/verify/model.h"
#include "harness/numbers.h"
#include "harness/verify/oracle.h"
#include "harness/verify/perf_count.h"
#include "harness/verify/switches.h"
#include "lib/cgroup.h"
#include "lib/procfs.h"
#include "lib/strbuf.h"
#include "collector/collect.h"
#include "collector/figures.h"
#include "workloads/child.h"

struct trial;

/* What a measure may do in between; each may be NULL. They return 0 or -errno, which ends the
 * trial; so does trial_end_as(). */
struct trial_hooks {
	int (*opened)(void *arg, struct trial *t); /* loaded, nothing is attached */
	int (*begin)(void *arg, struct trial *t);  /* attached, the child waits at barrier 1 */
	int (*tick)(void *arg, struct trial *t);   /* after each round of the poll loop */
	int (*end)(void *arg, struct trial *t);	   /* at barrier 2, still attached, rings empty */
};

struct trial_spec {
	const char *const *monitors; /* names or paths */
	const char *means; /* what their maps mean (struct monitor_target); NULL: they say it */
	size_t nmonitors;
	const struct workload *workload;
	uint64_t limit_ns; /* from release to barrier 2; 0: 60 s */
	bool ignore_exit;  /* a command may end with any exit code */
	bool keep_events;  /* of a command too; without a ledger nobody needs them one by one */
	bool drop_events;  /* count them by type, do not keep them */
	const char *stdin_path; /* of a command; NULL: /dev/null, "-": our own */
	bool no_oracle;		/* a command is not counted independently: nothing will be judged */
	const struct trial_hooks *hooks;
	void *hooks_arg;
};

enum { TRIAL_EVENT_TYPES = 8 };

/* One monitor's capture. */
struct trial_monitor {
	struct monitor *monitor;	 /* detached by now; open until trial_release() */
	const struct monitor_info *info; /* of @monitor */
	struct counter_table before, after;
	struct counter_table ended; /* rows taken out meanwhile, of processes that ended; part of
				     * @after once there is one */
	bool keeps_ended;
	struct figures figures; /* of a subject that wants the record of calls */
	struct event *events;	/* in the order of the ring; NULL when they were dropped */
	size_t nevents, cap;
	uint64_t records, by_type[TRIAL_EVENT_TYPES]; /* the last counts all other types */
	struct monitor_losses losses;		      /* in the window */
	uint64_t skipped_before;		      /* runs that the kernel skipped before it */
	struct monitor_cost cost;
	bool keep_events;
};

struct trial {
	enum status status;   /* OK: everything was gathered. Nothing has been judged. */
	struct strbuf reason; /* why not OK */
	/* Why VOID, where that was not for what ran beside it: "workload" (it failed, or did not do
	 * what it was started for), "limit" (it took too long). NULL otherwise. */
	const char *cause;
	const struct trial_spec *spec;
	struct cgroup cgroup;
	uint64_t cgroup_id;	     /* of it, also when it is gone */
	struct workload_child child; /* ended by now; its ledger stays */
	struct trial_monitor *monitors;
	size_t nmonitors;
	struct model_lane *lanes; /* of the ledger; empty for a command */
	bool *alive;		  /* per lane: the thread stood at barrier 2 */
	struct switches_unseen
		*unseen; /* per lane, of its thread; NULL without a monitor of clocks */
	size_t nlanes;
	struct switches *switches;
	struct numbers *numbers;		/* in a container with process numbers of its own */
	uint64_t start_ns, end_ns;		/* of the window */
	struct proc_memory vm_before, vm_after; /* at the barriers */
	uint64_t steal_before_ns, steal_after_ns; /* of the whole machine */
	struct proc_cpu cpu_before, cpu_after; /* likewise, of the process with all its threads */
	bool has_vm;
	struct oracle *oracle;
	bool has_oracle; /* the next four mean something */
	struct model_totals oracle_totals;
	struct oracle_edges oracle_edges;
	struct oracle_canary canary;
	uint64_t oracle_misses;
	struct calls *calls; /* the record, where a monitor's subject wants it; stays */
	struct calls_verdict recorded;
	bool calls_exact;	/* its canary was recorded as it was made */
	struct perf_count perf; /* confirms the oracle where the machine has it */
	bool has_perf;
	uint64_t perf_calls[LEDGER_OP_COUNT];
};

/*
 * Runs it. @spec must outlive @t. Returns 0 with t->status set (a crashed child or a failed canary
 * is VOID: nothing was learnt of a monitor; a workload or monitor that this machine cannot run
 * SKIP), -EINTR when the user interrupted, or -errno after saying why: the environment is broken
 * and the next trial would fare the same. On every path nothing stays attached and no process or
 * cgroup is left. Release in any case.
 */
int trial_run(struct trial *t, const struct trial_spec *spec);
void trial_release(struct trial *t);

/* Sets status and reason. */
void trial_end_as(struct trial *t, enum status status, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
