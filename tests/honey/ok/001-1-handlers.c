/* Handlers: written by honeyc from 001-1-handlers.ex. Change that, not this. */

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

/* tracepoint/sched/sched_switch: fields found in the kernel's BTF at load time */
struct trace_event_raw_sched_switch {
	__s32 prev_pid;
} __attribute__((preserve_access_index));

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

SEC("tracepoint/sched/sched_switch")
int on_switch(struct trace_event_raw_sched_switch *ctx)
{
	return ctx->prev_pid;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[1];
}

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *ctx)
{
	bpf_printk("task at %llx", (__u64)ctx[0]);
	return 1;
}

SEC("perf_event")
int on_sample(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
