/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor of completed calls that is right, written apart from bpf/memmon/memmon_fast.bpf.c (a
 * hash map by process and one ring instead of the tasks' storage and a ring for each CPU), whose
 * rules are macros: each done_*.bpf.c bends one of them, and verify must find that one.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "bpf/calls/calls.bpf.h"
#include "bpf/memmon/memmon.h"
#include "bpf/memmon/memmon_fast.h"

#ifndef WORKED
#define WORKED(failed) (!(failed))
#endif
#ifndef ASKS
#define ASKS(nr, first) ((nr) == NR_BRK && !(first)) /* a brk that only asks */
#endif
#ifndef LENGTH
#define LENGTH(bytes) (((bytes) + 4095) & ~4095ULL)
#endif
#ifndef KEY
#define KEY(id) ((__u32)((id) >> 32))
#endif
#ifndef SEES
#define SEES(nr) ((nr) == NR_MMAP || (nr) == NR_MUNMAP || (nr) == NR_BRK || (nr) == NR_MREMAP)
#endif
#ifndef VM_BYTES
#define VM_BYTES(s) (BPF_CORE_READ(bpf_get_current_task_btf(), mm, total_vm) * 4096)
#endif
#ifndef MOVED_DOWN
#define MOVED_DOWN(before, now) ((now) < (before))
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;
struct fast_event *const volatile fast_event_layout = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEM_STATS_MAX);
	__type(key, __u32);
	__type(value, struct fast_stats);
} done_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEM_STATS_MAX);
	__type(key, __u32);
	__type(value, struct fast_stats);
} done_threads SEC(".maps"); /* by thread: for what forgets them */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEM_STATS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} done_breaks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} done_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mem_loss);
} mem_loss SEC(".maps");

static __always_inline struct fast_stats *stats_in(void *map, __u32 key)
{
	struct fast_stats fresh = {};

	bpf_map_update_elem(map, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, &key);
}

static __always_inline void add(struct fast_stats *s, __u64 nr, __u64 length, bool worked)
{
	if (!worked) {
		__sync_fetch_and_add(&s->failed_count, 1);
	} else if (nr == NR_MMAP) {
		__sync_fetch_and_add(&s->mmap_count, 1);
		__sync_fetch_and_add(&s->mmap_bytes, length);
	} else if (nr == NR_MUNMAP) {
		__sync_fetch_and_add(&s->munmap_count, 1);
		__sync_fetch_and_add(&s->munmap_bytes, length);
	} else if (nr == NR_MREMAP) {
		__sync_fetch_and_add(&s->mremap_count, 1);
	} else {
		__sync_fetch_and_add(&s->brk_count, 1);
	}
}

static __always_inline void event(__u64 id, __u8 type, __u64 size, __u64 address, __u8 down)
{
	struct fast_event *e = bpf_ringbuf_reserve(&done_events, sizeof(*e), 0);
	__u32 zero = 0;
	struct mem_loss *l;

	if (!e) {
		l = bpf_map_lookup_elem(&mem_loss, &zero);
		if (l)
			l->ring_full++;
		return;
	}
	e->timestamp = bpf_ktime_get_ns();
	e->pid = (__u32)id;
	e->tgid = id >> 32;
	e->size = size;
	e->address = address;
	e->event_type = type;
	e->down = down;
	bpf_ringbuf_submit(e, 0);
}

static __always_inline void tell(__u64 id, __u64 nr, __u64 first, __u64 length, __u64 result,
				 __u64 before)
{
	if (nr == NR_MMAP)
		event(id, FAST_EVENT_MMAP, length, result, 0);
	else if (nr == NR_MUNMAP)
		event(id, FAST_EVENT_MUNMAP, length, first, 0);
	else if (nr == NR_MREMAP)
		event(id, FAST_EVENT_MREMAP, length, result, 0);
	else if (result < before)
		event(id, FAST_EVENT_BRK, before - result, result, MOVED_DOWN(before, result));
	else
		event(id, FAST_EVENT_BRK, before ? result - before : 0, result, 0);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(done_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 at = BPF_CORE_READ(child, mm, brk);
	__u32 thread = child->pid, process = child->tgid;

	if (bpf_get_current_cgroup_id() == beebench_cgroup_id && thread == process)
		bpf_map_update_elem(&done_breaks, &process, &at, BPF_ANY);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(done_call, struct pt_regs *regs, long ret)
{
	__u64 id = bpf_get_current_pid_tgid(), nr = (__u64)call_number_at_exit(regs);
	__u64 result = ret, before = 0, *brk, length, vm;
	struct call_arguments of;
	__u32 process = id >> 32;
	struct fast_stats *s;
	bool failed, worked;

	if (bpf_get_current_cgroup_id() != beebench_cgroup_id || !SEES(nr))
		return 0;
	call_arguments(&of, (long)nr, regs);
	length = LENGTH(nr == NR_MREMAP ? of.third : of.second);
	failed = nr == NR_BRK ? of.first && of.first != result : result >= (__u64)-4095;
	worked = WORKED(failed);
	if (nr == NR_BRK) {
		brk = bpf_map_lookup_elem(&done_breaks, &process);
		before = brk ? *brk : 0;
		bpf_map_update_elem(&done_breaks, &process, &result, BPF_ANY);
	}
	if (ASKS(nr, of.first) || (nr == NR_BRK && !worked))
		return 0;
	s = stats_in(&done_stats, KEY(id));
	if (!s)
		return 0;
	add(s, nr, length, worked);
	vm = VM_BYTES(s);
	s->vm_bytes = vm;
	if (vm > s->peak_bytes)
		s->peak_bytes = vm;
	s = stats_in(&done_threads, (__u32)id);
	if (s)
		add(s, nr, length, worked);
	if (worked)
		tell(id, nr, of.first, length, result, before);
	return 0;
}

#ifdef FORGETS_PROCESSES
SEC("tp_btf/sched_process_exit")
int BPF_PROG(done_exit, struct task_struct *task)
{
	__u32 thread = task->pid, process = task->tgid;

	if (thread == process)
		bpf_map_delete_elem(&done_stats, &process);
	return 0;
}
#endif

#ifdef FORGETS_THREADS
SEC("tp_btf/sched_process_exit")
int BPF_PROG(done_exit, struct task_struct *task)
{
	__u32 thread = task->pid, process = task->tgid;
	struct fast_stats *s = bpf_map_lookup_elem(&done_stats, &process), *t;

	t = bpf_map_lookup_elem(&done_threads, &thread);
	if (!s || !t || thread == process)
		return 0;
	__sync_fetch_and_add(&s->mmap_count, -t->mmap_count);
	__sync_fetch_and_add(&s->munmap_count, -t->munmap_count);
	__sync_fetch_and_add(&s->mmap_bytes, -t->mmap_bytes);
	__sync_fetch_and_add(&s->munmap_bytes, -t->munmap_bytes);
	return 0;
}
#endif
