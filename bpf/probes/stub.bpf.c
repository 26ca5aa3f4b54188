/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The permanently attached switch of the time lane: each program jumps to whatever its one-slot
 * array holds. The index is a constant, so that the JIT makes it a direct jump that the kernel
 * re-points when the slot is written, in microseconds and without detaching anything. One array a
 * program: what a slot holds must be of the same type (and, for tp_btf, the same tracepoint), which
 * the harness sets before it loads as many of these as it needs.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define STUB(n)                                                                                    \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, __u32);                                                              \
	} target##n SEC(".maps");                                                                  \
                                                                                                   \
	SEC("?tracepoint") int stub##n(void *ctx)                                                  \
	{                                                                                          \
		bpf_tail_call(ctx, &target##n, 0);                                                 \
		return 0;                                                                          \
	}

STUB(0)
STUB(1)
STUB(2)
STUB(3)
STUB(4)
STUB(5)
STUB(6)
STUB(7)
