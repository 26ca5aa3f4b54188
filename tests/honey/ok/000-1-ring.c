/* A fragment: written by honeyc from 000-1-ring.ex. Change that, not this. */

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
	BPF_MAP_TYPE_RINGBUF = 27,
};

struct event {
	__u64 at;
	__u8 kind;
	char comm[16];
};

_Static_assert(sizeof(struct event) == 32, "event");

/* tracepoint/syscalls/sys_enter_brk: fields found in the kernel's BTF at load time */
struct trace_event_raw_sys_enter {
	__u64 args[6];
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 262144);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_brk")
int on_brk(struct trace_event_raw_sys_enter *ctx)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(struct event), 0);
	if (event) {
		__builtin_memset((__u64 *)event + 3, 0, 8);
		event->at = bpf_ktime_get_ns();
		event->kind = 4;
		bpf_get_current_comm(event->comm, 16);
		if (ctx->args[0] == 0) {
			bpf_ringbuf_discard(event, 0);
		} else {
			bpf_ringbuf_submit(event, 0);
		}
	}
	return 0;
}

static __always_inline void fill(struct event *event, __u64 kind)
{
	event->at = bpf_ktime_get_ns();
	event->kind = kind;
	__builtin_memset(event->comm, 0, 16);
	__builtin_memcpy(event->comm, "munmap", 7);
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	struct event *event = bpf_ringbuf_reserve(&events, 64, 0);
	if (!event)
		return 0;
	__builtin_memset((__u64 *)event + 3, 0, 40);
	fill(event, 3);
	bpf_ringbuf_submit(event, 0);
	struct event copy;
	__builtin_memset(&copy, 0, sizeof(copy));
	copy.at = 1;
	copy.kind = 1;
	__builtin_memcpy(copy.comm, "copied", 7);
	bpf_ringbuf_output(&events, &copy, sizeof(struct event), 0);
	return bpf_ringbuf_query(&events, 0);
}

static __attribute__((used)) void honey_record_types(struct event *r0)
{
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
