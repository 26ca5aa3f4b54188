/* A fragment: written by honeyc from 001-6-helper-per-map.ex. Change that, not this. */

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

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u64);
	__type(value, __u32);
} other SEC(".maps");

static __always_inline void add_counts(__u64 key, __u64 value)
{
	__u32 key_2 = key;
	__u64 *old_ptr = bpf_map_lookup_elem(&counts, &key_2);
	if (old_ptr) {
		__u64 old = *old_ptr;
		__u32 key_3 = key;
		__u64 value_2 = old + value;
		bpf_map_update_elem(&counts, &key_3, &value_2, BPF_ANY);
	} else {
		__u32 key_3 = key;
		bpf_map_update_elem(&counts, &key_3, &value, BPF_ANY);
	}
}

static __always_inline void add_other(__u64 key, __u64 value)
{
	__u32 *old_ptr = bpf_map_lookup_elem(&other, &key);
	if (old_ptr) {
		__u32 old = *old_ptr;
		__u32 value_2 = old + value;
		bpf_map_update_elem(&other, &key, &value_2, BPF_ANY);
	} else {
		__u32 value_2 = value;
		bpf_map_update_elem(&other, &key, &value_2, BPF_ANY);
	}
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	add_counts(ctx->args[1], 1);
	add_other(ctx->args[1], 2);
	add_counts(7, 3);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
