/* A fragment: written by honeyc from opt-self-update.ex. Change that, not this. */

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

struct stats {
	__u64 count;
};

_Static_assert(sizeof(struct stats) == 8, "stats");

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct stats);
} stats_map SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct stats *stats = bpf_map_lookup_elem(&stats_map, &pid);
	if (stats) {
		stats->count = stats->count + 1;
		bpf_map_update_elem(&stats_map, &pid, stats, BPF_ANY);
	}
	__u32 key = 7;
	struct stats *other = bpf_map_lookup_elem(&stats_map, &key);
	if (other) {
		__u32 key_2 = 7;
		bpf_map_delete_elem(&stats_map, &key_2);
		__u32 key_3 = 7;
		bpf_map_update_elem(&stats_map, &key_3, other, BPF_ANY);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
