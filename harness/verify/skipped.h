/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs of a monitor's programs that the kernel skipped (recursion_misses): what they explain is no
 * fault of the monitor. Mostly pure; the reason depends on the kernel.
 */
#ifndef HARNESS_SKIPPED_H
#define HARNESS_SKIPPED_H

#include "lib/base.h"
#include "harness/verify/accuracy.h"
#include "harness/verify/identity.h"
#include "harness/verify/judge.h"

/*
 * True when @n skipped runs may have made all that is off: sums and counts of calls lack at most
 * as many calls as there are skipped runs, nothing was counted or told that was not there. What
 * follows from the calls that are missing (usage, peaks, the order of what is left) says nothing.
 * @counts_calls: the subject's fields that count calls.
 */
bool skipped_explain(const struct judge_result *judged, const struct identities *ids,
		     uint64_t counts_calls, const struct vocabulary *words, uint64_t n);

/*
 * Makes a finding with its size of what skipped_explain() was true for: the verdict becomes
 * JUDGE_SKIPPED, mismatches and sums that do not close go.
 */
void skipped_forgive(struct judge_result *judged, struct identities *ids, struct accuracy *accuracy,
		     uint64_t n);

/* "the kernel skipped 459 runs of its programs: preempted, Linux 7 (docs/linux7.md)" */
void skipped_words(char *out, size_t size, uint64_t n, const char *whose);

#endif
