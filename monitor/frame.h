/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A frame: what memmon and cpumon know about the machine at one moment. A source makes frames (from
 * the kernel, or from a recording), the view orders and judges them, sinks and screens show them.
 * Nobody but the source allocates one.
 */
#ifndef MONITOR_FRAME_H
#define MONITOR_FRAME_H

#include <math.h>

#include "lib/base.h"
#include "collector/collect.h"

enum tool { TOOL_MEMMON, TOOL_CPUMON };

/*
 * The numbers of a process. NAN is "not known" (no permission, not offered by this monitor, not
 * yet): shown as "-", null in JSON, empty in CSV, never as 0. Counters run from the monitor's
 * start.
 */
enum field {
	FIELD_RSS,  /* kB resident (VmRSS) */
	FIELD_VIRT, /* kB mapped (VmSize) */
	FIELD_PEAK, /* kB, highest resident (VmHWM) */
	FIELD_PSS,  /* kB, shared pages divided; only where it was asked for (READ_SHARES) */
	FIELD_USS,  /* kB of this process alone; as PSS */
	FIELD_LAZY, /* kB given back by MADV_FREE that the kernel has not taken yet; as PSS */
	FIELD_MMAP, /* calls; what counts as one is the monitor's definition */
	FIELD_MUNMAP,
	FIELD_BRK,
	FIELD_MREMAP,
	FIELD_FAILED,	    /* calls that returned an error */
	FIELD_MMAP_BYTES,   /* bytes */
	FIELD_MUNMAP_BYTES, /* bytes */
	FIELD_USAGE,	    /* bytes, the monitor's own account of what is mapped */
	FIELD_THREADS,
	FIELD_AGE,	 /* s since it started */
	FIELD_USER_MS,	 /* ms on a CPU in user mode, of all threads, ended ones too; of a BPF
			    monitor since its start, else since the process began */
	FIELD_SYSTEM_MS, /* ms in the kernel */
	FIELD_TOTAL_MS,
	FIELD_SWITCHES,	 /* context switches, voluntary and not */
	FIELD_SWAP,	 /* kB swapped out */
	FIELD_SHARED,	 /* kB resident of files and of shared memory: other processes may have them
			    too */
	FIELD_HUGETLB,	 /* kB of huge pages of the reserve that it has touched; not in RSS */
	FIELD_HELD,	 /* kB: RSS, swap and huge pages; what the trend is of */
	FIELD_TOUCHED,	 /* % of the mapped address space that is held */
	FIELD_BACK,	 /* kB of its peak that it holds no more: neither resident nor in swap */
	FIELD_FAULTS,	 /* page faults since it began; of several threads only where it was asked
			    for (READ_FAULTS) */
	FIELD_LIMIT,	 /* kB that its cgroup may have; NAN: no limit */
	FIELD_ROOM,	 /* kB of that which nobody has yet */
	FIELD_PROCESSES, /* 1 of a process that lives; of a sum: how many do */
	FIELD_UNCOUNTED, /* 1 of a process whose calls are not known; a sum that has such has at
			  * least the calls that it says */
	/* What follows is filled in by history_update(), from frame to frame. */
	FIELD_MMAP_RATE, /* calls per s over the latest interval */
	FIELD_MUNMAP_RATE,
	FIELD_BRK_RATE,
	FIELD_SWITCH_RATE,
	FIELD_USR, /* % of one CPU over the latest interval: a process with two busy threads has 200
		    */
	FIELD_SYS,
	FIELD_TOT,
	FIELD_TREND,	 /* bytes per s by which what it holds grows, over the window: Theil-Sen
			    slope */
	FIELD_TREND_LOW, /* its 95 % interval */
	FIELD_TREND_HIGH,
	FIELD_TREND_WINDOW, /* s from the first to the latest sample */
	/* Of what limits the process, by its trend. */
	FIELD_LEFT,	/* s until the limit is reached; infinite growth apart */
	FIELD_LEFT_LOW, /* by the ends of the trend's interval */
	FIELD_LEFT_HIGH,
	FIELD_COUNT,
};

