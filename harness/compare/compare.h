/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of `beebench compare A B`: are two monitors equivalent, is each right, and which is
 * dearer? Each part emits records (docs/results.md) into run->sink; run->monitors holds the two.
 */
#ifndef HARNESS_COMPARE_H
#define HARNESS_COMPARE_H

#include "harness/plugin.h"
#include "lib/strbuf.h"

/* False where no program of a monitor can be loaded on this machine; @why (may be NULL) gets the
 * reason. */
bool compare_can_load(struct strbuf *why);

/*
 * Both attached at once beside each workload of @run (none: every ledger workload of memory, and
 * stress-ng's mmap): `equivalence` records, and a `trial` record for the conformance of each. Where
 * no program can be loaded, or where the two count by different definitions, a record that says so
 * (then conformance alone is judged). Returns 0, -EINTR, or -errno after saying why.
 */
int compare_equivalence(struct run *run);

/* `static` records: what loading each says without running it, and where @timed how long its source
 * takes to compile (three times, of which the fastest counts). Returns 0 or -errno after saying
 * why. */
int compare_static(struct run *run, bool timed, struct strbuf *why);

/* Steps that compare_equivalence() reports. */
unsigned int compare_steps(const struct run *run);

#endif
