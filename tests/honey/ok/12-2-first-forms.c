/* First: written by honeyc from 12-2-first-forms.ex. Change that, not this. */

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
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_HASH = 1,
	BPF_ANY = 0,
};

/* xdp: fields found in the kernel's BTF at load time */
struct xdp_md {
	__u32 data;
	__u32 data_end;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} Seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} Kinds SEC(".maps");

static __always_inline __u64 honey_h_source(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;

	if (p + 14 > end)
		return 0;
	return p[6] | p[7] << 8 | p[8] << 16 | (__u64)p[9] << 24 | (__u64)p[10] << 32 |
	       (__u64)p[11] << 40;
}

static __always_inline __u32 honey_ip_protocol(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;

	if (p + 34 > end || p[12] != 8 || p[13])
		return 0;
	return p[23];
}

static __always_inline __u32 honey_destination_port(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;

	if (p + 34 > end || p[12] != 8 || p[13])
		return 0;
	p += 14 + (p[14] & 15) * 4;
	if (p + 4 > end)
		return 0;
	return p[2] << 8 | p[3];
}

static __always_inline __u32 honey_set_destination_port(struct xdp_md *ctx, __u32 port)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;

	if (p + 34 > end || p[12] != 8 || p[13])
		return 0;
	p += 14 + (p[14] & 15) * 4;
	if (p + 4 > end)
		return 0;
	p[2] = port >> 8;
	p[3] = port;
	return 1;
}

SEC("xdp")
int main(struct xdp_md *_ctx)
{
	(void)(_ctx);
	__u64 from = honey_h_source(_ctx);
	__u64 *found = bpf_map_lookup_elem(&seen, &from);
	__u64 n = found ? *found : 0;
	__u64 value = n + 1;
	bpf_map_update_elem(&seen, &from, &value, BPF_ANY);
	__u64 _three = 3;
	__u64 four = 4;
	__u64 two = 2;
	__u32 key = 1;
	__u64 *found_2 = bpf_map_lookup_elem(&Seen, &key);
	__u64 seen_2 = found_2 ? *found_2 : 0;
	__u32 key_2 = 1;
	__u64 value_2 = seen_2 + four * 10 + two;
	bpf_map_update_elem(&Seen, &key_2, &value_2, BPF_ANY);
	if (honey_ip_protocol(_ctx) == 17) {
		switch (honey_destination_port(_ctx)) {
		case 53:
			(void)(honey_set_destination_port(_ctx, 54));
			break;
		default:
			break;
		}
		return 1;
	} else {
		return 2;
	}
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
