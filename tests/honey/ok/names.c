/* A fragment: written by honeyc from names.ex. Change that, not this. */

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
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_ANY = 0,
};

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} add SEC(".maps");

static __always_inline __u64 long_(__u64 default_2)
{
	return default_2 + 1;
}

static __always_inline __u64 sum(__u64 add_2, __u64 struct_2)
{
	return add_2 + struct_2;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 int_2 = ctx->args[1];
	__u64 gr____e = long_(int_2);
	__u64 add_2 = sum(gr____e, 1);
	__u64 c_2 = add_2 + int_2;
	__u32 key = 0;
	bpf_map_update_elem(&add, &key, &c_2, BPF_ANY);
	return c_2;
}

char LICENSE[] SEC("license") = "Dual \"BSD\"/GPL";
