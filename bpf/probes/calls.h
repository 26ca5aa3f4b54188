/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of every raw syscall: the layout that its kernel half and harness/verify/calls.c
 * share. */
#ifndef BPF_PROBES_CALLS_H
#define BPF_PROBES_CALLS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum {
	CALLS_NUMBERS =
		512, /* syscalls whose number is below are looked up; others always wanted */
	CALLS_ARGS = 6,
	CALLS_TEXTS = 2,
	CALLS_TEXT_BYTES = 1024, /* of a text, with its 0 */
};

/* What of a syscall is wanted: bits of calls_config.want[]. */
enum { CALLS_WANT_ENTER = 1, CALLS_WANT_EXIT = 2 };

/* Whom it records: a row each of calls_cgroups. */
enum calls_slot { CALLS_TARGET, CALLS_CANARY, CALLS_SLOTS };

/*
 * Two records of each side: one by programs that run before the monitor's at the same tracepoint,
 * with all that is known, and a stamp by programs that run after it. Its own reading of the clock
 * lies between the two times.
 */
enum calls_side { CALLS_ENTER, CALLS_EXIT, CALLS_ENTER_STAMP, CALLS_EXIT_STAMP };

struct calls_config {
	__u64 level;  /* of the target's cgroup, so that those below it count; 0: not known */
	__u32 stamps; /* they are wanted */
	__u32 spare;
	__u8 want[CALLS_NUMBERS]; /* by number; the canary's calls are always recorded */
	__u8 text[CALLS_NUMBERS]; /* bit (1 << argument): a pointer to text, which is read */
};

/* What a stamp is, and how a whole record begins. */
struct calls_stamp {
	__u64 ns; /* bpf_ktime_get_ns() */
	__u32 tid;
	__u8 side, slot;
	__u8 compat; /* a 32-bit call: its number is of another table */
	__u8 spare;
};

struct calls_record {
	struct calls_stamp head;
	__s64 number;
	__s64 ret; /* of an exit */
	__u64 args[CALLS_ARGS];
	__u64 cgroup;
	__u32 tgid, uid, gid, cpu;
	char comm[16];
	/* Behind the struct: so many bytes of each text, with its 0, and whose it is. 0: there is
	 * none, or it could not be read. */
	__u16 text_bytes[CALLS_TEXTS];
	__u8 text_arg[CALLS_TEXTS];
	__u16 spare;
};

struct calls_counts {
	__u64 attempts, lost; /* records that were to be written, and that found no room */
	__u64 stamps_lost;
	__u64 below; /* calls in cgroups below the target's */
};

#endif
