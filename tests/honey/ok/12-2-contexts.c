/* A fragment: written by honeyc from 12-2-contexts.ex. Change that, not this. */

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

/* perf_event: fields found in the kernel's BTF at load time */
struct bpf_perf_event_data {
	__u64 sample_period;
} __attribute__((preserve_access_index));

/* tc: fields found in the kernel's BTF at load time */
struct __sk_buff {
	__u32 len;
} __attribute__((preserve_access_index));

/* xdp: fields found in the kernel's BTF at load time */
struct xdp_md {
	__u32 rx_queue_index;
} __attribute__((preserve_access_index));

SEC("perf_event")
int on_p(struct bpf_perf_event_data *ctx)
{
	bpf_printk("%lld", (__u64)ctx->sample_period);
	return 0;
}

SEC("tc")
int on_tc(struct __sk_buff *ctx)
{
	bpf_printk("%lld", (__u64)ctx->len);
	return 0;
}

SEC("cgroup_skb/egress")
int on_e(struct __sk_buff *ctx)
{
	if (ctx->len > 100) {
		return 1;
	} else {
		return 1;
	}
}

SEC("xdp")
int on_x(struct xdp_md *ctx)
{
	if (ctx->rx_queue_index == 0) {
		return 2;
	} else {
		return 1;
	}
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
