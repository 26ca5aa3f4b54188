/* A fragment: written by honeyc from opt-clock.ex. Change that, not this. */

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
	BPF_NOEXIST = 1,
};

struct stats {
	__u64 first;
	__u64 last;
};

_Static_assert(sizeof(struct stats) == 16, "stats");

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct stats);
} stats_map SEC(".maps");

static __always_inline void touch_at(__u64 key, __u64 now)
{
	__u32 key_2 = key;
	struct stats *stats = bpf_map_lookup_elem(&stats_map, &key_2);
	if (!stats) {
		__u32 key_3 = key;
		struct stats value = {
			.first = now,
		};
		bpf_map_update_elem(&stats_map, &key_3, &value, BPF_NOEXIST);
		return;
	}
	stats->last = now;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == 9) {
		__u64 now = bpf_ktime_get_ns();
		touch_at(1, now);
		touch_at(2, now);
		__u64 begin = bpf_ktime_get_ns();
		bpf_printk("took %lld", (__u64)(bpf_ktime_get_ns() - begin));
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
