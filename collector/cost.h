/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an object costs by the kernel's own books: bpf_prog_info, fdinfo, and the verifier's
 * statistics. */
#ifndef COLLECTOR_COST_H
#define COLLECTOR_COST_H

#include "collector/collect.h"

struct bpf_object;

/* Fills @out->programs, @out->nprograms and @out->map_bytes of an object that is loaded. 0 or
 * -errno; prints nothing. */
int cost_of_object(const struct bpf_object *obj, struct monitor_cost *out);

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
int verifier_stats_read(const char *path, struct verifier_stats *out, struct strbuf *why);

/* Reads one program's log: "processed 103 insns (..) .. total_states 8 ..", "stack depth 64+0".
 * False: not found. Pure. */
bool verifier_stats_parse(const char *log, struct verifier_stats *out);

#endif
