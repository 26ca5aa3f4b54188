/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows of a frame, kept from one to the next: processes come and go in the order of their
 * numbers, those that stay are updated where they are. A pid that was given again is another
 * process: it started at another time.
 */
#ifndef MONITOR_SOURCE_ROWS_H
#define MONITOR_SOURCE_ROWS_H

#include "monitor/frame.h"
#include "monitor/source/cputime.h"
#include "monitor/source/limits.h"
#include "bpf/procs/tasks.h"

/* Counters of a process that a monitor may have: what join.c maps to fields. */
enum { ROW_COUNTERS = 8 };

/* What is known of a row beyond the frame; one for each, in the same order. */
struct row_state {
	/* Pages, as they were told: highest RSS that the kernel has noted, and the same of what it
	 * was before an exec. */
	uint32_t hiwater, before;
	uint32_t peak;	  /* of its image, pages, as /proc said last; 0: nobody looked */
	uint32_t seen_in; /* the latest pass that did */
	union {
		uint32_t taken_at; /* in rows.taken, of one that was told anew in this pass */
		uint32_t gone_ms;  /* boot_ns of the first pass that missed it; the lower half */
	};
	uint32_t shares_seq; /* of the frame for which PSS and USS were read, if they could be; the
				lower half */
	uint8_t asked;	     /* bits 1 << enum row_text: its text was looked for since it moved */
	bool gone : 1;	     /* was missing in a pass */
	bool final : 1;	     /* its end was told: nothing will come any more */
	bool fresh : 1;	     /* was not there in the pass before */
	bool compat : 1;     /* it is, or was, a 32-bit program */
	bool collected : 1;  /* as ROW_COLLECTED */
	bool mixed : 1;	     /* what it counted came with that of others that had its number */
	bool skipped : 1;    /* as ROW_SKIPPED */
	bool unlisted : 1;   /* iterators do not list it: neither does one that reads counters */
	uint64_t *kept;	     /* ROW_COUNTERS, of threads and of a process that have ended; owned;
				NULL: none has */
};

/* Times of one that was told in this pass, of all its threads. */
struct row_sums {
	uint64_t utime, stime, runtime, switches;
	uint32_t stats_seq;
};

struct row_taken {
	uint32_t row;
	struct row_sums sums;
};

/* What was told of a row before somebody looked at it. */
struct looked {
	size_t row;
	struct row_told told;
};

struct row_pair {
	struct proc_row row;
	struct row_state state;
	struct row_sums sums;
};

struct rows {
	struct proc_row *row; /* @n, by pid; owned, as their texts and the others */
	struct row_state *state;
	size_t n, cap;
	struct row_pair *added; /* new ones of the pass under way, by pid */
	size_t nadded, added_cap;
	struct row_pair *late; /* ended and never seen; join the others in the pass */
	size_t nlate, late_cap;
	struct task_thread *early; /* threads that came before the process they belong to */
	size_t nearly, early_cap;
	size_t at;	       /* the walk along */
	struct looked *looked; /* quiet rows that were looked at since the pass before, as told */
	size_t nlooked, looked_cap;
	struct row_taken *taken; /* those of @n that were told anew, where times are wanted */
	size_t ntaken, taken_cap;
	uint32_t *missed; /* those that the walk has passed by and that were not seen, rising */
	size_t nmissed, missed_cap;
	uint64_t boot_ns; /* now, CLOCK_BOOTTIME */
	uint32_t pass;
	uint64_t page_kb;
	struct row_source from;	 /* of quiet rows */
	uint64_t zero;		 /* FIELD_BIT()s: counters of which a quiet row has 0 */
	bool cpu;		 /* times are wanted */
	bool timed, first_times; /* they were in the pass before; this is the first with them */
	bool exact;		 /* the memory of processes comes as /proc says it */
	struct limits *limits;	 /* owned; NULL: they are not wanted */
	bool no_memory;		 /* an allocation failed in this pass */
	void (*leaves)(void *arg, const struct proc_row *row); /* called for each that leaves */
	void *arg;
};

void rows_init(struct rows *r, bool cpu, bool exact);
void rows_release(struct rows *r);
/* What a row that is awake holds, anew of its parts. */
void row_sum_held(struct proc_row *row);
/* It has no memory any more: what it had of each kind is not known. Its peak stays. */
void rows_lack_memory(struct proc_row *row);
/* What a row's figures are by what was told of it: row_source.value. */
double rows_told(const struct row_source *from, const struct proc_row *row, enum field f);
/* In this pass. */
static inline bool rows_seen(const struct rows *r, const struct row_state *s)
{
	return s->seen_in == r->pass;
}

/* The kernel tells of an end when nobody can be looking at the task any more: after that of every
 * CPU's grace period, which on a busy machine takes a while. */
#define ROWS_WAIT_NS (500 * NSEC_PER_MSEC)

/* A pass: begin, then processes and threads in the order of their numbers, ends in any, finish. */
void rows_begin(struct rows *r, uint64_t boot_ns);
void rows_process(struct rows *r, const struct task_row *t);
/* As it was told last. NULL: there is no such row. */
const struct proc_row *rows_same(struct rows *r, uint32_t pid);
void rows_thread(struct rows *r, const struct task_thread *t);
/* @told: ends are told one by one, so that a process that is gone is kept until its end was told,
 * or ROWS_WAIT_NS have passed. 0 or -ENOMEM. */
int rows_finish(struct rows *r, bool told);

/* The final figures of a process, before its row goes or without that it was ever seen. */
void rows_end(struct rows *r, const struct task_end *e);
/* Before rows_finish(): a row for a process that has ended, of which only the number and perhaps
 * the name is known. */
void rows_nameless(struct rows *r, uint32_t pid, const char *name);
/* In a pass: there is a row for a process that had @pid and has ended, or will be. */
bool rows_ended_known(const struct rows *r, uint32_t pid);

/* Between passes: what a look at a quiet row has found, kB, stands in place of what was told, until
 * the next pass. @size_kb 0: it has no memory. */
void rows_look(struct rows *r, struct proc_row *row, uint64_t size_kb, uint64_t rss_kb,
	       uint64_t peak_kb);
/* Between passes. The row of @pid, of two the one that lives; NULL: none. */
struct proc_row *rows_find(struct rows *r, uint32_t pid);
/* The row of a process that had @pid and has ended; NULL: there is none yet, or a living one that
 * has only now come may have been given the number since. */
struct proc_row *rows_find_ended(struct rows *r, uint32_t pid);
/* How many have that number and were not seen in this pass. */
size_t rows_count_ended(const struct rows *r, uint32_t pid);
struct row_state *rows_state(struct rows *r, const struct proc_row *row);

#endif
