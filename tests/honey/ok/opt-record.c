/* A fragment: written by honeyc from opt-record.ex. Change that, not this. */

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
};

_Static_assert(sizeof(struct event) == 8, "event");

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct event *event = bpf_ringbuf_reserve(&events, 24, 0);
	if (event) {
		__builtin_memset((__u64 *)event + 1, 0, 16);
		event->at = 1;
		bpf_ringbuf_submit(event, 0);
	}
	return 0;
}

static __attribute__((used)) void honey_record_types(struct event *r0)
{
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
