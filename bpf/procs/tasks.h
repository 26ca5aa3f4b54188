/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the task iterator writes for every task, and what is kept of a process that has gone. Clocks
 * are the scheduler's own: ns, of sched_entity and of the tick, as /proc/PID/stat has them before
 * it scales them.
 */
#ifndef BPF_TASKS_H
#define BPF_TASKS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum task_flag {
	TASK_KERNEL = 1 << 0,	/* a kernel thread */
	TASK_MEMORY = 1 << 1,	/* has memory of its own: rss, vm and hiwater mean something */
	TASK_UNLISTED = 1 << 2, /* iterators do not list it: set by who reads it elsewhere */
	TASK_COMPAT = 1 << 3,	/* its addresses have 32 bits: so have its calls other numbers */
};

/* Set in the first word of each record here, which a process number never has: another iterator's
 * rows, which begin with one, can stand between (task_next). */
#define TASK_MARK 0x80000000u
/* Beside it: the record is a task_same. */
#define TASK_SAME 0x40000000u

/* A process whose task_row would be the one that was told last. */
struct task_same {
	__u32 pid; /* | TASK_MARK | TASK_SAME */
	__u32 tgid;
};

/* Of any thread; the records of those that lead no process end here. */
struct task_thread {
	__u32 pid; /* thread id; | TASK_MARK on the way */
	__u32 tgid;
	__u64 start_ns; /* CLOCK_BOOTTIME */
	__u64 utime, stime, runtime;
	__u64 switches;	 /* voluntary and not */
	__u32 stats_seq; /* of the process: moves when a thread's times go over to the process */
	__u32 state;	 /* __state | exit_state */
};

/* Of a thread that leads a process, which has its number. */
struct task_row {
	struct task_thread thread;
	__u32 ppid, uid;	     /* the effective user */
	__u32 threads, flags;	     /* enum task_flag */
	__u64 vm, rss, hiwater;	     /* pages; rss leaves out what CPUs have not yet added up */
	__u64 swap, shared, hugetlb; /* pages */
	__u64 faults;		     /* of the main thread and the ended ones */
	__u64 memory_cgroup;	     /* id of the cgroup whose memory it takes; 0: not known */
	__u64 before;		     /* pages: highest of the images that it ran before an exec */
	__u64 execs;		     /* moves with each; 0: not known */
	/* Of the threads that have ended. */
	__u64 ended_utime, ended_stime, ended_runtime, ended_switches;
	/* What /proc/PID/stat said last: it never goes back. */
	__u64 shown_utime, shown_stime;
	char comm[16];
	char exe[16]; /* the file that it runs, its name's beginning; "": not known */
};

/* A process that has ended and was waited for: its final figures, all threads together. */
struct task_end {
	__u32 pid, uid;
	__u32 ppid; /* 0: not known */
	__u32 unused;
	__u64 start_ns;
	__u64 utime, stime, runtime, switches;
	__u64 shown_utime, shown_stime;
	/* Pages. @own: the highest of the image it ended with, 0: not known; @highest: of all its
	 * images, those of before a fork and an exec too; @before: of those before the last exec
	 * that was seen. */
	__u64 own, highest, before;
	char comm[16];
};

/* Bytes of a walk's records, which user space makes more by the number of processes. */
#define TASK_WALK_LEAST (64 * 1024)

/* Where a task's record is, in a number that sorts by the task's: TASK_SAME, it has none. */
#define TASK_PLACE(pid, at) ((pid) << 32 | (at))

/*
 * Ends that wait for the reader: about 4,300, who is woken when half of it is full. They come in
 * bursts, because RCU lets go of many tasks at once, and also while the reader walks along all
 * tasks: with 680 of them one in fourteen was lost at 3,000 processes a second.
 */
#define TASK_ENDS_BYTES (512 * 1024)

/* So many exits wake the reader, too: what a monitor keeps of those that ended has room for some
 * ten thousand (collector/collect.h, monitor_fill), of whom many may be zombies still. */
#define TASK_EXITS_WAKE 1024

_Static_assert(sizeof(struct task_same) == 8, "task_same");
_Static_assert(sizeof(struct task_thread) == 56, "task_thread");
_Static_assert(sizeof(struct task_row) == 232, "task_row");
_Static_assert(sizeof(struct task_end) == 112, "task_end");

#endif
