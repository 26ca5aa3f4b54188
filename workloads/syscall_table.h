/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Harmless calls of common system calls, a row each: one that works, one that fails, and what is
 * made before and undone after. The only list of them: the workload `syscalls` makes them, the time
 * lane times them, the exact lane counts them in its guest, and `beebench list syscalls` shows
 * them. Numbers are the C library's headers'; a name that this processor has not stays in the list.
 *
 * Arguments are numbers, addresses of constants, or tokens that syscall_resolve() replaces by what
 * the caller's own resources are (workloads/syscall_rig.h).
 */
#ifndef WORKLOADS_SYSCALL_TABLE_H
#define WORKLOADS_SYSCALL_TABLE_H

#include "lib/base.h"

enum { SYSCALL_ARGS = 6, SYSCALL_STEPS = 2, SYSCALL_ROWS_MAX = 256 };

struct syscall_step {
	uint32_t call; /* the call's number plus 1; 0: no call */
	uint64_t args[SYSCALL_ARGS];
};

struct syscall_row {
	const char *name;
	const char *trace; /* in its tracepoint's name, sys_enter_NAME; NULL: the same */
	uint32_t call;	   /* its number plus 1; 0: this processor has no such call */
	const char *works; /* what a good call does; NULL: there is none that is harmless */
	const char *undo;  /* what is done afterwards; NULL: nothing needs to be */
	const char *fails; /* what is wrong with a bad one; NULL: it does not fail */
	int err;	   /* errno of the bad one */
	struct syscall_step before[SYSCALL_STEPS]; /* of a good one */
	uint64_t good[SYSCALL_ARGS];
	struct syscall_step after[SYSCALL_STEPS];
	uint64_t bad[SYSCALL_ARGS];
};

extern const struct syscall_row syscall_rows[];
extern const size_t syscall_row_count;

/* NULL: no row of that name. */
const struct syscall_row *syscall_find(const char *name);
/* The same by the name in its tracepoints: "newstat" is stat. */
const struct syscall_row *syscall_find_traced(const char *name);
/* sys_enter_... */
const char *syscall_trace_name(const struct syscall_row *row);
/* Of a number on this processor; NULL: in no row. */
const struct syscall_row *syscall_by_number(uint32_t nr);
/* The name nearest to @word, or NULL. */
const char *syscall_suggest(const char *word);

#endif
