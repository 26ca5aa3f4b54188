/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All tasks of the machine: read from the kernel by a BPF iterator, or from /proc where that cannot
 * be had. Either way they come in the order of their numbers, so that who keeps them sorted walks
 * along.
 */
#ifndef MONITOR_SOURCE_TASKS_H
#define MONITOR_SOURCE_TASKS_H

#include "lib/base.h"

#include "bpf/procs/tasks.h"

struct tasks;

struct tasks_options {
	bool threads;	   /* records of threads that lead no process, too */
	bool times;	   /* CPU times and switches; else they are 0 (tasks_want_times()) */
	bool ends;	   /* final figures of processes that end */
	bool scan;	   /* do not try the iterator */
	bool walk;	   /* nobody needs rows of the next program in a pass */
	bool next;	   /* another iterator's program will write rows of its own for each task */
	size_t next_bytes; /* of each row, which begins with a process number */
	int proc_fd;	   /* for the scan; stays the caller's */
};

/* How the numbers came. */
enum tasks_origin { TASKS_ITERATOR, TASKS_SCAN };

/* Begins to open it, as it will probably be wanted: a child loads the programs meanwhile. 0 or
 * -errno; prints nothing. */
int tasks_open(struct tasks **out, const struct tasks_options *opts);
/* Before all of the following: as it is wanted, with the program of opts->next, -1: none. 0 or
 * -errno after saying why. Where the iterator cannot be had, says so once and scans. */
int tasks_start(struct tasks *t, const struct tasks_options *opts, int next_fd);
enum tasks_origin tasks_origin(const struct tasks *t);
/* Times, and threads too, from the next read on. */
void tasks_want_times(struct tasks *t);
/* The rows of next_fd's program come along in the next pass. */
bool tasks_nexting(const struct tasks *t);
/* Ends are told. */
bool tasks_ending(const struct tasks *t);

struct tasks_reader {
	void (*process)(void *arg, const struct task_row *row);
	/* A process whose row would be as it was told last, by an iterator. False: the reader has
	 * none of it, and the next pass tells all. */
	bool (*same)(void *arg, uint32_t pid);
	void (*thread)(void *arg, const struct task_thread *thread);
	void (*next)(void *arg, const void *row); /* needed where they come along */
	void *arg;
	int64_t boot_offset_ns; /* by which /proc's CLOCK_BOOTTIME is ahead: a time namespace's */
};

/* Processes that a walk did not read. */
struct tasks_missed {
	uint64_t vanished; /* they ended while they were read */
	uint64_t hidden;   /* /proc does not let us read them */
};

/* Every task that lives, by number. 0 or -errno after saying why. */
int tasks_read(struct tasks *t, const struct tasks_reader *to, struct tasks_missed *missed);
/* Takes the ends since the call before. 0 or -errno after saying why. */
int tasks_take_ends(struct tasks *t, void (*fn)(void *arg, const struct task_end *end), void *arg);
/* Many wait: the next frame may be too late for them. */
bool tasks_ends_wait(const struct tasks *t);
/* Ends that found no room. */
uint64_t tasks_ends_lost(const struct tasks *t);
/* Leaders and last threads that have ended since it was opened, so at least as many as processes;
 * UINT64_MAX: not known. */
uint64_t tasks_exits(const struct tasks *t);
/* Readable when many ends wait, or many have come to their end; -1: never. */
int tasks_fd(const struct tasks *t);
uint64_t tasks_map_bytes(const struct tasks *t);
void tasks_close(struct tasks *t); /* accepts NULL */

/* /proc's letter for __state | exit_state. */
char tasks_state(uint32_t state);

/* The scan; tasks.c calls it. */
int scan_read(int proc_fd, const struct tasks_reader *to, bool threads,
	      struct tasks_missed *missed);
/* One process, whom iterators do not list; nothing where /proc has none either. */
void scan_unlisted(int proc_fd, uint32_t pid, const struct tasks_reader *to, bool threads);

#endif
