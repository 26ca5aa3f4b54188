/* A fragment: written by honeyc from row13-assign-outer.ex. Change that, not this. */

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

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ktime = 0;
	__u32 key = 1;
	__u64 *kstart_ptr = bpf_map_lookup_elem(&counts, &key);
	if (kstart_ptr) {
		__u64 kstart = *kstart_ptr;
		ktime = kstart;
		__u32 key_2 = 1;
		bpf_map_delete_elem(&counts, &key_2);
	}
	return ktime;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
