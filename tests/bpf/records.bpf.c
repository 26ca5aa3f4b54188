/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records of other lengths than the struct's: one too short, one longer, and none that wakes. */
#define OWN_PROGRAMS
#include "tests/bpf/shape.bpf.h"

static __always_inline void emit(__u64 bytes, __u64 length, __u64 flags, __u8 type)
{
	/* The verifier wants a constant; each caller has its own. */
	struct mem_event *e = bpf_ringbuf_reserve(&mem_events, bytes, 0);

	if (!e)
		return;
	if (bytes >= sizeof(*e)) {
		__builtin_memset(e, 0, bytes);
		e->pid = (__u32)bpf_get_current_pid_tgid();
		e->size = length;
		e->event_type = type;
	} else {
		e->timestamp = 1;
	}
	bpf_ringbuf_submit(e, flags);
}

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		emit(64, ctx->args[1], BPF_RB_NO_WAKEUP, 2);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		emit(sizeof(struct mem_event), ctx->args[1], 0, 3);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int on_brk(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		emit(8, 0, 0, 4);
	return 0;
}
