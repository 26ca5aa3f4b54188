/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory monitor that is true and cheap: counts mmap, munmap, mremap and brk when they have
 * worked, per process in a slot of its own, and writes one record per call into the ring of the
 * CPU. What counts is defined in memmon_fast.h.
 *
 *  - One program on the end of every system call: it has the result, and the registers still hold
 * the number and the arguments, so that nothing is kept between two programs. Who makes other calls
 * pays for a few comparisons. 32-bit calls have numbers and registers of their own.
 *  - A process's slot is found by its number in an array, which the kernel looks up without a call.
 * The slot says whose it is by when that process started, which stays through an exec, whichever
 * thread calls it. A process whose number falls on a slot that another has (numbers go further than
 * the array) is counted in a hash instead; the first look goes to the slot, always. All threads of
 * a process add to the same, atomically.
 *  - When the last thread ends, what was counted goes to mem_ended, and the slot is free. Of
 * several threads that end at the same moment the one that takes the slot does so.
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
#include "bpf/ring/mapped_ring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_ERRNO 4095UL
#define RECORD	  (sizeof(struct fast_event) + MAPPED_RING_HEADER) /* of a record in the ring */
#define WAKE_STEP 4096 /* so often it is asked whether the reader is to be woken */

#define ENDED_MAX 10240
#ifndef RING_BYTES /* tests/bpf/n13_rings_own.bpf.c has its own */
#define RING_BYTES (1 << 20)
#endif
#define WAKE_BYTES (64 << 10) /* whole pages of any processor */
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

#define SLOTS	     32768 /* as many as there are process numbers where nobody raised pid_max */
#define SLOT_TAKEN   1
#define OVERFLOW_MAX 65536

/* Index: the process id modulo SLOTS. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct fast_slot);
} threads_slots SEC(".maps");

/* By process id: of processes whose slot another had when they came. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, OVERFLOW_MAX);
	__type(key, __u32);
	__type(value, struct fast_slot);
} threads_overflow SEC(".maps");

const volatile struct fast_slot nobody = {};

/* There was something in it: until then nobody looks. */
__u64 overflowed = 0;

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
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(map_flags, BPF_F_MMAPABLE);
			__uint(max_entries, 1);
			__uint(key_size, sizeof(__u32));
			__uint(value_size, MAPPED_RING_VALUE(RING_BYTES));
		});
} mem_rings SEC(".maps");

/* Only to end the reader's sleep: what is written to it is discarded. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WAKE_BYTES);
} mem_wake SEC(".maps");

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

__noinline int lose(__u64 events, __u64 calls)
{
	__u32 zero = 0;
	struct mem_loss *l = bpf_map_lookup_elem(&mem_loss, &zero);

	if (!l)
		return 0;
	__sync_fetch_and_add(&l->ring_full, events);
	__sync_fetch_and_add(&l->map_full, calls);
	return 0;
}

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

/* --- a process has ended ------------------------------------------------------------------------
 */

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
			/* One CPU at a time deposits for a process (take()). So if the row is
			 * still there, it is the one that was read; if not, the reader has it. */
			err = bpf_map_update_elem(&mem_ended, &key, &sum, BPF_EXIST);
		}
		if (err == -2)
			err = bpf_map_update_elem(&mem_ended, &key, row, BPF_NOEXIST);
	}
	if (err)
		lose(0, calls_of(&row->stats));
}

/* Moves what @owner has in the slot @s to mem_ended, and frees it. It is gone here before it is
 * there: a reader may miss it once, and does not see it twice. 0: the slot is not @owner's. */
__noinline int take(struct fast_slot *s, __u64 owner, __u32 tgid)
{
	struct fast_row row = {.tgid = tgid, .ended = 1};

	if (!s || __sync_val_compare_and_swap(&s->owner, owner, SLOT_TAKEN) != owner)
		return 0;
	row.stats = s->stats;
	s->stats = (struct fast_stats){};
	s->break_at = s->break_exec = 0;
	s->tgid = 0;
	__sync_lock_test_and_set(&s->owner, 0);
	if (calls_of(&row.stats))
		deposit(&row);
	return 1;
}

