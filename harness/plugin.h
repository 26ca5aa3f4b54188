/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The harness's plug-ins: measures (a question asked of monitors and workloads) and reporters
 * (somebody who is told). One file each in harness/measures/ and harness/reporters/ with `const
 * struct measure_ops measure_NAME = {` or `const struct reporter_ops reporter_NAME = {`, found by
 * name at build time. Monitors: collector/collect.h; workloads: workloads/workload.h.
 */
#ifndef HARNESS_PLUGIN_H
#define HARNESS_PLUGIN_H

#include <stdio.h>

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/param.h"
#include "workloads/workload.h"
#include "lib/strbuf.h"

/*
 * One invocation of beebench: what the user chose and nothing else, and where results go. Made by
 * the command line, passed to every measure, which fills in what was not chosen: harness/measure.h
 * has the helpers. Nothing in it is owned by a measure.
 */
struct hyperfine_pass;
struct run {
	const char *const *monitors; /* names or paths; lists are NULL or ended by NULL */
	const char *means; /* --means: what their maps mean; NULL: they say it themselves */
	struct workload *workloads; /* @nworkloads of them */
	size_t nworkloads;
	const char *const *events;  /* -e: names of harness/timing/timed_event.h */
	const char *const *kernels; /* -k: of the guest */
	double seconds;		    /* -t: time budget of a measure, 0: not chosen */
	uint64_t seed;
	/* --prepare and its kin: of whole commands that are timed (harness/timing/hyperfine.h).
	 * NULL: none. */
	const struct hyperfine_pass *load;
	bool quick;		   /* --quick: everything in all within 60 s */
	bool whole;		   /* `beebench run`: one measure of several, which share that */
	struct sink *sink;	   /* where records go: harness/result.h */
	struct progress *progress; /* harness/progress.h; never NULL */
};

/* True once the user pressed Ctrl-C: finish the step, undo it, return -EINTR. Set by a signal,
 * checked everywhere. */
bool run_interrupted(void);

/* What of a run a measure looks at, besides its monitors. */
enum measure_takes {
	TAKES_WORKLOADS = 1 << 0, /* run->workloads, by -w */
	TAKES_COMMAND = 1 << 1,	  /* one of them may be a command of the user's */
	TAKES_LOAD = 1 << 2,	  /* run->load: that command is timed */
	TAKES_EVENTS = 1 << 3,
	TAKES_KERNELS = 1 << 4,
};

struct measure_ops {
	const char *name; /* also the sub-command: "verify", "overhead", "ringbuf" */
	const char *help;
	const struct param *params; /* -o a=1,b=2; NULL: none */
	size_t params_size;
	/* Optional. Fills @why and returns -ENOTSUP when this machine cannot run it. */
	int (*supported)(struct strbuf *why);
	/* Steps it will report to run->progress, and roughly how long a step takes, so that a time
	 * left can be shown. */
	unsigned int (*steps)(const struct run *run, const void *params, double *seconds_per_step);
	/*
	 * Runs and emits records (docs/results.md) through sink_emit(). Returns 0 when all was
	 * measured (a failed check is a record with "status": "fail", not an error), -EINTR when
	 * interrupted, another -errno after saying why.
	 */
	int (*run)(struct run *run, const void *params);
	/* Optional. A table for a person, from a JSON array of records; other measures' records
	 * among them are passed over. Where it is made of sections of the report, report_print()
	 * has it instead. */
	void (*print)(struct json_object *records, FILE *out);
	/* Optional. What --json prints (the caller owns it); NULL:
	 * {"schema","command","status","records"}. */
	struct json_object *(*summary)(struct json_object *records);
	/* A measure that takes its monitors as so many plain words ("compare A B") instead of -m,
	 * and their names in the help. */
	size_t words;
	const char *usage;
	unsigned int takes; /* enum measure_takes: another option of its kind is refused */
	/* Optional. Types of records whose status makes the exit code, ended by NULL; the others
	 * inform, and only what is "ok" of them counts. NULL: all do. */
	const char *const *judged;
};

struct run_file; /* a run read back: harness/result.h */

struct reporter_ops {
	const char *name; /* "markdown" */
	const char *help;
	/* Writes the whole report to @out. Returns 0 or -errno after saying why; whether @out took
	 * it is the caller's to see (ferror). */
	int (*render)(const struct run_file *run, FILE *out);
};

extern const struct measure_ops *const measure_list[];	 /* sorted by name, ended by NULL */
extern const struct reporter_ops *const reporter_list[]; /* sorted by name, ended by NULL */

#endif
