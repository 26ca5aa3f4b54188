/* A fragment: written by honeyc from tracing.ex. Change that, not this. */

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
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

struct task_struct;

struct sample {
	__u32 bytes;
	__u64 first;
	char text[32];
	__u64 stack[16];
};

_Static_assert(sizeof(struct sample) == 176, "sample");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, 4);
	__uint(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sample);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, 1); /* BPF_F_NO_PREALLOC */
	__type(key, int);
	__type(value, __u64);
} per_task SEC(".maps");

SEC("tp_btf/sys_enter")
int on_enter(__u64 *ctx)
{
	__u32 key = 0;
	struct sample *sample = bpf_map_lookup_elem(&scratch, &key);
	if (!sample)
		return 0;
	__s64 id = bpf_get_stackid(ctx, &stacks, 256);
	sample->bytes = bpf_get_stack(ctx, sample->stack, 128, 0);
	bpf_probe_read_kernel(&sample->first, 8, (const void *)ctx[0]);
	bpf_probe_read_user_str(sample->text, 32, (const void *)ctx[1]);
	__u64 value = 0;
	__u64 *count_ptr = bpf_task_storage_get(&per_task, bpf_get_current_task_btf(), &value, 1);
	if (count_ptr) {
		__u64 count = *count_ptr;
		bpf_printk("%lld calls, stack %lld", (__u64)count, (__u64)id);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
