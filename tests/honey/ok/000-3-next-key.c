/* A fragment: written by honeyc from 000-3-next-key.ex. Change that, not this. */

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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct cleanup_old_entries_each_ctx {
	__u64 limit;
};

static long cleanup_old_entries_each(void *map, __u32 *current_key_ptr, void *value,
				     struct cleanup_old_entries_each_ctx *c)
{
	__u32 current_key = *current_key_ptr;
	__u64 seen = 0;
	__u64 *seen_ptr = bpf_map_lookup_elem(&counts, &current_key);
	_Bool yes = seen_ptr;
	if (yes) {
		seen = *seen_ptr;
		yes = seen < c->limit;
	}
	if (yes)
		bpf_map_delete_elem(&counts, &current_key);
	return 0;
}

SEC("raw_tp/sys_enter")
int cleanup_old_entries(void *ctx)
{
	__u64 limit = bpf_ktime_get_ns() - 1000000000;
	struct cleanup_old_entries_each_ctx each = {
		.limit = limit,
	};
	bpf_for_each_map_elem(&counts, cleanup_old_entries_each, &each, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
