/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory monitor's layouts: the contract between its kernel half (C, Honey, or anybody's) and
 * user space. The first two structs are the reference's (documents 000, 002, 003); a change here is
 * a change of contract.
 */
#ifndef BPF_MEMMON_H
#define BPF_MEMMON_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Value of mem_stats_map; the key is a u32 thread id (the low half of bpf_get_current_pid_tgid()).
 */
struct mem_stats {
	__u64 total_allocated; /* bytes; event types 0 and 1 only, which no tracepoint here raises:
				  stays 0 */
	__u64 total_freed;     /* as above */
	__u64 current_usage;   /* bytes asked for by mmap, less munmap lengths where that stays >= 0
				*/
	__u64 peak_usage;      /* highest current_usage */
	__u64 alloc_count;     /* type 0: stays 0 */
	__u64 free_count;      /* type 1: stays 0 */
	__u64 mmap_count;      /* mmap calls entered with length >= MEM_MIN_LENGTH */
	__u64 munmap_count;    /* munmap calls entered */
	__u64 last_update;     /* bpf_ktime_get_ns() of the last mmap or munmap counted */
};

enum mem_event_type {
	MEM_EVENT_ALLOC = 0,
	MEM_EVENT_FREE = 1,
	MEM_EVENT_MMAP = 2,
	MEM_EVENT_MUNMAP = 3,
	MEM_EVENT_BRK = 4,
	MEM_EVENT_MREMAP = 5, /* only of monitors that see mremap: bpf/memmon/memmon_fast.h */
};

/* A record of the ring mem_events. A Honey program may submit 64 bytes; the consumer accepts >=
 * sizeof. */
struct mem_event {
	__u64 timestamp; /* bpf_ktime_get_ns() */
	__u32 pid;	 /* thread id */
	__u32 tgid;	 /* process id */
	__u64 size;	 /* mmap, munmap: the length asked for; brk: 0 */
	__u64 address;	 /* brk: the break asked for; else 0 */
	__u8 event_type; /* enum mem_event_type */
	char comm[16];
};

/*
 * The only element (index 0) of the per-CPU array mem_loss, which the seeds do not have: what could
 * not be recorded. Counted on the failing path only, so that it costs a working monitor nothing.
 */
struct mem_loss {
	__u64 ring_full; /* events not reserved in mem_events */
	__u64 map_full;	 /* calls not counted because mem_stats_map took no new key */
};

#define MEM_MIN_LENGTH 1024 /* bytes: shorter mmaps are ignored, shorter munmaps are not */
#define MEM_STATS_MAX  10240
#define MEM_RING_BYTES 262144

_Static_assert(sizeof(struct mem_stats) == 72, "mem_stats is nine u64");
_Static_assert(sizeof(struct mem_event) == 56, "mem_event is 49 bytes padded to 56");
_Static_assert(__builtin_offsetof(struct mem_event, size) == 16, "mem_event.size");
_Static_assert(__builtin_offsetof(struct mem_event, event_type) == 32, "mem_event.event_type");
_Static_assert(__builtin_offsetof(struct mem_event, comm) == 33, "mem_event.comm");

#endif
