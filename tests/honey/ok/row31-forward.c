/* A fragment: written by honeyc from row31-forward.ex. Change that, not this. */

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

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

static __always_inline __u64 plus(__u64 int_2, __u64 while_2)
{
	return int_2 + while_2;
}

static __always_inline __u64 twice(__u64 int_2)
{
	return plus(int_2, int_2);
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return plus(twice(ctx->args[1]), 3);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