#define FIELD_BIT(field) (1ULL << (field))

/* What the trend says, in words (trend_words()). */
enum verdict {
	VERDICT_TOO_EARLY, /* too few samples, or too short a window */
	VERDICT_STEADY,	   /* growth is within what does not matter, and the interval says so */
	VERDICT_UNSURE,	   /* the interval holds both */
	VERDICT_GROWING,
	VERDICT_SHRINKING,
	VERDICT_COUNT,
};

enum row_flag {
	ROW_EXACT =
		1 << 0, /* RSS, VIRT, PEAK are what /proc says; else approximations, shown as ~N */
	ROW_ENDED = 1 << 1, /* it ended in this interval: its counters are final, it leaves with the
			     * next frame */
	ROW_KERNEL = 1 << 2,	 /* a kernel thread: it has no memory of its own */
	ROW_HIDDEN = 1 << 3,	 /* /proc hides it from us (hidepid, or another user's) */
	ROW_SKIPPED = 1 << 4,	 /* it was there when the kernel skipped runs of the monitor's
				  * programs: its calls may be too few, what it has mapped too much */
	ROW_COLLECTED = 1 << 5,	 /* its memory is kept by a garbage collector */
	ROW_SHARED_NOW = 1 << 6, /* PSS and USS are of this frame, and where they are not known
				  * it has none; else, where they are known, of an earlier one */
	ROW_GROUP = 1 << 7,	 /* several processes summed up */
};

/* Bucket i of a size histogram: sizes of [2^i, 2^(i+1)) bytes; the last takes all above. */
enum { SIZE_BUCKETS = 40 };

/* A process number or a user that is not known. */
#define ROW_UNKNOWN UINT32_MAX

/* Texts that are read of a process where somebody asks for them. */
enum row_text {
	TEXT_COMMAND, /* its arguments, separated by blanks */
	TEXT_EXE,     /* the file that it runs */
	TEXT_CGROUP,  /* of the unified hierarchy, else of the memory controller */
	TEXT_COUNT,
};

/* What is read where somebody asks for it, as bits: 1 << enum row_text, and these. */
enum row_read {
	READ_SHARES = 1 << TEXT_COUNT,	    /* PSS and USS: /proc/PID/smaps_rollup, each frame */
	READ_TIMES = 1 << (TEXT_COUNT + 1), /* times on a CPU, of all processes from then on */
	READ_SUMS = 1 << (TEXT_COUNT + 2),  /* nothing: what sum() in a query needs (view_sum()) */
	READ_IN_TURN = 1 << (TEXT_COUNT + 3), /* not more than there is time for in a frame: shares
					       * of who had to wait are of an earlier one */
	READ_FAULTS = 1 << (TEXT_COUNT + 4)   /* page faults of processes with several threads */
};

/* The counters that history_update() makes rates of. */
enum { ROW_RATES = 7 };
extern const enum field rate_counters[ROW_RATES];

struct proc_row;

/*
 * Most processes of a machine sleep, and nobody looks at them. Such a row is quiet: it has no
 * figures of its own, and what is asked of it is made of what the kernel told (struct row_told).
 * This is what all rows of a source have in common for that.
 */
struct row_source {
	double (*value)(const struct row_source *from, const struct proc_row *row, enum field f);
	double now_s; /* of the latest frame, since the first: history_update() */
};

