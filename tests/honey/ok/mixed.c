/* A fragment: written by honeyc from mixed.ex. Change that, not this. */

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
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
	BPF_ANY = 0,
};

struct task_struct;

/* tracepoint/syscalls/sys_exit_read: fields found in the kernel's BTF at load time */
struct trace_event_raw_sys_exit {
	__s64 ret;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} m SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u64);
	__type(value, __u8);
} n SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, 1); /* BPF_F_NO_PREALLOC */
	__type(key, int);
	__type(value, __u64);
} t SEC(".maps");

SEC("xdp")
int x(void *ctx)
{
	__u64 key = 1;
	__u8 value = 200;
	bpf_map_update_elem(&n, &key, &value, BPF_ANY);
	return 2;
}

SEC("tracepoint/syscalls/sys_exit_read")
int e(struct trace_event_raw_sys_exit *ctx)
{
	if (ctx->ret < 0)
		return 0;
	__u64 hist = 0;
	__s64 v = ctx->ret;
	for (__u64 i = 0; i <= 31; i++) {
		if (v > 0) {
			hist = hist + 1;
			v = v >> 1;
		}
	}
	__u32 key = hist;
	__u64 *found = bpf_map_lookup_elem(&m, &key);
	__u64 old = found ? *found : 0;
	__u32 key_2 = hist;
	__u64 value = old + 1;
	bpf_map_update_elem(&m, &key_2, &value, BPF_ANY);
	__u64 key_3 = 1;
	__u8 *pc_ptr = bpf_map_lookup_percpu_elem(&n, &key_3, 0);
	if (pc_ptr) {
		__u8 pc = *pc_ptr;
		bpf_printk("%lld", (__u64)pc);
	}
	return 0;
}

SEC("tp_btf/sched_switch")
int s(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 c_2 = 0;
	__u64 value = 0;
	__u64 *c_ptr = bpf_task_storage_get(&t, task, &value, 1);
	_Bool yes = c_ptr;
	if (yes) {
		c_2 = *c_ptr;
		yes = c_2 > 3;
	}
	if (yes)
		bpf_task_storage_delete(&t, task);
	__u64 cg = bpf_get_current_ancestor_cgroup_id(1);
	bpf_printk("%llx %llu", (__u64)cg, (__u64)bpf_jiffies64());
	return 0;
}

SEC("perf_event")
int p(void *ctx)
{
	bpf_printk("100%% %s", "x");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
