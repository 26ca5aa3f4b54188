/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Syscalls by the names of their tracepoints: numbers, arguments and their types. From the format
 * files of the running kernel, where those can be read, else from a table (syscalls.def).
 */
#ifndef HARNESS_DEFINITION_SYSCALLS_H
#define HARNESS_DEFINITION_SYSCALLS_H

#include "lib/base.h"
#include "lib/names.h"

struct syscall_arg {
	char name[32];
	uint8_t bytes;	/* that bpftrace 0.17 reads of the register, by the C type */
	bool is_signed; /* likewise */
	bool sign_said; /* the format file says that all 8 bytes are signed: later releases */
	bool pointer, text;
};

struct syscall_info {
	char name[48]; /* "newfstat" */
	long nr;       /* on this machine; -1: not known */
	struct syscall_arg args[6];
	size_t nargs;
};

/* Those that have tracepoints. */
struct syscalls {
	struct names names;
	struct syscall_info **info; /* beside the names; NULL: not asked for yet; owned */
	char *folder;		    /* of format files; NULL: the table */
};

/*
 * @folder: that of the files, "" for the table alone, NULL to look where the kernel has them.
 * Release @s in any case. Aborts without memory.
 */
void syscalls_load(struct syscalls *s, const char *folder);
void syscalls_release(struct syscalls *s);
/* NULL: there is no such tracepoint. */
const struct syscall_info *syscalls_find(struct syscalls *s, const char *name);

/* The tracepoint's name of a syscall of this machine: 262 is "newfstatat". NULL: not known. */
const char *syscall_by_nr(long nr);
/* Its number, or -1. */
long syscall_number(const char *name);

#endif
