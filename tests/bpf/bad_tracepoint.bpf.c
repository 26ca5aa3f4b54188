/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wants a tracepoint that no kernel has. */
#include "tests/bpf/shape.bpf.h"

SEC("tracepoint/syscalls/sys_enter_mmapp")
int on_nothing(void *ctx)
{
	return 0;
}
