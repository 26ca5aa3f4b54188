/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract of a workload: one file in workloads/ with one `const struct workload_ops
 * wl_NAME_ops = {`, found by name at build time (build/gen/workloads.inc). Hooks run in a child
 * process forked for the trial.
 */
#ifndef WORKLOADS_WORKLOAD_H
#define WORKLOADS_WORKLOAD_H

#include "lib/param.h"
#include "workloads/ledger.h"

enum workload_truth {
	WORKLOAD_LEDGER, /* every call that the workload is about is in the ledger */
	WORKLOAD_ORACLE, /* a command: only an independent count knows */
};

enum workload_subject {
	WORKLOAD_MEMORY, /* makes the calls a memory monitor counts */
	WORKLOAD_CPU,	 /* spends CPU time as a CPU monitor should see it; lanes hold the truth */
	WORKLOAD_CALLS,	 /* makes calls of any kind, all of them in the ledger */
	/* Allocate: by an allocator, or in the kernel. Memory calls that an allocator makes are in
	 * no ledger, so no monitor of another subject is judged beside them. */
	WORKLOAD_MALLOC,
	WORKLOAD_KMALLOC,
};

static inline bool workload_allocates(enum workload_subject subject)
{
	return subject == WORKLOAD_MALLOC || subject == WORKLOAD_KMALLOC;
}

/* What a running workload sees. */
struct workload_run {
	const void *params; /* the plug-in's parameter struct, filled */
	uint64_t seed;	    /* for struct rng: the same seed makes the same calls */
	struct ledger *ledger;
	struct ledger_lane *lane; /* of the main thread, opened before warm_up() */
	void *state;		  /* the plug-in's own, between its hooks */
};

struct workload_ops {
	const char *name; /* "mmap" */
	const char *help; /* one line */
	enum workload_truth truth;
	enum workload_subject subject;
	const struct param *params; /* NULL: none */
	size_t params_size;
	/* Optional. Do the parameters make sense together? Returns 0, or -EINVAL after saying what
	 * does not. */
	int (*check)(const void *params);
	/* Optional. Fills @why and returns -ENOTSUP when this machine cannot run it: the trial is a
	 * skip. */
	int (*supported)(struct strbuf *why);
	/* LEDGER: required. Upper bounds for the ledger of a run with these parameters. */
	void (*size)(const void *params, uint32_t *lanes, uint64_t *entries);
	/* Optional. In the child before the first barrier: create threads, touch memory. Returns 0
	 * or -errno. */
	int (*warm_up)(struct workload_run *run);
	/* LEDGER: required. In the child between the barriers: wl_*() calls only. Returns 0 or
	 * -errno. */
	int (*run)(struct workload_run *run);
	/* Optional. In the child after the second barrier: join threads. */
	void (*finish)(struct workload_run *run);
	/* ORACLE: required. The command, as a NULL-terminated list that the caller frees with
	 * free() (one block). */
	char **(*argv)(const void *params, uint64_t seed);
	/* Optional. Of a command that ended with exit code 0: did it do what it was started for, by
	 * what it printed? Fills @why and returns -ENODATA when it did not. */
	int (*proof)(const void *params, const char *output, struct strbuf *why);
};

/* A workload with its parameters, as a user names it: "mmap", "mmap:count=1009,size=64K",
 * "stress-ng:stressor=vm". */
struct workload {
	const struct workload_ops *ops;
	void *params; /* owned */
	uint64_t seed;
	char *const *command; /* after "--": not owned; NULL for a plug-in */
};

/* All plug-ins, sorted by name, ended by NULL. */
extern const struct workload_ops *const workload_list[];

/* Parses one name with parameters. Returns 0, or -EINVAL after naming the nearest workload or
 * parameter. */
int workload_parse(struct workload *w, const char *spec, uint64_t seed);
/* A workload that runs @argv (NULL-terminated, kept by reference), truth by oracle. */
void workload_from_command(struct workload *w, char *const argv[]);
void workload_release(struct workload *w);
/* ops->proof() of it, or what is known of commands by their name. 0 where nothing is. */
int workload_proof(const struct workload *w, const char *output, struct strbuf *why);
/* The name without parameters; "command" for one after "--". */
const char *workload_name(const struct workload *w);

#endif
