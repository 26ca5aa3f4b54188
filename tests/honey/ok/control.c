/* A fragment: written by honeyc from control.ex. Change that, not this. */

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

static __always_inline __u64 honey_max(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

static __always_inline void put(__u64 value)
{
	if (value == 0)
		return;
	__u32 key = 1;
	bpf_map_update_elem(&counts, &key, &value, BPF_ANY);
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 a = ctx->args[0];
	__u64 kind;
	if (a > 10 && a < 20) {
		kind = 1;
	} else if (a == 0 || !(a != 5)) {
		kind = 2;
	} else {
		kind = 3;
	}
	if (!(kind == 3))
		a = a + 15;
	switch (kind) {
	case 1:
		put(a);
		break;
	case 2: {
		__u64 b = a * 2;
		put(b);
		break;
	}
	default:
		put(0);
		break;
	}
	__u64 found;
	__u32 key = 1;
	__u64 *n_ptr = bpf_map_lookup_elem(&counts, &key);
	if (!n_ptr) {
		found = 0;
	} else {
		__u64 n = *n_ptr;
		if (n > 100) {
			found = 100;
		} else {
			found = n;
		}
	}
	__u64 total = 0;
	for (__u64 i = 0; i <= 8; i += 2) {
		total = total + i;
	}
	for (__s64 i = 3; i >= 1; i -= 1) {
		total = total - i;
	}
	if (found > 0) {
		total = 0;
	} else {
		total = honey_max(total / 3, 1);
	}
	if (total == 7) {
		return 1;
	} else {
		return 0;
	}
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
