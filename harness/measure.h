/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Running a measure: plan, run, exit code, interruption. */
#ifndef HARNESS_MEASURE_H
#define HARNESS_MEASURE_H

#include "harness/plugin.h"

/* From here on SIGINT, SIGTERM and SIGHUP, each where it is not ignored, make run_interrupted()
 * true, and end every wait with EINTR, again and again: who waits asks run_interrupted() and ends
 * with what it has and EXIT_INCONCLUSIVE. What is still there after eight seconds ends at once.
 * SIGPIPE is ignored. */
void run_catch_signals(void);
/* "ok", "failed", "interrupted": what the record of type "end" says of exit code @code. */
const char *run_outcome(int code);

/* What the user named in @list of a run, or @otherwise where he named nothing. */
const char *const *run_chosen(const char *const *list, const char *const *otherwise);
/* The monitors he named, or all that ship and offer something to judge, and nop. */
const char *const *run_monitors(const struct run *run);

/* The measure of that name, or NULL. */
const struct measure_ops *measure_find(const char *name);

/* Plans the steps of @m with default parameters, so that the time left of a whole run is known. */
void measure_plan(const struct measure_ops *m, struct run *run);

/*
 * Runs @m with parameters @spec (-o; may be NULL) on @run: progress is planned, records go to
 * run->sink. Returns 0, -ENOTSUP after saying why this machine cannot, or as measure_ops.run().
 */
int measure_run(const struct measure_ops *m, const char *spec, struct run *run);

/* The exit code that the records (a JSON array) and the error @err of @m come to; NULL: of several
 * measures. */
int measure_exit_code(const struct measure_ops *m, struct json_object *records, int err);

/* The graver of two exit codes; a skipped measure is no failure of the whole. */
int exit_worse(int a, int b);
/* "ok", "fail", "skip", "inconclusive", "error": what --json calls exit code @code. */
const char *exit_word(int code);

#endif
