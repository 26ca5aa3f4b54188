/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory monitor that is true and cheap: counts mmap, munmap, mremap and brk when they have
 * worked, per thread in the task's own storage, and writes one record per call into the ring of the
 * CPU. What counts is defined in memmon_fast.h.
 *
 *  - One program on the end of every system call: it has the result, and the registers still hold
 * the number and the arguments, so that nothing is kept between two programs. Who makes other calls
 * pays for a few comparisons. 32-bit calls have numbers and registers of their own.
 *  - A thread adds to its own storage, which nobody else writes: plain additions. Storage dies with
 * its task, so at its end a thread adds what it has to its group leader's. The leader's task lives
 * until it is reaped, which is after all its threads.
 *  - When the last thread ends, the sum goes to mem_ended. It goes there early, marked as not
 * ended, from the moment when the leader has ended before its threads: in an exec by another thread
 * the old leader's task goes away, and its storage with it.
 *  - Nobody is woken for a record: only when a quarter of a ring is waiting.
 *  - Where the kernel lets programs at tracepoints be preempted (Linux 7), the same two sit on perf
 * events instead, which lose no run (docs/linux7.md): the programs named *_steady, which cost more.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/calls/calls.bpf.h"
#include "bpf/calls/huge.bpf.h"
#include "bpf/calls/walk.bpf.h"
#include "bpf/memmon/memmon.h"
#include "bpf/memmon/memmon_fast.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_ERRNO 4095UL
#define SLOT	  (sizeof(struct fast_event) + BPF_RINGBUF_HDR_SZ) /* of a record in the ring */

#define ENDED_MAX  10240
#define RING_BYTES (1 << 20)
#define ROWS_BYTES (1 << 20)

/* As in memmon.bpf.c: only this cgroup is watched; 0 is everything. */
const volatile __u64 beebench_cgroup_id = 0;
/* At which level below the root that cgroup is: then those below it count, too. 0: not known. */
const volatile __u64 beebench_cgroup_level = 0;
/* Bytes that user space gives to each ring; set before loading. */
const volatile __u64 beebench_ring_bytes = RING_BYTES;
/* Of a page: 4 KiB on x86-64 and s390x, on arm64 what its kernel was built with; set before
 * loading. */
/* What stands already is of a monitor that is wrong on purpose (tests/bpf/port_page.bpf.c). */
#if defined(PAGE_BYTES)
#elif defined(__TARGET_ARCH_arm64)
const volatile __u64 beebench_page_bytes = 4096;
#define PAGE_BYTES beebench_page_bytes
#else
#define PAGE_BYTES 4096UL
#endif

/* Of the default huge page; set before loading. */
const volatile __u64 beebench_huge_bytes = 2 << 20;

/* 1: the kernel takes programs that have a callback; set before loading. The verifier removes what
 * is never reached, so that with 0 there is none. */
const volatile __u64 beebench_callbacks = 0;

/* 0: counters only. Written at any time. */
__u32 mem_events_on = 1;

/* Put the types into the object's BTF. */
struct fast_event *const volatile fast_event_layout = 0;
struct fast_row *const volatile fast_row_layout = 0;

/* Of a thread. What is marked so is used in that of a group leader only. */
struct thread_stats {
	struct fast_stats own;	  /* vm_bytes: leader; of the process, written by all its threads */
	__u64 break_at;		  /* leader: where the break was last seen; 0: never */
	__u64 break_exec;	  /* leader: number of the exec since which it was, plus 1 */
	struct fast_stats joined; /* leader: of threads that have ended; atomic */
	__u64 left;		  /* leader: it has ended */
	__u64 movers;		  /* leader: see settle() */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_stats);
} mem_threads SEC(".maps");

/* By process id. A row is only ever replaced as a whole, so that whoever takes it out has all of
 * it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENDED_MAX);
	__type(key, __u32);
	__type(value, struct fast_row);
} mem_ended SEC(".maps");

/* Index: the CPU. User space makes the rings and sets max_entries to the possible CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, RING_BYTES);
		});
} mem_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mem_loss);
} mem_loss SEC(".maps");

/* What threads_of() is asked. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fast_asked);
} threads_asked SEC(".maps");

/* What it answers: a struct walked, and fast_rows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, ROWS_BYTES);
} threads_rows SEC(".maps");

static __always_inline bool watched(void)
{
	if (!beebench_cgroup_id)
		return true;
	return (beebench_cgroup_level ? bpf_get_current_ancestor_cgroup_id(beebench_cgroup_level)
				      : bpf_get_current_cgroup_id()) == beebench_cgroup_id;
}

/*
 * The storage of @task, made when it has none. Of two CPUs that make that of one leader at the same
 * time, one is told that it failed, and finds the other's when it asks again.
 */
