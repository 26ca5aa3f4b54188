// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All processes in one read, and the final figures of those that end. Nothing here runs for a call
 * or a context switch: the iterator runs when it is read, task_ended() once for each task that is
 * let go of.
 *
 * There are two ways along the tasks. list_tasks() is an iterator's program, which any kernel has:
 * it takes every task by its number, and holds it meanwhile. walk_tasks() goes along the kernel's
 * own list (Linux 6.7 and later), which costs a quarter where little has changed, and writes into
 * memory that the reader has mapped. That is small: where much is to tell, the reader takes the
 * iterator.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "bpf/calls/walk.bpf.h"
#include "bpf/procs/tasks.h"

/* s390x counts CPU time itself (CONFIG_VIRT_CPU_ACCOUNTING_NATIVE): nothing is smoothed. */
#ifdef __TARGET_ARCH_s390
#define SHOWN(sig, field) 0
#else
#define SHOWN(sig, field) (sig)->prev_cputime.field
#endif

#define PF_KTHREAD 0x00200000

enum { THREADS_TRIED = 16 };

/* What is wanted, as it may change: other threads than leaders, too; times. Without them half of
 * what is read of a task, spread over as many cache lines, is left alone. */
__u32 all_threads = 1;
__u32 all_times = 1;

/* Another iterator's program runs for the same task afterwards: to walk along all tasks is most of
 * the cost, and is paid once then. */
const volatile bool then_next = false;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} task_next SEC(".maps");

/*
 * A process of one thread that has not run since its row was told, and whose memory nobody took
 * meanwhile, is as it was: its number alone is told then, which spares most of the cache lines that
 * a row is read from. What other processes may change of it stands here beside the time that it has
 * run: what is resident, whose child it is and its cgroups are compared in each pass, what hardly
 * anybody changes for another in one of LOOK_PASSES; once in TOLD_PASSES it is told whatever this
 * says. Each member that is compared is a cache line of every process, and the walk is mostly
 * waiting for those.
 */
struct told {
	__u64 task, parent, cgroups; /* their addresses: the same number, task and time that it has
				      * run to the nanosecond are the same process */
	__u64 ran, resident, memory;
	__u32 pid, pass; /* 0: never */
	__u64 start_ns;
} __attribute__((aligned(64)));

enum { LOOK_PASSES = 4, TOLD_PASSES = 32 };

/* Index: the process number, as far as there is room. Who finds another there is told anew. User
 * space sets max_entries, a power of 2. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct told);
} task_told SEC(".maps");

/* The last index of task_told. */
const volatile __u32 told_mask = 0;

/* Number of the pass, and the first whose rows the reader still has: it writes both. A row that is
 * told twice in a pass found no room the first time. */
__u32 task_pass = 1, task_kept = 1;

/* Ends that found no room; leaders and last threads that have ended. */
__u64 ends_lost, exits;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TASK_ENDS_BYTES);
} task_ends SEC(".maps");

/* What walk_tasks() writes: a struct walked, of walk_bytes with its records. User space sets
 * both. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, TASK_WALK_LEAST);
} task_walk SEC(".maps");

const volatile __u32 walk_bytes = TASK_WALK_LEAST;

/* And the numbers of those that are as they were told: TASK_PLACE(). User space sets max_entries.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} task_same SEC(".maps");

/* What is known of the memory of a process before its end, kept with its leading thread. */
struct peak {
	__u64 own, before; /* as in struct task_end */
	__u32 ppid;	   /* the parent that it had when it ended */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct peak);
} task_peaks SEC(".maps");

/* Linux 6.2 made the counters of an mm_struct per CPU; what they have not yet added up is left out
 * here. */
struct percpu_counter___new {
	__s64 count;
} __attribute__((preserve_access_index));

struct mm_struct___new {
	struct percpu_counter___new rss_stat[4];
} __attribute__((preserve_access_index));

struct mm_rss_stat___old {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));

struct mm_struct___old {
	struct mm_rss_stat___old rss_stat;
} __attribute__((preserve_access_index));

/*
 * Memory that the verifier knows the type of is read by plain loads. Of a pointer that was computed
 * (@known is false) a helper reads, at ten times the cost.
 */
#define READ_MEMBER(known, of, member) ((known) ? (of)->member : BPF_CORE_READ(of, member))

/* Pages of one kind: enum MM_FILEPAGES 0, MM_ANONPAGES 1, MM_SWAPENTS 2, MM_SHMEMPAGES 3. The
 * verifier of the older kernels does not look into an array of a typedef. */
#define KIND_OF(mm, known, kind)                                                                   \
	(bpf_core_field_exists(((struct mm_struct___old *)0)->rss_stat.count)                      \
		 ? BPF_CORE_READ((struct mm_struct___old *)(void *)(mm),                           \
				 rss_stat.count[kind].counter)                                     \
		 : READ_MEMBER(known, (struct mm_struct___new *)(void *)(mm),                      \
			       rss_stat[kind].count))

