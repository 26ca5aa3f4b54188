/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bits of numbers, and exponentially distributed distances, in whole numbers. */
#ifndef BPF_MEMPROF_RANDOM_BPF_H
#define BPF_MEMPROF_RANDOM_BPF_H

#include <bpf/bpf_helpers.h>

/* How many bits a number has. */
static __always_inline __u32 bits_of(__u64 v)
{
	__u32 n = 0;

	if (v >> 32) {
		n += 32;
		v >>= 32;
	}
	if (v >> 16) {
		n += 16;
		v >>= 16;
	}
	if (v >> 8) {
		n += 8;
		v >>= 8;
	}
	if (v >> 4) {
		n += 4;
		v >>= 4;
	}
	if (v >> 2) {
		n += 2;
		v >>= 2;
	}
	if (v >> 1) {
		n += 1;
		v >>= 1;
	}
	return (n + (__u32)v) & 127;
}

/* -ln(u) * rate for a u of (0, 1]; @table: log2(1 + i / 256) * 65536, 257 of them. */
static __always_inline __s64 next_distance(const volatile __u32 *table, __u64 rate)
{
	__u64 r = (__u64)bpf_get_prandom_u32() + 1; /* 1..2^32 */
	__u32 top = bits_of(r) - 1;		    /* 2^top <= r */
	__u64 part = (top >= 24 ? r >> (top - 24) : r << (24 - top)) & 0xffffff;
	__u32 i = part >> 16 & 255, rest = part & 0xffff;
	__u32 low = table[i], high = table[i + 1];
	__u64 log2 = ((__u64)top << 16) + low + ((__u64)(high - low) * rest >> 16);
	__u64 minus_log2 = (32ULL << 16) - log2; /* of u, 16.16 */

	/* ln 2 is 45426 / 65536; in two steps, as a rate of some GiB would run over. */
	return (__s64)((minus_log2 * 45426 >> 16) * rate >> 16) + 1;
}

#endif