static __always_inline struct thread_stats *storage_of(struct task_struct *task)
{
	struct thread_stats *t =
		bpf_task_storage_get(&mem_threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!t)
		t = bpf_task_storage_get(&mem_threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return t;
}

static __noinline int lose(__u64 events, __u64 calls)
{
	__u32 zero = 0;
	struct mem_loss *l = bpf_map_lookup_elem(&mem_loss, &zero);

	if (!l)
		return 0;
	__sync_fetch_and_add(&l->ring_full, events);
	__sync_fetch_and_add(&l->map_full, calls);
	return 0;
}

/* --- a thread has ended ------------------------------------------------------------------------
 */

#define EACH_SUM(DO)                                                                               \
	DO(mmap_count)                                                                             \
	DO(munmap_count)                                                                           \
	DO(mremap_count)                                                                           \
	DO(brk_count)                                                                              \
	DO(failed_count)                                                                           \
	DO(mmap_bytes)                                                                             \
	DO(munmap_bytes)

static __always_inline __u64 calls_of(const struct fast_stats *s)
{
	return s->mmap_count + s->munmap_count + s->mremap_count + s->brk_count + s->failed_count;
}

/* Raises *@peak, which other CPUs raise, too. */
static __always_inline void raise(__u64 *peak, __u64 to)
{
	__u64 is = *(volatile __u64 *)peak;

	for (int i = 0; i < 16 && is < to; i++) {
		__u64 was = __sync_val_compare_and_swap(peak, is, to);

		if (was == is)
			break;
		is = was;
	}
}

/* What an ending thread has counted becomes its leader's. It is gone here before it is there: a
 * reader may miss it once, and does not see it twice. */
static __always_inline void join(struct fast_stats *own, struct fast_stats *joined)
{
	struct fast_stats s = *own;

#define TAKE(field) own->field = 0;
	EACH_SUM(TAKE)
#undef TAKE
#define ADD(field)                                                                                 \
	if (s.field)                                                                               \
		__sync_fetch_and_add(&joined->field, s.field);
	EACH_SUM(ADD)
#undef ADD
	raise(&joined->peak_bytes, s.peak_bytes);
}

/* Puts @row into mem_ended: added to what is there of the same process, or of one that had its id
 * before and was not taken out yet. */
static __always_inline void deposit(struct fast_row *row)
{
	struct fast_row sum = *row, *old;
	__u32 key = row->tgid;
	long err = bpf_map_update_elem(&mem_ended, &key, row, BPF_NOEXIST);

	if (err == -17 /* EEXIST */) {
		old = bpf_map_lookup_elem(&mem_ended, &key);
		err = -2 /* ENOENT */;
		if (old) {
#define ADD(field) sum.stats.field += old->stats.field;
			EACH_SUM(ADD)
#undef ADD
			sum.ended |= old->ended;
			if (!sum.stats.vm_bytes)
				sum.stats.vm_bytes = old->stats.vm_bytes;
			if (sum.stats.peak_bytes < old->stats.peak_bytes)
				sum.stats.peak_bytes = old->stats.peak_bytes;
			/* One CPU at a time deposits for a process (settle()). So if the row is
			 * still there, it is the one that was read; if not, the reader has it. */
			err = bpf_map_update_elem(&mem_ended, &key, &sum, BPF_EXIST);
		}
		if (err == -2)
			err = bpf_map_update_elem(&mem_ended, &key, row, BPF_NOEXIST);
	}
	if (err)
		lose(0, calls_of(&row->stats));
}

/* The end of a process that has nothing in storage but what an earlier leader of it left here. */
static __always_inline void close_row(__u32 tgid)
{
	struct fast_row *old = bpf_map_lookup_elem(&mem_ended, &tgid), row;

	if (!old || old->ended)
		return;
	row = *old;
	row.ended = 1;
	bpf_map_update_elem(&mem_ended, &tgid, &row, BPF_EXIST);
}

/* Takes all that is in the leader's storage. */
static __always_inline void move(struct thread_stats *leader, __u32 tgid, bool last)
{
	struct fast_row row = {.tgid = tgid, .ended = last};

#define TAKE(field)                                                                                \
	row.stats.field = leader->own.field;                                                       \
	leader->own.field = 0;                                                                     \
	row.stats.field += __sync_lock_test_and_set(&leader->joined.field, 0);
	EACH_SUM(TAKE)
#undef TAKE
	row.stats.peak_bytes = leader->own.peak_bytes;
	if (row.stats.peak_bytes < leader->joined.peak_bytes)
		row.stats.peak_bytes = leader->joined.peak_bytes;
	if (last) {
		row.stats.vm_bytes = leader->own.vm_bytes;
		leader->own.vm_bytes = 0;
	}
	if (calls_of(&row.stats))
		deposit(&row);
	else if (last)
		close_row(tgid);
}

/*
 * Moves what the leader's storage has to mem_ended, one CPU at a time: who comes while another does
 * it only says so, and the other looks again. Called after the thread's own has been joined, so
 * that of threads which end at the same moment and all see that none is left, the last takes what
 * is there.
 */
static __always_inline void settle(struct thread_stats *leader, struct task_struct *task)
{
	if (__sync_fetch_and_add(&leader->movers, 1))
		return;
	for (int i = 0; i < 8; i++) {
		__u64 seen = *(volatile __u64 *)&leader->movers;

		move(leader, task->tgid, !task->signal->live.counter);
		if (__sync_val_compare_and_swap(&leader->movers, seen, 0) == seen)
			break;
	}
}

static __always_inline int end_thread(struct task_struct *task)
{
	bool last = !task->signal->live.counter, leads = task->pid == task->tgid;
	struct thread_stats *own, *leader;

	own = leads && !last ? storage_of(task) : bpf_task_storage_get(&mem_threads, task, 0, 0);
	if (leads) {
		leader = own;
		if (leader)
			__sync_fetch_and_add(&leader->left, 1);
	} else {
		leader = own ? storage_of(task->group_leader)
			     : bpf_task_storage_get(&mem_threads, task->group_leader, 0, 0);
		if (own && leader)
			join(&own->own, &leader->joined);
		else if (own)
			lose(0, calls_of(&own->own));
	}
	if (leader && (last || *(volatile __u64 *)&leader->left ||
		       !*(volatile int *)&task->signal->live.counter))
		settle(leader, task);
	else if (!leader && last)
		close_row(task->tgid);
	return 0;
}

/* The first program, as it is attached first and detached last: no thread that counts ends unseen.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_ended, struct task_struct *task)
{
	return end_thread(task);
}

SEC("?tracepoint/sched/sched_process_exit")
int thread_ended_steady(void *ctx)
{
	return end_thread(bpf_get_current_task_btf());
}

/* --- a call has ended --------------------------------------------------------------------------
 */

struct call {
	__u64 size, address;
	__u8 type, down;
};

/*
 * The flag for the record @e that has just been reserved. The reader is woken when what is waiting
 * passes a quarter of the ring; nobody else writes to this ring meanwhile. To ask how much is
 * waiting costs as much as a third of the record, so it is asked once a page: for the one record
 * that begins at a page's begin. A pointer has to go through memory to become a number.
 */
static __always_inline __u64 wake_flag(void *ring, struct fast_event *e)
{
	__u64 above;

	*(struct fast_event *volatile *)&e->timestamp = e;
	if ((*(volatile __u64 *)&e->timestamp & (PAGE_BYTES - 1)) >= SLOT + BPF_RINGBUF_HDR_SZ)
		return BPF_RB_NO_WAKEUP;
	above = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) - beebench_ring_bytes / 4;
	return above - 1 < PAGE_BYTES + SLOT ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void emit(struct task_struct *task, const struct call *c)
{
	__u32 cpu = bpf_get_smp_processor_id();
	void *ring = bpf_map_lookup_elem(&mem_rings, &cpu);
	struct fast_event *e;
	__u64 now, wake;

	if (!ring) {
		lose(1, 0);
		return;
	}
	now = bpf_ktime_get_ns(); /* not later: records of a ring are in the order of their times */
	e = bpf_ringbuf_reserve(ring, sizeof(*e), 0);
	if (!e) {
		lose(1, 0);
		return;
	}
	wake = wake_flag(ring, e);
	*e = (struct fast_event){
		.timestamp = now,
		.pid = task->pid,
		.tgid = task->tgid,
		.size = c->size,
		.address = c->address,
		.event_type = c->type,
		.down = c->down,
	};
	bpf_ringbuf_submit(e, wake);
}

/* The storage of the process of a thread whose own is @own. */
static __always_inline struct thread_stats *process_of(struct task_struct *task,
						       struct thread_stats *own)
{
	if (task->pid == task->tgid)
		return own;
	return storage_of(task->group_leader);
}

/* A break that was @asked for is now at @at. False: it was only asked where it is, or refused. */
static __always_inline bool move_break(struct task_struct *task, struct thread_stats *process,
				       __u64 asked, __u64 at, struct call *c)
{
	__u64 exec = task->self_exec_id + 1, since = process->break_exec;
	__u64 before = process->break_at;

	if (at < PAGE_BYTES)
		return false; /* where no break is: it was answered, and did not run */
	process->break_at = at;
	process->break_exec = exec;
	if (asked != at)
		return false;
	c->type = FAST_EVENT_BRK;
	c->address = at;
	if (since != exec) /* the first since it became another program, or first of all */
		before = since ? BPF_CORE_READ(task, mm, start_brk) : 0;
	if (before) {
		c->down = at < before;
		c->size = c->down ? before - at : at - before;
	}
	return true;
}

/* In a process that has just been made, before its first instruction: its break is its parent's of
 * that moment. */
static __always_inline void began(struct task_struct *task)
{
	struct thread_stats *own = task->pid == task->tgid ? storage_of(task) : NULL;

	if (!own)
		return;
	own->break_at = task->mm->brk;
	own->break_exec = task->self_exec_id + 1;
}

/* There a child's first return passes no tracepoint (arch/arm64/kernel/entry.S, ret_from_fork). */
#ifdef __TARGET_ARCH_arm64
SEC("tp_btf/sched_process_fork")
int BPF_PROG(task_made, struct task_struct *parent, struct task_struct *child)
{
	if (watched())
		began(child);
	return 0;
}
#endif

/* @length in whole pages, huge ones of @huge bytes where that is not 0. */
static __always_inline __u64 pages(__u64 length, __u64 huge)
{
	__u64 page = huge ? huge : PAGE_BYTES;

	return (length + page - 1) & ~(page - 1);
}

static long look_at_vma(struct task_struct *task, struct vm_area_struct *vma, void *huge)
{
	if (vma->vm_flags & CALL_VM_HUGETLB)
		*(__u64 *)huge = call_file_huge(vma->vm_file);
	return 0;
}

/* Bytes of the huge pages that are at @address now; 0: small ones, or it cannot be seen: another
 * thread is changing the address space, or the kernel takes no callbacks. */
static __noinline __u64 huge_at(struct task_struct *task, __u64 address)
{
	__u64 huge = 0;

	if (beebench_callbacks &&
	    bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_find_vma)) /* Linux 5.17 */
		bpf_find_vma(task, address, look_at_vma, &huge, 0);
	return huge;
}