static __always_inline __u64 positive(__s64 pages)
{
	return pages > 0 ? pages : 0;
}

static __always_inline __u64 resident_pages(struct mm_struct *mm, bool known)
{
	return positive(KIND_OF(mm, known, 0) + KIND_OF(mm, known, 1) + KIND_OF(mm, known, 3));
}

static __always_inline void fill_memory(struct task_row *r, struct mm_struct *mm, bool known)
{
	const unsigned char *name;

	r->flags |= TASK_MEMORY;
	if (READ_MEMBER(known, mm, task_size) <= 1ULL << 32)
		r->flags |= TASK_COMPAT;
	r->vm = READ_MEMBER(known, mm, total_vm);
	r->hiwater = READ_MEMBER(known, mm, hiwater_rss);
	r->rss = resident_pages(mm, known);
	r->swap = positive(KIND_OF(mm, known, 2));
	r->shared = positive(KIND_OF(mm, known, 0)) + positive(KIND_OF(mm, known, 3));
	if (bpf_core_field_exists(mm->hugetlb_usage))
		r->hugetlb = READ_MEMBER(known, mm, hugetlb_usage.counter);
	name = known ? mm->exe_file->f_path.dentry->d_name.name
		     : BPF_CORE_READ(mm, exe_file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel_str(r->exe, sizeof(r->exe), name);
}

/* The number of the cgroup whose memory a task takes. Which of the set's members that is is the
 * kernel's configuration. */
static __always_inline __u64 memory_cgroup_of(struct task_struct *t, bool known)
{
	struct css_set *set = READ_MEMBER(known, t, cgroups);
	struct cgroup_subsys_state *css = NULL;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return 0;
	if (known)
		return set->subsys[bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)]
			->cgroup->kn->id;
	if (bpf_probe_read_kernel(&css, sizeof(css),
				  (void *)set + bpf_core_field_offset(struct css_set, subsys) +
					  sizeof(css) * bpf_core_enum_value(enum cgroup_subsys_id,
									    memory_cgrp_id)))
		return 0;
	return BPF_CORE_READ(css, cgroup, kn, id);
}

/* A process lives on when its leading thread has ended: its memory is that of any other. Of those
 * the ended are not in the list, so a few steps find one. */
static __always_inline struct task_struct *thread_with_memory(struct task_struct *t)
{
	struct signal_struct *sig = BPF_CORE_READ(t, signal);
	void *head = (void *)sig + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *at = BPF_CORE_READ(sig, thread_head.next);

	for (int i = 0; i < THREADS_TRIED && at && (void *)at != head; i++) {
		struct task_struct *thread =
			(void *)at - bpf_core_field_offset(struct task_struct, thread_node);

		if (BPF_CORE_READ(thread, mm))
			return thread;
		at = BPF_CORE_READ(at, next);
	}
	return NULL;
}

static __always_inline void fill_memory_of_others(struct task_row *r, struct task_struct *t)
{
	struct task_struct *thread = thread_with_memory(t);
	struct mm_struct *mm = thread ? BPF_CORE_READ(thread, mm) : NULL;

	if (!mm)
		return;
	r->memory_cgroup = memory_cgroup_of(thread, false);
	fill_memory(r, mm, false);
}

static __always_inline void fill_thread(struct task_thread *r, struct task_struct *t)
{
	r->pid = t->pid | TASK_MARK;
	r->tgid = t->tgid;
	r->start_ns = t->start_boottime;
	r->state = t->__state | t->exit_state;
	if (!all_times)
		return;
	r->utime = t->utime;
	r->stime = t->stime;
	r->runtime = t->se.sum_exec_runtime;
	r->switches = t->nvcsw + t->nivcsw;
	r->stats_seq = t->signal->stats_lock.seqcount.seqcount.sequence;
}

static __always_inline void fill_times(struct task_row *r, struct signal_struct *sig)
{
	r->ended_utime = sig->utime;
	r->ended_stime = sig->stime;
	r->ended_runtime = sig->sum_sched_runtime;
	r->ended_switches = sig->nvcsw + sig->nivcsw;
	r->shown_utime = SHOWN(sig, utime);
	r->shown_stime = SHOWN(sig, stime);
}

