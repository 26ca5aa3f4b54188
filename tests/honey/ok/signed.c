/* A fragment: written by honeyc from signed.ex. Change that, not this. */

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

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_ANY = 0,
};

/* tracepoint/sched/sched_switch: fields found in the kernel's BTF at load time */
struct trace_event_raw_sched_switch {
	__s32 prev_pid;
	__s32 prev_prio;
	__s32 next_pid;
	__s32 next_prio;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline __s64 honey_sdiv(__s64 a, __s64 b)
{
	__u64 x = a < 0 ? -(__u64)a : a, y = b < 0 ? -(__u64)b : b;
	__u64 q = y ? x / y : 0;

	return (a < 0) != (b < 0) ? -q : q;
}

static __always_inline __s64 honey_srem(__s64 a, __s64 b)
{
	__u64 x = a < 0 ? -(__u64)a : a, y = b < 0 ? -(__u64)b : b;
	__u64 r = y ? x % y : x;

	return a < 0 ? -r : r;
}

static __always_inline __s64 honey_smin(__s64 a, __s64 b)
{
	return a < b ? a : b;
}

SEC("tracepoint/sched/sched_switch")
int on_switch(struct trace_event_raw_sched_switch *ctx)
{
	__s64 change = (__s64)ctx->next_prio - ctx->prev_prio;
	if (change < -3)
		change = honey_sdiv(change, 2);
	if (ctx->prev_pid > 0 && (__u32)ctx->prev_pid < bpf_get_prandom_u32())
		change = change + honey_srem(change, 5) + honey_smin(change, -1);
	__u32 small = (__u8)change;
	__s64 shifted = change >> 2;
	__u32 key = ctx->next_pid;
	__u64 value = small;
	bpf_map_update_elem(&counts, &key, &value, BPF_ANY);
	return shifted;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