/* What a quiet row's figures are made of. */
struct row_told {
	uint64_t vm : 48; /* pages, as the five that follow the bits */
	bool listed : 1;  /* it was told while it lived */
	bool memory : 1;  /* it has memory of its own */
	bool kinds : 1;	  /* swap, shared and so on are known */
	bool timed : 1;	  /* so are its times */
	bool rated : 1;	  /* it was there in the frame before: its rates are 0 */
	bool looked : 1;  /* vm, rss and highest are what a look at it has found */
	bool same : 1;	  /* it was told to be as it was in the frame before */
	bool known : 1;	  /* history_update() has seen it in a frame: what it keeps of it follows */
	uint32_t rss, highest, swap, shared, hugetlb;
	uint32_t held_kb, frames; /* what it holds, and in how many frames that was known */
	uint32_t execs;		  /* as in struct task_row, its lower half */
	double first_s; /* when what it holds was first known, as row_source.now_s; NAN: never */
	uint64_t faults : 42; /* ROW_FAULTS_MAX: not known */
	uint64_t threads : 22;
	uint64_t memory_cgroup;
	uint64_t user_ns, system_ns, switches;
};

#define ROW_FAULTS_MAX ((1ULL << 42) - 1)

/* One process, with all its threads; or, where it is ROW_GROUP, several of them summed up. Very
 * many are kept: a byte more is one for each process of the machine. */
struct proc_row {
	uint32_t pid;
	uint32_t ppid, uid; /* or ROW_UNKNOWN */
	uint8_t flags;	    /* enum row_flag */
	uint8_t verdict;
	char state;	       /* as /proc/PID/stat: R S D Z T ..; '?' where not known */
	uint64_t start_ns;     /* CLOCK_BOOTTIME; with the pid it names the process for ever */
	char name[16];	       /* comm: any bytes, ended by NUL */
	const uint32_t *sizes; /* events by size, SIZE_BUCKETS of them; NULL: none seen */
	const char **text;     /* TEXT_COUNT of them, as row_text(); NULL: none */
	const double *sum;     /* FIELD_COUNT of them, of the processes that it belongs to; NULL: of
				* itself (view_sum()) */
	double *v;	       /* FIELD_COUNT figures; NULL: it is quiet, row_value() makes them */
	union {
		/* NULL: nothing is known of a row without @v. */
		const struct row_source *from;
		/* Of a ROW_GROUP, which has @v: what the processes have in common; any bytes. */
		const char *group;
	};
	struct row_told told;
};

/* An event of the ring, joined with its process's name. */
struct frame_event {
	struct event record; /* comm is filled in from the process when the monitor has none */
};

/* What was not seen; each is since the start, UINT64_MAX: not known. Shown where not 0. */
struct frame_losses {
	uint64_t ring_full;    /* events that found no room in the ring */
	uint64_t map_full;     /* calls or processes without room in a map or in task storage */
	uint64_t recursion;    /* runs of a program that the kernel skipped */
	uint64_t bad_records;  /* records too short, keys without meaning */
	uint64_t unattributed; /* counts of threads whose process nobody knew any more */
	uint64_t hidden;       /* processes that /proc hides from us, now */
	uint64_t vanished;     /* processes that ended while they were read, now */
	uint64_t history_full; /* processes without a trend, because the table is full */
};

/* What the tool itself costs. */
struct frame_own {
	double cpu_pct;	     /* % of one CPU since the frame before: user and system, all threads */
	uint64_t rss_kb;     /* of the tool, now */
	uint64_t map_kb;     /* memory of its BPF maps, in the kernel */
	double events_per_s; /* calls counted by the BPF programs; NAN: not known */
	uint64_t
		calls; /* the same since the start, of ended processes too; UINT64_MAX: not known */
	double ns_per_event; /* as beebench measured it (monitor/source/costs.h); NAN: never
				measured */
	char ns_source[64]; /* what the figure is of: "beebench overhead, 2026-11-21, Linux 6.18" */
	uint64_t keys, keys_max;      /* fill of the counter map; max 0: there is none to fill */
	uint64_t ring_used, ring_max; /* bytes over all rings */
	bool events_on;		      /* the ring is being written */
	double sample_ms;	      /* how long this frame took to make */
};