/*
 * False: no call that worked has this result. Who answers in the kernel's place (seccomp) may say
 * anything, often the number of the call: nothing has run then, and nothing counts. A munmap or
 * mremap that was answered like one that worked cannot be told from it.
 */
static __always_inline bool has_run(__u64 nr, __u64 result)
{
	return nr == NR_MUNMAP ? !result : result && !(result & (PAGE_BYTES - 1));
}

/* Counts it in @s. False: it did not work. */
static __always_inline bool count(struct task_struct *task, struct fast_stats *s, __u64 nr,
				  const struct call_arguments *args, __u64 result, __u64 huge,
				  struct call *c)
{
	if (result >= -MAX_ERRNO) {
		s->failed_count++;
		return false;
	}
	if (!has_run(nr, result))
		return false;
	c->address = result;
	if (nr == NR_MMAP) {
		c->type = FAST_EVENT_MMAP;
		c->size = pages(args->second, huge);
		s->mmap_count++;
		s->mmap_bytes += c->size;
	} else if (nr == NR_MUNMAP) {
		c->type = FAST_EVENT_MUNMAP;
		c->size = pages(args->second, 0); /* of huge ones only whole numbers work */
		c->address = args->first;
		s->munmap_count++;
		s->munmap_bytes += c->size;
	} else {
		c->type = FAST_EVENT_MREMAP;
		if (call_may_be_huge(result) && !call_may_be_huge(args->third))
			huge = huge_at(task, result);
		c->size = pages(args->third, huge);
		s->mremap_count++;
	}
	return true;
}

