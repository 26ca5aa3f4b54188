/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose, though better: counts calls when they return, and only those that worked. */
#define COUNTS_AT_EXIT
#include "tests/bpf/wrong_monitor.bpf.h"

static __u64 lengths[1]; /* of the one thread of the workload this is used with */

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		lengths[0] = ctx->args[1];
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		lengths[0] = ctx->args[1];
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_mmap")
int on_mmap_done(struct trace_event_raw_sys_exit *ctx)
{
	if (watched() && (ctx->ret > 0 || ctx->ret < -4095))
		count_mmap(lengths[0]);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_munmap")
int on_munmap_done(struct trace_event_raw_sys_exit *ctx)
{
	if (watched() && !ctx->ret)
		count_munmap(lengths[0]);
	return 0;
}