struct frame {
	enum tool tool;
	uint64_t seq;	     /* from 1 */
	uint64_t time_ns;    /* CLOCK_REALTIME */
	uint64_t mono_ns;    /* CLOCK_MONOTONIC; of a recording: as it was */
	uint64_t started_ns; /* CLOCK_REALTIME when counting began */
	double interval_s;   /* since the frame before; NAN for the first */
	const char *monitor; /* "memmon_fast" */
	uint64_t fields;     /* FIELD_BIT()s: offered by this source at all */
	uint32_t ncpu;
	uint64_t mem_total_kb, mem_available_kb; /* of the machine; 0: not known */
	uint64_t swap_total_kb, swap_free_kb;	 /* UINT64_MAX: not known, as the next */
	uint64_t cached_kb;			 /* of files */
	uint64_t page_faults;			 /* of all processes since the boot */
	double cpu_busy_pct; /* of all CPUs, since the frame before; NAN: not known, as the next */
	/* % of the latest 10 s in which something waited for it. */
	double wait_cpu_pct, wait_memory_pct, wait_io_pct;
	struct proc_row *rows; /* sorted by pid; all processes */
	size_t n;
	struct row_source *from; /* of the quiet ones; NULL: none is */
	const struct frame_event
		*events; /* of this interval, oldest first, at most FRAME_EVENTS_MAX */
	size_t nevents;
	uint64_t events_seen; /* since the start; more than are kept here */
	struct frame_losses losses;
	struct frame_own own;
};

enum { FRAME_EVENTS_MAX = 4096 };

static inline const char *row_name(const struct proc_row *row)
{
	return row->flags & ROW_GROUP ? row->group : row->name;
}

/* Any bytes; NULL: not known or not asked for. */
static inline const char *row_text(const struct proc_row *row, enum row_text which)
{
	return row->text ? row->text[which] : NULL;
}

static inline double row_value(const struct proc_row *row, enum field f)
{
	return row->v ? row->v[f] : row->from ? row->from->value(row->from, row, f) : NAN;
}

/* All of them: the row's own, or made in @room, of FIELD_COUNT. */
const double *row_values(const struct proc_row *row, double *room);

/* Gives a quiet row figures of its own, to be freed by the rows' owner; behind them are ROW_RATES
 * counters as they were, and at ROW_CALLS a place for the source, 0. 0 or -ENOMEM. */
enum { ROW_CALLS = FIELD_COUNT + ROW_RATES };
int row_wake(struct proc_row *row);

/* All of the row is what it says: neither approximations nor counters with runs skipped, nor a
 * group's without those of some. */
static inline bool row_is_exact(const struct proc_row *row)
{
	if (row->flags & ROW_GROUP && row_value(row, FIELD_UNCOUNTED) > 0)
		return false;
	return (row->flags & (ROW_EXACT | ROW_SKIPPED)) == ROW_EXACT;
}

/* Nothing that a memory monitor counts is known of it. */
bool row_is_uncounted(const struct proc_row *row);

/* A field that the monitor's programs count, or that is made of such. */
bool field_is_counted(enum field f);

/* It lives and has memory of its own. A zombie has none; a process of which the main thread alone
 * has ended shows Z, too, and has. */
static inline bool row_has_memory(const struct proc_row *row)
{
	return !(row->flags & (ROW_KERNEL | ROW_ENDED)) && !isnan(row_value(row, FIELD_VIRT));
}

/* The row of @pid, or NULL. */
struct proc_row *frame_find(const struct frame *f, uint32_t pid);

/* What history_update() computes field @f of; @f itself: it is not computed. */
enum field field_made_of(enum field f);

/* Names for JSON, CSV and queries' errors: "rss_kb", "mmap", ... */
extern const char *const field_names[FIELD_COUNT];

_Static_assert(FIELD_COUNT <= 63, "frame.fields has a bit for each");

#endif
