/* A fragment: written by honeyc from 000-3-iteration.ex. Change that, not this. */

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

struct clean_each_ctx {
	__u64 removed;
	__u64 limit;
};

static long clean_each(void *map, __u32 *key_ptr, __u64 *value_ptr, struct clean_each_ctx *c)
{
	__u32 key = *key_ptr;
	__u64 value = *value_ptr;
	if (value < c->limit) {
		bpf_map_delete_elem(&counts, &key);
		c->removed = c->removed + 1;
	}
	return 0;
}

struct clean_each_2_ctx {
	__u64 removed;
};

static long clean_each_2(__u32 i, struct clean_each_2_ctx *c)
{
	if (i == c->removed)
		return 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int clean(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 limit = ctx->args[1];
	__u64 removed = 0;
	struct clean_each_ctx each = {
		.removed = removed,
		.limit = limit,
	};
	bpf_for_each_map_elem(&counts, clean_each, &each, 0);
	removed = each.removed;
	struct clean_each_2_ctx each_2 = {
		.removed = removed,
	};
	bpf_loop(limit & 0xff, clean_each_2, &each_2, 0);
	removed = each_2.removed;
	bpf_printk("removed %lld", (__u64)removed);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