static __always_inline void fill_process(struct task_row *r, struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct mm_struct *mm = t->mm;

	r->ppid = t->real_parent->tgid;
	r->uid = t->real_cred->euid.val;
	r->threads = sig->nr_threads;
	r->flags = t->flags & PF_KTHREAD ? TASK_KERNEL : 0;
	if (all_times)
		fill_times(r, sig);
	__builtin_memcpy(r->comm, t->comm, sizeof(r->comm));
	r->before = sig->maxrss;
	r->execs = t->self_exec_id + 1;
	if (!mm && !r->flags && r->threads > 1)
		fill_memory_of_others(r, t);
	if (mm && !r->flags)
		fill_memory(r, mm, true);
	r->faults = sig->min_flt + sig->maj_flt + t->min_flt + t->maj_flt;
	if (!r->memory_cgroup)
		r->memory_cgroup = memory_cgroup_of(t, true);
}

/* What it has run, and its state: beyond 78 hours their bits meet. */
static __always_inline __u64 ran(const struct task_struct *t)
{
	return t->se.sum_exec_runtime ^ (__u64)(t->__state | t->exit_state) << 48;
}

/* Files and its own: the two stand in one cache line. */
static __always_inline __u64 resident_of(struct mm_struct *mm)
{
	return mm ? KIND_OF(mm, true, 0) + KIND_OF(mm, true, 1) : 0;
}

/* Moves with all of its memory, its highest and what it has mapped. */
static __always_inline __u64 memory_of(struct mm_struct *mm)
{
	return mm ? resident_pages(mm, true) + mm->hiwater_rss * 0x9e3779b97f4a7c15 +
			       mm->total_vm * 0xc2b2ae3d27d4eb4f
		  : 0;
}

/* The place of one that can stay as it was: NULL for one that runs. */
static __always_inline struct told *place_of(struct task_struct *t)
{
	__u32 at = t->pid & told_mask;

	return t->__state ? bpf_map_lookup_elem(&task_told, &at) : NULL;
}

static __always_inline bool is_as_told(struct task_struct *t, const struct told *told)
{
	struct mm_struct *mm = t->mm;

	if (told->pid != (__u32)t->pid || told->pass < task_kept || told->pass == task_pass ||
	    told->task != (__u64)t || told->ran != ran(t) ||
	    told->parent != (__u64)t->real_parent || told->cgroups != (__u64)t->cgroups ||
	    told->resident != resident_of(mm))
		return false;
	if ((t->pid + task_pass) % LOOK_PASSES)
		return true;
	return (t->pid + task_pass) % TOLD_PASSES && told->start_ns == t->start_boottime &&
	       told->memory == memory_of(mm);
}

/* Of one that has other threads, which run without it, nothing is remembered; a thread is made by
 * one that runs. */
static __always_inline void remember(struct task_struct *t, struct told *told)
{
	struct mm_struct *mm = t->mm;

	told->pid = 0;
	if (t->thread_node.next != t->thread_node.prev)
		return;
	told->task = (__u64)t;
	told->start_ns = t->start_boottime;
	told->ran = ran(t);
	told->resident = resident_of(mm);
	told->memory = memory_of(mm);
	told->parent = (__u64)t->real_parent;
	told->cgroups = (__u64)t->cgroups;
	told->pass = task_pass;
	told->pid = t->pid;
}

/* What is told of a task. */
enum telling { TELL_NOTHING, TELL_THREAD, TELL_SAME, TELL_PROCESS };

static __always_inline enum telling what_to_tell(struct task_struct *t)
{
	struct told *told;

	if (t->pid != t->tgid)
		return all_threads ? TELL_THREAD : TELL_NOTHING;
	told = place_of(t);
	if (told && is_as_told(t, told))
		return TELL_SAME;
	/* Before it is read: what moves from here on is told in the next pass. */
	if (told)
		remember(t, told);
	return TELL_PROCESS;
}

static __always_inline void list_task(struct seq_file *file, struct task_struct *t)
{
	struct task_same same = {t->pid | TASK_MARK | TASK_SAME, t->tgid};
	struct task_row r = {};

	switch (what_to_tell(t)) {
	case TELL_NOTHING: break;
	case TELL_SAME: bpf_seq_write(file, &same, sizeof(same)); break;
	case TELL_THREAD:
		fill_thread(&r.thread, t);
		bpf_seq_write(file, &r.thread, sizeof(r.thread));
		break;
	case TELL_PROCESS:
		fill_thread(&r.thread, t);
		fill_process(&r, t);
		bpf_seq_write(file, &r, sizeof(r));
		break;
	}
}

SEC("?iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;

	if (!t)
		return 0;
	list_task(ctx->meta->seq, t);
	if (then_next)
		bpf_tail_call(ctx, &task_next, 0);
	return 0;
}

/* The same where walk_tasks() can be had, which tells who has moved: it is loaded in a fifth of the
 * time (walk_plain()). */
SEC("?iter/task")
int list_tasks_plain(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;

	if (!t)
		return 0;
	list_task(ctx->meta->seq, walk_plain(t));
	if (then_next)
		bpf_tail_call(ctx, &task_next, 0);
	return 0;
}