/* As long as any of its threads lives, and through an exec. Other numbers mean other things. */
static __always_inline __u64 owner_of(const struct task_struct *leader)
{
	return leader->start_boottime + 2;
}

static __always_inline int end_thread(struct task_struct *task)
{
	__u32 tgid = task->tgid, place = tgid & (SLOTS - 1);
	__u64 owner;

	if (task->signal->live.counter)
		return 0;
	owner = owner_of(task->group_leader);
	if (overflowed && take(bpf_map_lookup_elem(&threads_overflow, &tgid), owner, tgid))
		bpf_map_delete_elem(&threads_overflow, &tgid);
	take(bpf_map_lookup_elem(&threads_slots, &place), owner, tgid);
	return 0;
}

/* The first program, as it is attached first and detached last: no process that counts ends unseen.
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

/* Nobody sleeps for longer. Seldom: not static, so that the verifier goes through it once. */
__noinline int wake_reader(void)
{
	void *record = bpf_ringbuf_reserve(&mem_wake, 8, 0);

	if (record)
		bpf_ringbuf_discard(record, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* The reader is woken when what is waiting passes a quarter of the ring; asked for the one record
 * that begins in each WAKE_STEP. */
static __always_inline void wake(const struct mapped_ring_room *room)
{
	if ((room->at & (WAKE_STEP - 1)) < RECORD &&
	    room->waiting - beebench_ring_bytes / 4 < WAKE_STEP + RECORD)
		wake_reader();
}

/* Inline for each kind of call, so that what is constant there need not be kept anywhere. */
static __always_inline int emit(struct task_struct *task, __u8 type, __u64 size, __u64 address,
				__u8 down)
{
	__u32 key = bpf_get_smp_processor_id();
	struct mapped_ring_room room;
	struct fast_event *e;
	void *ring;

	if (!mem_events_on)
		return 0;
	ring = bpf_map_lookup_elem(&mem_rings, &key);
	if (!ring)
		return lose(1, 0);
	key = 0;
	ring = bpf_map_lookup_elem(ring, &key);
	if (!ring)
		return lose(1, 0);
	e = mapped_ring_reserve(ring, beebench_ring_bytes, sizeof(*e), &room);
	if (!e)
		return lose(1, 0);
	/* Nobody else writes to this ring meanwhile: its records are in the order of their times.
	 */
	*e = (struct fast_event){
		.timestamp = bpf_ktime_get_ns(),
		.pid = task->pid,
		.tgid = task->tgid,
		.size = size,
		.address = address,
		.event_type = type,
		.down = down,
	};
	mapped_ring_submit(ring, &room, sizeof(*e));
	wake(&room);
	return 0;
}

/* Makes a slot that nobody has @owner's. False: another process has it. */
static __always_inline bool claim(struct fast_slot *s, __u64 owner, __u32 tgid)
{
	__u64 was = s->owner;

	/* Of a process that ended while nobody was attached; its number is ours now. */
	if (was > SLOT_TAKEN && was != owner && s->tgid == tgid)
		take(s, was, tgid);
	was = __sync_val_compare_and_swap(&s->owner, 0, owner);
	if (!was)
		s->tgid = tgid;
	return !was || was == owner;
}

/*
 * Finds the slot of a process that has none yet, or has one in the hash. Of two threads that are
 * here at once, one may find the slot taken and the other free. Then both count: the next look of
 * either finds the slot, and readers add up.
 */
enum { NOWHERE, IN_SLOTS, IN_OVERFLOW };

__noinline int find_slot(__u32 tgid, __u64 owner)
{
	__u32 place = tgid & (SLOTS - 1);
	struct fast_slot *s = NULL;

	if (overflowed)
		s = bpf_map_lookup_elem(&threads_overflow, &tgid);
	if (s && s->owner == owner)
		return IN_OVERFLOW;
	s = bpf_map_lookup_elem(&threads_slots, &place);
	if (s && claim(s, owner, tgid))
		return IN_SLOTS;
	overflowed = 1;
	bpf_map_update_elem(&threads_overflow, &tgid, (const void *)&nobody, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&threads_overflow, &tgid);
	return s && claim(s, owner, tgid) ? IN_OVERFLOW : NOWHERE;
}

/* The slot of the task's process; NULL: there is no room. */
static __always_inline struct fast_slot *slot_of(struct task_struct *task)
{
	__u64 owner = owner_of(task->group_leader);
	__u32 place = task->tgid & (SLOTS - 1);
	struct fast_slot *s = bpf_map_lookup_elem(&threads_slots, &place);

	if (!s || s->owner == owner)
		return s;
	switch (find_slot(task->tgid, owner)) {
	case IN_SLOTS: return s;
	case IN_OVERFLOW: place = task->tgid; return bpf_map_lookup_elem(&threads_overflow, &place);
	default: return NULL;
	}
}

/* Raises *@peak, which other CPUs raise, too. */
__noinline int raise(__u64 *peak, __u64 to)
{
	__u64 is;

	if (!peak)
		return 0;
	is = *(volatile __u64 *)peak;
	for (int i = 0; i < 16 && is < to; i++) {
		__u64 was = __sync_val_compare_and_swap(peak, is, to);

		if (was == is)
			break;
		is = was;
	}
	return 0;
}

/* How large the process is now. */
static __always_inline void note_size(const struct mm_struct *mm, struct fast_slot *s)
{
	__u64 vm = mm->total_vm * PAGE_BYTES;

	s->stats.vm_bytes = vm;
	if (vm > s->stats.peak_bytes)
		raise(&s->stats.peak_bytes, vm);
}

#define ADD(sum, n) __sync_fetch_and_add(&(sum), n)

/* A break that was @asked for is now at @at. */
static __always_inline int end_brk(struct task_struct *task, const struct mm_struct *mm,
				   struct fast_slot *s, __u64 asked, __u64 at)
{
	__u64 exec = task->self_exec_id + 1, since = s->break_exec;
	__u64 before = s->break_at;
	bool down;

	if (at < PAGE_BYTES)
		return 0; /* where no break is: it was answered, and did not run */
	s->break_at = at;
	s->break_exec = exec;
	if (asked != at)
		return 0; /* it was only asked where it is, or refused */
	ADD(s->stats.brk_count, 1);
	note_size(mm, s);
	if (since != exec) /* the first since it became another program, or first of all */
		before = since ? BPF_CORE_READ(mm, start_brk) : 0;
	if (!before)
		before = at;
	down = at < before;
	return emit(task, FAST_EVENT_BRK, down ? before - at : at - before, at, down);
}

/* In a process that has just been made, before its first instruction: its break is its parent's of
 * that moment. */
static __always_inline void began(struct task_struct *task)
{
	struct fast_slot *s = task->pid == task->tgid ? slot_of(task) : NULL;

	if (!s)
		return;
	s->break_at = task->mm->brk;
	s->break_exec = task->self_exec_id + 1;
}

/* There a child's first return passes no tracepoint: on arm64 (arch/arm64/kernel/entry.S,
 * ret_from_fork), and on s390x since Linux 7. */
#if defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_s390)
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
__noinline __u64 huge_at(__u64 address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 huge = 0;

	if (beebench_callbacks &&
	    bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_find_vma)) /* Linux 5.17 */
		bpf_find_vma(task, address, look_at_vma, &huge, 0);
	return huge;
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

/* Calls of 32-bit tasks, those that make a task, and on x86 any of these or of ours with something
 * in the upper half of @register_, which the kernel passes over. By their last six bits most
 * numbers are none of these, whose calls pay for little more. On s390x the numbers of 64-bit calls
 * are the same: end_call() tells them apart. */
static __always_inline bool is_seldom(__u64 register_)
{
	const __u64 may_be = LAST_BITS(NR32_BRK) | LAST_BITS(NR32_MMAP) | LAST_BITS(NR32_MUNMAP) |
			     LAST_BITS(NR32_MREMAP) | LAST_BITS(NR_CLONE) | LAST_BITS(NR_FORK) |
			     LAST_BITS(NR_VFORK) | LAST_BITS(NR_CLONE3) | LAST_BITS(NR32_CLONE) |
			     LAST_BITS(NR32_FORK) | LAST_BITS(NR32_VFORK) | LAST_BITS(NR_MMAP) |
			     LAST_BITS(NR_MUNMAP) | LAST_BITS(NR_BRK) | LAST_BITS(NR_MREMAP);
	__u32 nr = register_;

	if (!(may_be >> (register_ & 63) & 1))
		return register_ == NR32_MMAP2;
	return is_watched(nr) || nr == NR32_BRK || nr == NR32_MMAP || nr == NR32_MUNMAP ||
	       nr == NR32_MREMAP || call_makes_task(nr, false) || call_makes_task(nr, true);
}

/* Of the call @nr; as a 32-bit task numbers it where @is_32. */
static __always_inline void arguments(struct call_arguments *a, __u64 nr, struct pt_regs *regs,
				      bool is_32)
{
	if (is_32)
		call_arguments_32(a, nr, regs);
	else
		call_arguments(a, nr, regs);
}

/*
 * The end of each call, by the number that the task's table has. Where it may have mapped huge
 * pages, its length is a whole number of those.
 *
 * No call that worked returns what has_run() refuses. Who answers in the kernel's place (seccomp)
 * may say anything, often the number of the call: nothing has run then, and nothing counts. A
 * munmap or mremap that was answered like one that worked cannot be told from it.
 */
static __always_inline bool has_run(__u64 result)
{
	if (result & (PAGE_BYTES - 1))
		return false;
	__asm__ volatile("" : "+r"(result)); /* two branches are less than one of two truths */
	return result;
}

static __always_inline int end_mmap(struct task_struct *task, struct fast_slot *s, __u64 nr,
				    struct pt_regs *regs, __u64 result, bool is_32)
{
	struct call_arguments a;
	__u64 size, huge = 0;

	if (!has_run(result))
		return 0;
	if (call_may_be_huge(result))
		huge = call_mmap_huge(regs, nr, is_32, beebench_huge_bytes);
	arguments(&a, nr, regs, is_32);
	size = pages(a.second, huge);
	ADD(s->stats.mmap_count, 1);
	ADD(s->stats.mmap_bytes, size);
	return emit(task, FAST_EVENT_MMAP, size, result, 0);
}

static __always_inline int end_munmap(struct task_struct *task, struct fast_slot *s, __u64 nr,
				      struct pt_regs *regs, __u64 result, bool is_32)
{
	struct call_arguments a;
	__u64 size;

	if (result)
		return 0;
	arguments(&a, nr, regs, is_32);
	size = pages(a.second, 0); /* of huge ones only whole numbers work */
	ADD(s->stats.munmap_count, 1);
	ADD(s->stats.munmap_bytes, size);
	return emit(task, FAST_EVENT_MUNMAP, size, a.first, 0);
}

static __always_inline int end_mremap(struct task_struct *task, struct fast_slot *s, __u64 nr,
				      struct pt_regs *regs, __u64 result, bool is_32)
{
	struct call_arguments a;
	__u64 huge = 0;

	if (!has_run(result))
		return 0;
	arguments(&a, nr, regs, is_32);
	if (call_may_be_huge(result) && !call_may_be_huge(a.third))
		huge = huge_at(result);
	ADD(s->stats.mremap_count, 1);
	return emit(task, FAST_EVENT_MREMAP, pages(a.third, huge), result, 0);
}

/* @nr: one of the four. */
static __always_inline int end(struct task_struct *task, __u64 nr, struct pt_regs *regs,
			       __u64 result, bool is_32)
{
	const struct mm_struct *mm = task->mm;
	struct fast_slot *s = slot_of(task);
	bool is_brk = nr == (is_32 ? NR32_BRK : NR_BRK);
	struct call_arguments a;

	if (!s) {
		arguments(&a, nr, regs, is_32);
		return is_brk && result != a.first ? 0 : lose(0, 1);
	}
	if (is_brk) {
		arguments(&a, nr, regs, is_32);
		return end_brk(task, mm, s, a.first, result);
	}
	note_size(mm, s);
	if (result >= -MAX_ERRNO) {
		ADD(s->stats.failed_count, 1);
		return 0;
	}
	if (nr == (is_32 ? NR32_MUNMAP : NR_MUNMAP))
		return end_munmap(task, s, nr, regs, result, is_32);
	if (nr == (is_32 ? NR32_MREMAP : NR_MREMAP))
		return end_mremap(task, s, nr, regs, result, is_32);
	return end_mmap(task, s, nr, regs, result, is_32);
}

/* The number of a call once more: what the verifier knows of it, it forgets, so that paths that
 * differ by that alone are gone through as one. */
static __always_inline __u64 number_anew(const struct pt_regs *regs)
{
	barrier_var(regs);
	return call_number_at_exit(regs);
}

/* A call of a 32-bit program, or by int 0x80, or one that makes a task. */
static __noinline int end_seldom(struct task_struct *task, struct pt_regs *regs, long result)
{
	bool is_32 = call_is_32(task), makes = call_makes_task(number_anew(regs), is_32);

	if ((!is_32 && !makes) || (makes && result) || !watched())
		return 0;
	if (!makes)
		return end(task, number_anew(regs), regs, result, true);
	began(task);
	return 0;
}

static __always_inline int end_call(struct task_struct *task, __u64 nr, struct pt_regs *regs,
				    long result)
{
	if (call_is_32(task))
#ifdef __TARGET_ARCH_s390
		return end_seldom(task, regs, result);
#else
		return 0;
#endif
	return watched() ? end(task, nr, regs, result, false) : 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_ended, struct pt_regs *regs, long result)
{
	__u64 nr = call_register_at_exit(regs);

	if (!is_watched(nr)) {
		if (!is_seldom(nr))
			return 0;
		nr = (__u32)nr;
		if (!is_watched(nr))
			return end_seldom(bpf_get_current_task_btf(), regs, result);
	}
	return end_call(bpf_get_current_task_btf(), nr, regs, result);
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
			      : end_seldom(task, regs, ctx->ret);
}

/* --- what living processes have counted ---------------------------------------------------------
 */

/* Adds what @owner has in the slot @s, which may be taken out meanwhile. */
static __always_inline void add_slot(const struct fast_slot *s, __u64 owner, struct fast_stats *sum)
{
	struct fast_stats is;

	if (!s || s->owner != owner)
		return;
	is = s->stats;
	if (*(const volatile __u64 *)&s->owner != owner)
		return;
#define ADD_TO(field) sum->field += is.field;
	EACH_SUM(ADD_TO)
#undef ADD_TO
	if (is.vm_bytes)
		sum->vm_bytes = is.vm_bytes;
	if (sum->peak_bytes < is.peak_bytes)
		sum->peak_bytes = is.peak_bytes;
}

/* Of the process @tgid, by its owner_of(). 0: it has counted nothing. */
__noinline int fill_row(__u32 tgid, __u64 owner, struct fast_row *row)
{
	__u32 place = tgid & (SLOTS - 1);

	if (!row)
		return 0;
	if (overflowed)
		add_slot(bpf_map_lookup_elem(&threads_overflow, &tgid), owner, &row->stats);
	add_slot(bpf_map_lookup_elem(&threads_slots, &place), owner, &row->stats);
	row->tgid = tgid;
	return calls_of(&row->stats) || row->stats.vm_bytes;
}

SEC("iter/task")
int threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct fast_row row = {};

	if (task && task->pid == task->tgid && fill_row(task->tgid, owner_of(task), &row))
		bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
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
		struct fast_row row = {}, *place = NULL;
		__u32 at = *i;

		if (at >= asked->n || at >= FAST_ASKED_MAX || to->full)
			break;
		process = bpf_task_from_pid(asked->tgid[at]);
		if (!process)
			continue;
		if (fill_row(process->tgid, owner_of(process), &row))
			place = walk_room(to, ROWS_BYTES, sizeof(row));
		if (place)
			*place = row;
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
	struct fast_slot *s;
	__u64 at;

	if (!task || task->pid != task->tgid || !task->mm)
		return 0;
	at = task->mm->brk;
	s = slot_of(task);
	if (s && at && !__sync_val_compare_and_swap(&s->break_at, 0, at))
		__sync_val_compare_and_swap(&s->break_exec, 0, task->self_exec_id + 1);
	return 0;
}
