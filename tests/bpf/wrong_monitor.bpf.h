/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A memory monitor that is right, written apart from bpf/memmon/, whose rules are macros: each
 * wrong_*.bpf.c bends one of them, and verify must find that one.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "bpf/memmon/memmon.h"

#ifndef MIN_LENGTH
#define MIN_LENGTH MEM_MIN_LENGTH
#endif
#ifndef MUNMAP_MIN_LENGTH
#define MUNMAP_MIN_LENGTH 0
#endif
#ifndef MUNMAP_TIMES
#define MUNMAP_TIMES 1
#endif
#ifndef MUNMAP_TYPE
#define MUNMAP_TYPE MEM_EVENT_MUNMAP
#endif
#ifndef BRK_ADDRESS
#define BRK_ADDRESS(address) (address)
#endif
#ifndef KEY
#define KEY(pid_tgid) ((__u32)(pid_tgid))
#endif
#ifndef EVENT_PID
#define EVENT_PID(pid_tgid)  ((__u32)(pid_tgid))
#define EVENT_TGID(pid_tgid) ((__u32)((pid_tgid) >> 32))
#endif
#ifndef REDUCES
#define REDUCES(usage, size) ((usage) >= (size))
#endif
#ifndef RAISES_PEAK
#define RAISES_PEAK(s) ((s)->current_usage > (s)->peak_usage)
#endif
#ifndef TIMESTAMP
#define TIMESTAMP() bpf_ktime_get_ns()
#endif
#ifndef TOSSES
#define TOSSES(n) ((n) == 0) /* the n-th event, from 1: neither submitted nor counted as lost */
#endif
#ifndef CLAIMS_LOST
#define CLAIMS_LOST(n) ((n) == 0) /* counted as lost although it is submitted */
#endif
#ifndef STATS_MAX
#define STATS_MAX MEM_STATS_MAX
#endif
#ifndef RING_BYTES
#define RING_BYTES MEM_RING_BYTES
#endif
#ifndef SUBMIT_FLAGS
#define SUBMIT_FLAGS 0
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;
struct mem_event *const volatile mem_event_layout = 0;
__u64 events_made;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STATS_MAX);
	__type(key, __u32);
	__type(value, struct mem_stats);
} mem_stats_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} mem_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mem_loss);
} mem_loss SEC(".maps");

static __always_inline struct mem_loss *loss(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&mem_loss, &zero);
}

static __always_inline struct mem_stats *stats_of(__u64 id)
{
	struct mem_stats *s, fresh = {};
	__u32 key = KEY(id);

	s = bpf_map_lookup_elem(&mem_stats_map, &key);
	if (s)
		return s;
	bpf_map_update_elem(&mem_stats_map, &key, &fresh, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&mem_stats_map, &key);
	if (!s) {
		struct mem_loss *l = loss();

		if (l)
			l->map_full++;
	}
	return s;
}

static __always_inline void event(__u64 id, __u64 size, __u64 address, __u8 type)
{
	__u64 n = __sync_fetch_and_add(&events_made, 1) + 1;
	struct mem_loss *l = loss();
	struct mem_event *e;

	if (TOSSES(n))
		return;
	e = bpf_ringbuf_reserve(&mem_events, sizeof(*e), 0);
	if (l && (!e || CLAIMS_LOST(n)))
		l->ring_full++;
	if (!e)
		return;
	e->timestamp = TIMESTAMP();
	e->pid = EVENT_PID(id);
	e->tgid = EVENT_TGID(id);
	e->size = size;
	e->address = address;
	e->event_type = type;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, SUBMIT_FLAGS);
}

static __always_inline bool watched(void)
{
	return bpf_get_current_cgroup_id() == beebench_cgroup_id;
}

static __always_inline void count_mmap(__u64 size)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct mem_stats *s;

	if (size < MIN_LENGTH)
		return;
	s = stats_of(id);
	if (s) {
		__sync_fetch_and_add(&s->mmap_count, 1); /* a bent KEY makes threads share it */
		s->current_usage += size;
		if (RAISES_PEAK(s))
			s->peak_usage = s->current_usage;
		s->last_update = TIMESTAMP();
	}
	event(id, size, 0, MEM_EVENT_MMAP);
}

static __always_inline void count_munmap(__u64 size)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct mem_stats *s;

	if (size < MUNMAP_MIN_LENGTH)
		return;
	s = stats_of(id);
	if (s) {
		__sync_fetch_and_add(&s->munmap_count, MUNMAP_TIMES);
		if (REDUCES(s->current_usage, size))
			s->current_usage -= size;
		s->last_update = TIMESTAMP();
	}
	event(id, size, 0, MUNMAP_TYPE);
}

#ifndef COUNTS_AT_EXIT
SEC("tracepoint/syscalls/sys_enter_mmap")
int on_mmap(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		count_mmap(ctx->args[1]);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int on_munmap(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		count_munmap(ctx->args[1]);
	return 0;
}
#endif

SEC("tracepoint/syscalls/sys_enter_brk")
int on_brk(struct trace_event_raw_sys_enter *ctx)
{
	if (watched())
		event(bpf_get_current_pid_tgid(), 0, BRK_ADDRESS(ctx->args[0]), MEM_EVENT_BRK);
	return 0;
}
