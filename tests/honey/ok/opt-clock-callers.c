/* A fragment: written by honeyc from opt-clock-callers.ex. Change that, not this. */

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

#define NULL ((void *)0)

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline void touch(__u64 key)
{
	__u32 key_2 = key;
	__u64 value = bpf_ktime_get_ns();
	bpf_map_update_elem(&seen, &key_2, &value, BPF_ANY);
}

static __always_inline void again(__u64 key)
{
	touch(key);
	__u32 key_2 = key;
	bpf_map_delete_elem(&seen, &key_2);
}

static __always_inline void touch_2(__u32 key)
{
	__u64 value = bpf_ktime_get_ns();
	bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
}

static long on_enter_each(__u32 i, void *c)
{
	touch_2(i);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	touch(1);
	touch(2);
	again(3);
	bpf_loop(4, on_enter_each, NULL, 0);
	return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	touch(5);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
