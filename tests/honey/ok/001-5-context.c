/* A fragment: written by honeyc from 001-5-context.ex. Change that, not this. */

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

#include <bpf/bpf_helpers.h>

/* tracepoint/syscalls/sys_enter_mmap: fields found in the kernel's BTF at load time */
struct trace_event_raw_sys_enter {
	__u64 args[6];
} __attribute__((preserve_access_index));

/* tracepoint/syscalls/sys_exit_mmap: fields found in the kernel's BTF at load time */
struct trace_event_raw_sys_exit {
	__s64 ret;
} __attribute__((preserve_access_index));

/* tracepoint/sched/sched_switch: fields found in the kernel's BTF at load time */
struct trace_event_raw_sched_switch {
	char prev_comm[16];
	__s32 prev_pid;
	__s64 prev_state;
	char next_comm[16];
	__s32 next_prio;
} __attribute__((preserve_access_index));

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	return ctx->args[1] + ctx->args[3];
}

SEC("tracepoint/syscalls/sys_exit_mmap")
int on_mmap_exit(struct trace_event_raw_sys_exit *ctx)
{
	return ctx->ret;
}

static __always_inline __s32 later(struct trace_event_raw_sched_switch *ctx)
{
	return ctx->next_prio;
}

SEC("tracepoint/sched/sched_switch")
int on_switch(struct trace_event_raw_sched_switch *ctx)
{
	if (ctx->prev_state == 0 && ctx->prev_pid > 0)
		bpf_printk("%s gives way to %s", ctx->prev_comm, ctx->next_comm);
	return later(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
