/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's verifier says of an object's programs when it accepts them: its own statistics,
 * exact and repeatable. */
#ifndef COLLECTOR_VERIFIER_H
#define COLLECTOR_VERIFIER_H

#include "lib/base.h"

/* Sums over all programs, except stack_bytes, which is the deepest program's (with its
 * subprograms). */
struct verifier_stats {
	uint32_t programs;
	uint64_t processed_insns; /* instructions the verifier walked */
	uint64_t total_states;
	uint32_t stack_bytes;
};

/*
 * Loads the object at @path once more with the verifier's statistics on (BPF_LOG_STATS, Linux 5.2),
 * attaches nothing, unloads. Returns 0, or -errno after saying why.
 */
int verifier_stats_read(const char *path, struct verifier_stats *out);

/* Reads one program's log: "processed 103 insns (..) .. total_states 8 ..", "stack depth 64+0".
 * False: not found. Pure. */
bool verifier_stats_parse(const char *log, struct verifier_stats *out);

#endif