static __always_inline bool is_watched(__u64 nr)
{
#ifdef __TARGET_ARCH_x86
	const __u64 watched =
		1ULL << NR_MMAP | 1ULL << NR_MUNMAP | 1ULL << NR_BRK | 1ULL << NR_MREMAP;

	return nr <= NR_MREMAP && watched >> nr & 1;
#else
	return nr == NR_MMAP || nr == NR_MUNMAP || nr == NR_BRK || nr == NR_MREMAP;
#endif
}

#define LAST_BITS(nr) (1ULL << ((nr)&63))

/* Calls of 32-bit tasks, and those that make a task. By their last six bits most numbers are none
 * of these, whose calls pay for little more. On s390x the numbers of 64-bit calls are the same:
 * end_call() tells them apart. */
static __always_inline bool is_seldom(__u64 nr)
{
	const __u64 may_be = LAST_BITS(NR32_BRK) | LAST_BITS(NR32_MMAP) | LAST_BITS(NR32_MUNMAP) |
			     LAST_BITS(NR32_MREMAP) | LAST_BITS(NR_CLONE) | LAST_BITS(NR_FORK) |
			     LAST_BITS(NR_VFORK) | LAST_BITS(NR_CLONE3) | LAST_BITS(NR32_CLONE) |
			     LAST_BITS(NR32_FORK) | LAST_BITS(NR32_VFORK);

	if (!(may_be >> (nr & 63) & 1))
		return nr == NR32_MMAP2;
	return nr == NR32_BRK || nr == NR32_MMAP || nr == NR32_MUNMAP || nr == NR32_MREMAP ||
	       call_makes_task(nr, false) || call_makes_task(nr, true);
}

