/* A fragment: written by honeyc from opt-in-place.ex. Change that, not this. */

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
	BPF_NOEXIST = 1,
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
	__u64 key = bpf_get_current_pid_tgid() >> 32;
	__u32 key_2 = key;
	__u64 *n_ptr = bpf_map_lookup_elem(&counts, &key_2);
	if (n_ptr) {
		__u64 n = *n_ptr;
		__u32 key_3 = key;
		__u64 value = n + 1;
		bpf_map_update_elem(&counts, &key_3, &value, BPF_ANY);
		key = key + 1;
		__u32 key_4 = key;
		bpf_map_update_elem(&counts, &key_4, &n, BPF_ANY);
	} else {
		__u32 key_3 = key;
		__u64 value = 1;
		bpf_map_update_elem(&counts, &key_3, &value, BPF_NOEXIST);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
