/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Uses a map value that may not be there: the verifier refuses. */
#define OWN_PROGRAMS
#include "tests/bpf/shape.bpf.h"

SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(void *ctx)
{
	__u32 key = 0;
	struct mem_stats *s = bpf_map_lookup_elem(&mem_stats_map, &key);

	s->mmap_count++;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_brk")
int on_brk(void *ctx)
{
	return 0;
}
