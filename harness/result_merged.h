/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A merged run (harness/merge/merge.h) as those read it that know one run: each thing stands once
 * as it came out, with a member `met` (docs/results.md) that says how many runs and which machines
 * it came out so on. It is made while the file is read: records that say what another has said are
 * counted by their text alone, so that gigabytes take little memory.
 */
#ifndef HARNESS_RESULT_MERGED_H
#define HARNESS_RESULT_MERGED_H

#include "harness/result.h"

struct merged; /* opaque */

/* Of a run's header: the machine's id; where it has none, its name. */
const char *result_machine(struct json_object *header);

/* NULL: @header, which stays the caller's, is not that of a merged run. */
struct merged *merged_begin(struct json_object *header);
/* True: the record whose text this is needs no reading, it was counted with one before. False: it
 * is read, and merged_keep() is called with what it is. */
bool merged_counts(struct merged *m, const char *text, size_t len);
void merged_keep(struct merged *m, struct json_object *record);
/* Puts what was kept and counted into @r, in place of its records. */
void merged_end(struct merged *m, struct run_file *r);
void merged_free(struct merged *m); /* accepts NULL */

#endif
