/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections of a report; each adds nothing when the run has no records for it. */
#ifndef HARNESS_REPORT_SECTIONS_H
#define HARNESS_REPORT_SECTIONS_H

#include "harness/report/report_doc.h"
#include "harness/report/report_grid.h"
#include "harness/result.h"
#include "lib/strbuf.h"

/* Adds the picture of that name, when the run has records for it: the file that is there, or why
 * there is none. */
void report_picture(struct doc *d, const struct run_file *run, const char *name, const char *alt);

/* The heading of the whole report; of a comparison its verdict. */
void report_title(struct doc *d, const struct run_file *run);
/* The verdicts of a comparison: in all, one a lane, what differs, the reasons. */
void report_gate(struct doc *d, const struct run_file *run);
/* Both monitors of a comparison side by side: the exact and the time lane by path, the static one.
 */
void report_lanes(struct doc *d, const struct run_file *run);

/* Of a merged run: which machines, what they differ in, their times together. */
void report_merged(struct doc *d, const struct run_file *run, const struct trial_grid *g);

void report_conformance(struct doc *d, const struct run_file *run, const struct trial_grid *g);
void report_accuracy(struct doc *d, const struct run_file *run, const struct trial_grid *g);
void report_losses(struct doc *d, const struct run_file *run, const struct trial_grid *g);
void report_skips(struct doc *d, const struct run_file *run, const struct trial_grid *g);

/* Each monitor in a row: right?, what it adds, what it lost; the best is marked. */
void report_summary(struct doc *d, const struct run_file *run);
/* Cost in a sentence or two, for the top of the report. */
void report_headline(struct doc *d, const struct run_file *run);
void report_overhead(struct doc *d, const struct run_file *run);
void report_calibrate(struct doc *d, const struct run_file *run);
/* Appends whether two monitors are equivalent, as a sentence. False when @records do not say. */
bool equivalence_words(struct json_object *records, struct strbuf *out);
/* What `compare` prints. */
void report_print_compare(struct json_object *records, FILE *out);
void report_equivalence(struct doc *d, const struct run_file *run);
/* The static lane, a row for each monitor; of a comparison report_lanes() has it. */
void report_static(struct doc *d, const struct run_file *run);
void report_exchange(struct doc *d, const struct run_file *run);
void report_exact(struct doc *d, const struct run_file *run);
void report_slowdown(struct doc *d, const struct run_file *run);
void report_collector(struct doc *d, const struct run_file *run);
void report_programs(struct doc *d, const struct run_file *run);
void report_ringbuf(struct doc *d, const struct run_file *run);
void report_losscurve(struct doc *d, const struct run_file *run);
/* Monitors x kernels x processors. */
void report_matrix(struct doc *d, const struct run_file *run);

#endif