static __always_inline void put_same(struct walked *to, __u64 pid)
{
	__u32 at = to->nsame;
	__u64 *place = bpf_map_lookup_elem(&task_same, &at);

	if (!place) {
		to->full = 1;
		return;
	}
	*place = TASK_PLACE(pid, TASK_SAME);
	to->nsame = at + 1;
}

/* The task that the walk is at. */
struct walk_at {
	struct task_struct *task;
};

/* In place: of what stands on its stack the verifier would try every mixture. Not static: then it
 * goes once through this, and not at each turn of the loop. */
__noinline int walk_task(const struct walk_at *at)
{
	struct task_struct *t = at ? walk_plain(at->task) : NULL;
	struct task_thread *thread;
	struct task_row *r;
	struct walked *to;
	enum telling what;
	__u32 zero = 0;

	if (!t)
		return 1;
	what = what_to_tell(t);
	to = bpf_map_lookup_elem(&task_walk, &zero);
	if (!to)
		return 1;
	if (what == TELL_SAME)
		put_same(to, t->pid);
	if (what == TELL_THREAD) {
		thread = walk_room(to, walk_bytes, sizeof(*thread));
		if (thread)
			fill_thread(thread, t);
	}
	if (what == TELL_PROCESS) {
		r = walk_room(to, walk_bytes, sizeof(*r));
		if (r) {
			fill_thread(&r->thread, t);
			fill_process(r, t);
		}
	}
	return to->full;
}

SEC("?syscall")
int walk_tasks(void *ctx)
{
	struct walk_at at = {};
	struct task_struct *t;
	struct walked *to;
	struct walk walk;
	__u32 zero = 0;

	to = bpf_map_lookup_elem(&task_walk, &zero);
	if (!to)
		return 0;
	walk_clear(to);
	walk_begin(&walk, all_threads);
	while ((t = walk_next(&walk)) && !to->full)
		if (t->pid) {
			at.task = t;
			walk_task(&at);
		}
	walk_end(&walk);
	return walk_used(to);
}

/* A new image begins: what is the highest so far was another's. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(task_execs, struct task_struct *t)
{
	struct peak *p = bpf_task_storage_get(&task_peaks, t->group_leader, 0,
					      BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (p) {
		p->own = 0;
		p->before = t->signal->maxrss;
	}
	return 0;
}

/* Ends the reader's sleep with a record that it passes over. */
static __always_inline void wake_reader(void)
{
	void *record = bpf_ringbuf_reserve(&task_ends, 8, 0);

	if (record)
		bpf_ringbuf_discard(record, BPF_RB_FORCE_WAKEUP);
}

/* Who ends is counted, and of the last thread of a process it is kept what it had. From Linux 6.16
 * on its memory is still there. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_exits, struct task_struct *t)
{
	struct mm_struct *mm = t->mm;
	struct peak *p;
	__u64 rss;

	if (t->flags & PF_KTHREAD)
		return 0;
	if ((t->pid == t->tgid || !t->signal->live.counter) &&
	    __sync_fetch_and_add(&exits, 1) % TASK_EXITS_WAKE == TASK_EXITS_WAKE - 1)
		wake_reader();
	if (t->signal->live.counter)
		return 0;
	p = bpf_task_storage_get(&task_peaks, t->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!p)
		return 0;
	p->ppid = t->real_parent->tgid;
	if (!mm)
		return 0;
	rss = resident_pages(mm, true);
	p->own = mm->hiwater_rss > rss ? mm->hiwater_rss : rss;
	return 0;
}

/* When a leader is let go of, the times of all its threads have gone over to the process. */
SEC("tp_btf/sched_process_free")
int BPF_PROG(task_ended, struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct task_end *e;
	struct peak *p;

	if (t->pid != t->tgid || t->flags & PF_KTHREAD)
		return 0;
	e = bpf_ringbuf_reserve(&task_ends, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&ends_lost, 1);
		return 0;
	}
	e->pid = t->pid;
	e->uid = t->real_cred->euid.val;
	e->start_ns = t->start_boottime;
	e->utime = sig->utime;
	e->stime = sig->stime;
	e->runtime = sig->sum_sched_runtime;
	e->switches = sig->nvcsw + sig->nivcsw;
	e->shown_utime = SHOWN(sig, utime);
	e->shown_stime = SHOWN(sig, stime);
	e->unused = 0;
	e->highest = sig->maxrss;
	p = bpf_task_storage_get(&task_peaks, t, 0, 0);
	e->own = p ? p->own : 0;
	e->before = p ? p->before : 0;
	e->ppid = p ? p->ppid : 0;
	__builtin_memcpy(e->comm, t->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, bpf_ringbuf_query(&task_ends, BPF_RB_AVAIL_DATA) > TASK_ENDS_BYTES / 2
				      ? BPF_RB_FORCE_WAKEUP
				      : BPF_RB_NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
