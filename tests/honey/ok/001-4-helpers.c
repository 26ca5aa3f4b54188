/* A fragment: written by honeyc from 001-4-helpers.ex. Change that, not this. */

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

struct who {
	__u64 at;
	__u64 boot;
	__u64 uid_gid;
	__u64 cgroup;
	__u32 cpu;
	__u32 dice;
	char comm[16];
};

_Static_assert(sizeof(struct who) == 56, "who");

/* tracepoint/raw_syscalls/sys_enter: fields found in the kernel's BTF at load time */
struct trace_event_raw_sys_enter {
	__s64 id;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct who);
} last SEC(".maps");

SEC("tracepoint/raw_syscalls/sys_enter")
int on_enter(struct trace_event_raw_sys_enter *ctx)
{
	struct who who = {
		.at = bpf_ktime_get_ns(),
		.boot = bpf_ktime_get_boot_ns(),
		.uid_gid = bpf_get_current_uid_gid(),
		.cgroup = bpf_get_current_cgroup_id(),
		.cpu = bpf_get_smp_processor_id(),
		.dice = bpf_get_prandom_u32(),
	};
	bpf_get_current_comm(who.comm, 16);
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	bpf_map_update_elem(&last, &pid, &who, BPF_ANY);
	bpf_printk("pid %lld calls %lld as %s", (__u64)pid, (__u64)ctx->id, who.comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
