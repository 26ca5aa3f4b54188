/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `beebench calibrate` measures: a counter of brk calls in the shape of a monitor (thread id,
 * clock, map lookup, two stores), and the same with a cost injected whose size is known. Nothing
 * wakes anybody but where CALIB_RING is set: then each call writes a record, as a monitor does.
 *
 *   CALIB_MULTIPLIES  dependent multiplications (3 core cycles each) that feed the map's key, so
 *                     that the lookup waits for them
 *   CALIB_ADDS        dependent additions before them (1 cycle each)
 *   CALIB_LOOKUPS     map lookups more than the one
 *   CALIB_SLOW        such multiplications, a multiple of 10, on a path that one event in
 * CALIB_EVERY (a power of two) takes
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#ifndef CALIB_MULTIPLIES
#define CALIB_MULTIPLIES 0
#endif
#ifndef CALIB_ADDS
#define CALIB_ADDS 0
#endif
#ifndef CALIB_LOOKUPS
#define CALIB_LOOKUPS 0
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct calib_count {
	__u64 calls, last_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct calib_count);
} calib_counts SEC(".maps");

#ifdef CALIB_RING
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} calib_ring SEC(".maps");
#endif

#ifdef CALIB_EVERY
__u64 calib_events;
#endif

/*
 * Multiplications that all of them have: the first ones run beside the way into the program and
 * cost nothing, how many differs from machine to machine and from minute to minute (8, or more than
 * 24). Well past that each one more costs its 3 cycles.
 */
#define CALIB_GROUND 64

/* x := 0 at the end, which the processor learns only when the multiplications are done: an AND with
 * 0 waits for its operand. */
#define MULTIPLY(x) asm volatile("%0 *= %0" : "+r"(x))
#define ADD(x)	    asm volatile("%0 += %0" : "+r"(x))
#define FORGET(x)   asm volatile("%0 &= 0" : "+r"(x))
#define OPAQUE(x)   asm volatile("" : "+r"(x))
#define MULTIPLIES(x, n)                                                                           \
	do {                                                                                       \
		_Pragma("clang loop unroll(full)") for (int i_ = 0; i_ < (n); i_++) MULTIPLY(x);   \
	} while (0)

static __always_inline __u64 injected(__u64 id)
{
	__u64 x = id;

#pragma clang loop unroll(full)
	for (int i = 0; i < CALIB_ADDS; i++)
		ADD(x);
	MULTIPLIES(x, CALIB_GROUND + CALIB_MULTIPLIES);
	FORGET(x);
	return x;
}

/* Zero after the slow path as without it. A loop, so that it is little code: much of it would also
 * cost what it pushes out of the caches. */
static __always_inline __u64 rarely(__u64 id)
{
	__u64 x = 0;

#ifdef CALIB_EVERY
	OPAQUE(x);
	if (!(calib_events++ & (CALIB_EVERY - 1))) {
		x = id;
#pragma clang loop unroll(disable)
		for (int i = 0; i < CALIB_SLOW / 10; i++)
			MULTIPLIES(x, 10);
		FORGET(x);
	}
#endif
	return x;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int calib_brk(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid(), after = id + injected(id);
	__u32 key = (__u32)(after + rarely(after));
	/* Reading the clock waits for all before it: read earlier, it would run beside what is
	 * injected. */
	__u64 now = bpf_ktime_get_ns();
	struct calib_count first = {1, now}, *c;

#pragma clang loop unroll(full)
	for (int i = 0; i < CALIB_LOOKUPS; i++) {
		c = bpf_map_lookup_elem(&calib_counts, &key);
		/* Never so, which only the map knows. */
		if (c && !c->calls)
			return 0;
	}
	c = bpf_map_lookup_elem(&calib_counts, &key);
	if (c) {
		c->calls++;
		c->last_ns = now;
	} else {
		bpf_map_update_elem(&calib_counts, &key, &first, BPF_NOEXIST);
	}
#ifdef CALIB_RING
	bpf_ringbuf_output(&calib_ring, &first, sizeof(first), 0);
#endif
	return 0;
}
