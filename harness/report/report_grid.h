/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trials of a run as a grid: a row for each workload (with its parameters), a column for each
 * monitor. */
#ifndef HARNESS_REPORT_GRID_H
#define HARNESS_REPORT_GRID_H

#include "harness/record.h"
#include "lib/names.h"
#include "harness/result.h"
#include "lib/strbuf.h"

struct trial_grid {
	struct names monitors; /* in order of first appearance */
	struct names rows;     /* identities; what people read is in @labels */
	char **labels;	       /* rows.n of them, each unique: "mmap", "mmap:size=65536" */
	/* rows.n x monitors.n records, borrowed from the run; NULL: no such trial. Of several the
	 * gravest (fail, void, ok, skip). */
	struct json_object **cells;
};

void trial_grid_build(struct trial_grid *g, const struct run_file *run);
struct json_object *trial_grid_cell(const struct trial_grid *g, size_t row, size_t monitor);
/* The label of the row that @trial is in. */
const char *trial_grid_label(const struct trial_grid *g, struct json_object *trial);
void trial_grid_release(struct trial_grid *g);

/* A ring case in words, without its mode and placement: "56 B, 2 producers, epoll, wake each". */
void ring_label(struct json_object *o, struct strbuf *out);

/* Appends what a record is about: "memmon beside mmap", "overhead of memmon at brk". */
void record_subject(struct json_object *o, const struct trial_grid *g, struct strbuf *out);

/* The first record of each two words: an event and a monitor, say. */
struct record_index {
	struct names keys;
	struct json_object **first;
};

void record_index_add(struct record_index *x, const char *a, const char *b, struct json_object *o);
/* NULL: there is none. */
struct json_object *record_index_get(const struct record_index *x, const char *a, const char *b);
void record_index_release(struct record_index *x);

#endif
