/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whole commands are timed by hyperfine (1.15 and newer): how it is called, and what its JSON says,
 * which has two schemas: up to 1.20, and 2 since 2.0.
 */
#ifndef HARNESS_TIMING_HYPERFINE_H
#define HARNESS_TIMING_HYPERFINE_H

#include "lib/base.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

/* One command with one choice of its parameters. */
struct hyperfine_result {
	char *command;	  /* with the parameters in it */
	char *parameters; /* "size=4K threads=2"; "": none */
	double *wall_s;	  /* of each of the @n runs */
	size_t n;
	double cpu_s; /* user and system, mean of the runs; NAN: not said */
};

struct hyperfine_results {
	struct hyperfine_result *v;
	size_t n;
};

/*
 * Reads what hyperfine exported, by either schema. Returns 0, or -EINVAL and why (lib/why.h): it is
 * no JSON, has no results, or one without a run. hyperfine_results_release() is due in any case.
 */
int hyperfine_parse(const char *text, struct hyperfine_results *out, struct strbuf *why);
void hyperfine_results_release(struct hyperfine_results *r);

/* @argv as the one word that hyperfine takes for a command: appended, quoted as a shell would want
 * it. */
void hyperfine_quote(const char *const *argv, struct strbuf *out);

/* Its options that are passed on. */
struct hyperfine_pass {
	/* Commands for a shell, NULL: none. With -N 1.15 would not ask one, and 2.0 would: each is
	 * handed over as `sh -c`. */
	const char *prepare, *setup, *cleanup;
	const char *const *parameters; /* "VAR=VALUE,..", ended by NULL; NULL: none */
};

/* Is each of @parameters "VAR=VALUE,.."? Returns 0, or -EINVAL after naming one. */
int hyperfine_check(const struct hyperfine_pass *pass);

/* A call of it that runs. */
struct hyperfine {
	struct subproc proc;
	char export[4096]; /* the file that it writes */
	int said_fd;	   /* what it says */
};
#define HYPERFINE_INIT                                                                             \
	{                                                                                          \
		.proc = SUBPROC_INIT, .said_fd = -1                                                \
	}

/*
 * Starts `hyperfine -N --runs @runs` of @command, as hyperfine_quote() makes it, its output thrown
 * away, or with @show kept in what hyperfine says. @child, @arg: as of struct subproc_opts. Returns
 * 0 or -errno after saying why (-ENOENT: it is not installed).
 */
int hyperfine_start(struct hyperfine *h, const char *command, unsigned int runs,
		    const struct hyperfine_pass *pass, bool show, int (*child)(void *arg),
		    void *arg);

/*
 * After h->proc was reaped: its results. Returns 0, -ECANCELED when the command (or one of @pass)
 * failed, or another -errno; @why gets what hyperfine said then, the last lines of it.
 */
int hyperfine_finish(struct hyperfine *h, struct hyperfine_results *out, struct strbuf *why);

/* Kills what still runs, removes the file. Accepts one that was never started. */
void hyperfine_release(struct hyperfine *h);

/* Start, wait to the end, finish: for who has nothing else to do. -EINTR likewise. */
int hyperfine_run(const char *command, unsigned int runs, const struct hyperfine_pass *pass,
		  struct hyperfine_results *out, struct strbuf *why);

/* "hyperfine 1.15.0", to free(); NULL: it is not installed. */
char *hyperfine_version(void);

#endif
