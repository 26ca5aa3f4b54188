/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memmon_fast's layouts and its definition: what a memory monitor has to count to be true.
 *
 *  - A call counts when it has ended and worked: mmap and mremap when the result is no error,
 * munmap when it is 0, brk when the result is the break that was asked for (brk never returns an
 * error; brk(0) and a refused one ask or change nothing, and count nowhere). mmap, munmap and
 * mremap that did not work count in failed_count. Calls of 32-bit programs on a 64-bit kernel,
 * which the kernel's syscall tracepoints leave out, count by their own numbers.
 *  - Lengths are what the kernel makes of them: rounded up to whole pages, of huge ones to those.
 *  - The key is the process: its threads add to one slot. What ended processes counted is kept in
 * mem_ended until the reader takes it out.
 *  - vm_bytes is no sum of lengths but what the kernel says that the process has mapped, so that
 *    partial, repeated and overlapping maps, mremap and exec are in it.
 */
#ifndef BPF_MEMMON_FAST_H
#define BPF_MEMMON_FAST_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Of a process, of an ended process. */
struct fast_stats {
	__u64 mmap_count;
	__u64 munmap_count;
	__u64 mremap_count;
	__u64 brk_count;
	__u64 failed_count; /* mmap, munmap, mremap that returned an error */
	__u64 mmap_bytes;   /* page-rounded lengths of the mmaps counted */
	__u64 munmap_bytes; /* the same of munmap, whatever was mapped there */
	__u64 vm_bytes;	    /* address space of the process when its latest call ended: VmSize */
	__u64 peak_bytes;   /* highest vm_bytes seen at the end of a call */
};

/* What the iterator writes for each process that has counted, and the value of mem_ended (key:
 * process id). */
struct fast_row {
	__u32 tgid;
	__u32 ended; /* 1: the process has ended */
	struct fast_stats stats;
};

/* What a living process has counted (maps threads_slots and threads_overflow). A slot that nobody
 * has is all 0. */
struct fast_slot {
	__u64 owner; /* when the process started, plus 2; 0: nobody; 1: it is being emptied */
	struct fast_stats stats; /* sums and peak: atomic */
	__u64 break_at;		 /* where the break was last seen; 0: never */
	__u64 break_exec;	 /* number of the exec since which it was, plus 1 */
	__u32 tgid;
	__u8 pad[28];
};

/* Whose rows are wanted, where it is not everybody's. */
enum { FAST_ASKED_MAX = 4096 };
struct fast_asked {
	__u32 n;
	__u32 tgid[FAST_ASKED_MAX];
};

enum fast_event_type {
	FAST_EVENT_MMAP = 2, /* the numbers of enum mem_event_type */
	FAST_EVENT_MUNMAP = 3,
	FAST_EVENT_BRK = 4,
	FAST_EVENT_MREMAP = 5,
};

/* A record of the ring of the CPU where the call ended. */
struct fast_event {
	__u64 timestamp; /* bpf_ktime_get_ns() at the end of the call */
	__u32 pid;	 /* thread id */
	__u32 tgid;	 /* process id */
	__u64 size;    /* mmap, munmap, mremap: the (new) length, page-rounded; brk: bytes the break
			  moved */
	__u64 address; /* mmap, mremap: the result; munmap: the argument; brk: the new break */
	__u8 event_type; /* enum fast_event_type */
	__u8 down;	 /* brk: 1 when it moved down */
	__u8 pad[6];
};

_Static_assert(sizeof(struct fast_stats) == 72, "fast_stats is nine u64");
_Static_assert(sizeof(struct fast_row) == 80, "fast_row");
_Static_assert(sizeof(struct fast_slot) == 128, "a power of two is found by a shift");
_Static_assert(sizeof(struct fast_event) == 40, "fast_event");

#endif
