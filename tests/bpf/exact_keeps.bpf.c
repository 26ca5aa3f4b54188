/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* exact_base with a map that could hold something of each thread, and does not: nobody can tell
 * from outside, so that new threads and processes make its calls. */
#include "tests/bpf/exact_monitor.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} threads SEC(".maps");
