/* A fragment: written by honeyc from 000-2-structs.ex. Change that, not this. */

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

struct point {
	__s32 x;
	__s64 y;
};

_Static_assert(sizeof(struct point) == 16, "point");

struct shape {
	char name[10];
	struct point corner;
	__u16 sizes[4];
	__u8 flag;
};

_Static_assert(sizeof(struct shape) == 48, "shape");

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct shape);
} shapes SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct shape shape;
	__builtin_memset(&shape, 0, sizeof(shape));
	__builtin_memcpy(shape.name, "square", 7);
	shape.flag = 1;
	shape.corner.x = -1;
	shape.corner.y = (__s64)ctx->args[1] * 2;
	shape.sizes[0] = 10;
	__u32 key = 1;
	bpf_map_update_elem(&shapes, &key, &shape, BPF_ANY);
	__u32 key_2 = 1;
	struct shape *kept = bpf_map_lookup_elem(&shapes, &key_2);
	if (kept) {
		kept->corner = shape.corner;
		__builtin_memset(kept->name, 0, 10);
		__builtin_memcpy(kept->name, "circle", 7);
		for (__u64 i = 0; i <= 3; i++) {
			kept->sizes[i] = (__u64)kept->sizes[i] + 1;
		}
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