/* @huge: of which size the pages are that it mapped, 0: small ones. */
static __always_inline int end(struct task_struct *task, __u64 nr,
			       const struct call_arguments *args, long result, __u64 huge)
{
	struct thread_stats *own, *process;
	struct call c = {};
	bool worked;
	__u64 vm;

	own = storage_of(task);
	process = own ? process_of(task, own) : NULL;
	if (!process) {
		if (nr != NR_BRK || (__u64)result == args->first)
			lose(0, 1);
		return 0;
	}
	if (nr == NR_BRK) {
		worked = move_break(task, process, args->first, result, &c);
		if (!worked)
			return 0;
		own->own.brk_count++;
	} else {
		worked = count(task, &own->own, nr, args, result, huge, &c);
	}
	vm = task->mm->total_vm * PAGE_BYTES;
	process->own.vm_bytes = vm;
	if (vm > own->own.peak_bytes)
		own->own.peak_bytes = vm;
	if (worked && mem_events_on)
		emit(task, &c);
	return 0;
}

/* A call of a 32-bit program, or by int 0x80, or one that makes a task. */
static __noinline int end_seldom(struct task_struct *task, __u64 nr, struct pt_regs *regs,
				 long result)
{
	bool is_32 = call_is_32(task), makes = call_makes_task(nr, is_32);
	struct call_arguments args;
	__u64 huge = 0;

	if ((!is_32 && !makes) || (makes && result) || !watched())
		return 0;
	if (makes) {
		began(task);
		return 0;
	}
	call_arguments_32(&args, nr, regs);
	if ((nr == NR32_MMAP || nr == NR32_MMAP2) && call_may_be_huge(result))
		huge = call_mmap_huge(task, regs, nr, true, beebench_huge_bytes);
	switch (nr) {
	case NR32_MMAP:
	case NR32_MMAP2: nr = NR_MMAP; break;
	case NR32_MUNMAP: nr = NR_MUNMAP; break;
	case NR32_MREMAP: nr = NR_MREMAP; break;
	default: nr = NR_BRK;
	}
	return end(task, nr, &args, result, huge);
}

