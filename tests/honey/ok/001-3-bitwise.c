/* A fragment: written by honeyc from 001-3-bitwise.ex. Change that, not this. */

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

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 tid = ids & 0xffffffff;
	__u32 pid = ids >> 32;
	__u64 mixed = (((__u64)tid << 40) | pid) ^ ~ids;
	__u32 seed_style = ids & 0xff;
	__u64 seed_shift = ids >> 8;
	__u64 value = mixed + seed_style * seed_shift;
	bpf_map_update_elem(&counts, &tid, &value, BPF_ANY);
	return ~(ids & (1 | ((__u64)pid << 3)));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
