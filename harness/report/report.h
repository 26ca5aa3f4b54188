/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report of a run: its blocks, the files it leaves for a person, what a measure prints. */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include <stdio.h>

#include "harness/report/report_doc.h"
#include "harness/result.h"

/* The whole report of a run. The caller releases @d. */
void report_build(struct doc *d, const struct run_file *run);

/* From here on SIGINT, SIGTERM and SIGHUP, where not ignored, end the process at once with
 * EXIT_INCONCLUSIVE; no half of a report is left. For a command that only reports: what measures
 * must undo what it did. */
void report_end_on_signals(void);

/* How many verdicts, counted figures and times both runs have, and how many of the first two are
 * not the same. */
struct two_runs {
	size_t held, changed;
};

/* Two saved runs held against each other. The caller releases @d. */
struct two_runs report_two(struct doc *d, const struct run_file *a, const struct run_file *b);

/*
 * What measure @name prints for a person, where that is made of sections of the report (verify,
 * compare). False, with nothing printed, for another measure.
 */
bool report_print(const char *name, struct json_object *records, FILE *out);

/*
 * Writes report.md, report.html and plots/{*.dat,*.svg,*.png} into the folder of a run, from its
 * run.json (whole or cut short). Returns 0, or -errno after saying why; -ENOTSUP when only the
 * pictures are missing (no gnuplot): the reports are written without them and say so.
 */
int report_write_all(const char *run_dir);

#endif
