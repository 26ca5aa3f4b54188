/* A fragment: written by honeyc from 000-1-ring-helpers.ex. Change that, not this. */

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
	__u64 a;
	__u32 b;
};

_Static_assert(sizeof(struct event) == 16, "event");

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static __always_inline struct event *make(__u64 a)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(struct event), 0);
	if (event) {
		__builtin_memset(event, 0, 16);
		event->a = a;
	}
	return event;
}

static __always_inline void send(struct event *event, __u64 b)
{
	event->b = b;
	bpf_ringbuf_submit(event, 0);
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct event *event = make(ctx->args[1]);
	if (event)
		send(event, 3);
	struct event *own = bpf_ringbuf_reserve(&events, sizeof(struct event), 0);
	if (own) {
		__builtin_memset(own, 0, 16);
		own->a = 1;
		send(own, 4);
	}
	return 0;
}

static __attribute__((used)) void honey_record_types(struct event *r0)
{
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
