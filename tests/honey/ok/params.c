/* A fragment: written by honeyc from params.ex. Change that, not this. */

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

const volatile __u64 min_length = 1024ULL;
const volatile __u32 only_pid = 0ULL;
const volatile __s32 offset = -5;

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	if (ctx->args[1] < min_length || (only_pid != 0 && pid != only_pid))
		return 0;
	return ctx->args[1] + offset;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