static __always_inline int end_call(struct task_struct *task, __u64 nr, struct pt_regs *regs,
				    long result)
{
	struct call_arguments args;
	__u64 huge = 0;

#ifdef __TARGET_ARCH_s390
	if (call_is_32(task))
		return end_seldom(task, nr, regs, result);
#endif
	call_arguments(&args, nr, regs);
	if (call_is_32(task) || !watched())
		return 0;
	if (nr == NR_MMAP && call_may_be_huge(result))
		huge = call_mmap_huge(task, regs, nr, false, beebench_huge_bytes);
	return end(task, nr, &args, result, huge);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_ended, struct pt_regs *regs, long result)
{
	__u64 nr = call_number_at_exit(regs);

	if (is_watched(nr))
		return end_call(bpf_get_current_task_btf(), nr, regs, result);
	if (is_seldom(nr))
		return end_seldom(bpf_get_current_task_btf(), nr, regs, result);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_exit")
int call_ended_steady(struct trace_event_raw_sys_exit *ctx)
{
	__u64 nr = ctx->id;
	struct task_struct *task;
	struct pt_regs *regs;

	if (!is_watched(nr) && !is_seldom(nr))
		return 0;
	task = bpf_get_current_task_btf();
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return is_watched(nr) ? end_call(task, nr, regs, ctx->ret)
			      : end_seldom(task, nr, regs, ctx->ret);
}

/* --- what living threads have counted ----------------------------------------------------------
 */

/* False: it has counted nothing. */
static __always_inline bool fill_row(struct task_struct *task, struct fast_row *row)
{
	struct thread_stats *t = bpf_task_storage_get(&mem_threads, task, 0, 0);

	if (!t)
		return false;
#define ADD(field) row->stats.field = t->own.field + t->joined.field;
	EACH_SUM(ADD)
#undef ADD
	row->stats.vm_bytes = t->own.vm_bytes;
	row->stats.peak_bytes = t->own.peak_bytes;
	if (row->stats.peak_bytes < t->joined.peak_bytes)
		row->stats.peak_bytes = t->joined.peak_bytes;
	row->tgid = task->tgid;
	return calls_of(&row->stats) || row->stats.vm_bytes;
}

SEC("iter/task")
int threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct fast_row row = {};

	if (task && fill_row(task, &row))
		bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

static __always_inline void fill_rows_of(struct task_struct *process, struct walked *to)
{
	struct task_struct *task;
	struct walk walk;

	walk_begin_in(&walk, process);
	while ((task = walk_next(&walk)) && !to->full) {
		struct fast_row row = {}, *place;

		place = fill_row(task, &row) ? walk_room(to, ROWS_BYTES, sizeof(row)) : NULL;
		if (place)
			*place = row;
	}
	walk_end(&walk);
}

/* The rows of some processes, for who knows that the others have not run (collector/rows_of.h). */
SEC("?syscall")
int threads_of(void *ctx)
{
	struct task_struct *process;
	struct fast_asked *asked;
	struct walk_numbers num;
	struct walked *to;
	__u32 zero = 0;
	int *i;

	asked = bpf_map_lookup_elem(&threads_asked, &zero);
	to = bpf_map_lookup_elem(&threads_rows, &zero);
	if (!asked || !to)
		return 0;
	walk_clear(to);
	bpf_iter_num_new(&num, 0, FAST_ASKED_MAX);
	while ((i = bpf_iter_num_next(&num))) {
		__u32 at = *i;

		if (at >= asked->n || at >= FAST_ASKED_MAX || to->full)
			break;
		process = bpf_task_from_pid(asked->tgid[at]);
		if (!process)
			continue;
		fill_rows_of(process, to);
		bpf_task_release(process);
	}
	bpf_iter_num_destroy(&num);
	return walk_used(to);
}

/* --- what was there before -------------------------------------------------------------------- */

/*
 * Run once, when all is attached. A process whose call is under way may be writing the same: what
 * it saw itself stays.
 */
SEC("iter/task")
int beebench_begin(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread_stats *t;
	__u64 at;

	if (!task || task->pid != task->tgid || !task->mm)
		return 0;
	at = task->mm->brk;
	t = storage_of(task);
	if (t && at && !__sync_val_compare_and_swap(&t->break_at, 0, at))
		__sync_val_compare_and_swap(&t->break_exec, 0, task->self_exec_id + 1);
	return 0;
}
