/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon_fast, which has a ring for each CPU, with a map that no copy can have. */
#include "bpf/memmon/memmon_fast.bpf.c"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} not_copied SEC(".maps");
