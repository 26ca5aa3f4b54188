/* A fragment: written by honeyc from 12-2-logger.ex. Change that, not this. */

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

SEC("raw_tp/sys_enter")
int run(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 a = ctx->args[0];
	__s64 s = (__s64)a - 10;
	bpf_printk("[INFO] got %llu and %lld: 100%% \"%llu\"", (__u64)a, (__u64)(s + 1),
		   (__u64)(a + 1));
	bpf_printk("x %lld %%d", (__u64)s);
	bpf_printk("n %lld", 0ULL);
	bpf_printk("[ERROR] plain");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
