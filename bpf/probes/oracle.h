/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the oracle counts: the layout that its kernel half and harness/verify/oracle.c share. */
#ifndef BPF_PROBES_ORACLE_H
#define BPF_PROBES_ORACLE_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum oracle_op { ORACLE_MMAP, ORACLE_MUNMAP, ORACLE_BRK, ORACLE_MREMAP, ORACLE_OPS };

/* Whom it counts: a row each of oracle_cgroups (the ids) and of oracle_counts. */
enum oracle_slot { ORACLE_TARGET, ORACLE_CANARY, ORACLE_SLOTS };

struct oracle_config {
	__s64 number[ORACLE_OPS]; /* of the syscalls on this machine */
	__u64 min_length;	  /* bytes: shorter mmaps are counted apart */
	__u64 level; /* of the target's cgroup, so that those below it count; 0: not known */
	__u64 page_bytes;
	__u64 huge_bytes; /* of the default huge page */
};

struct oracle_counts {
	__u64 entered[ORACLE_OPS];
	__u64 returned[ORACLE_OPS];
	__u64 failed[ORACLE_OPS]; /* an error; brk: another break than asked for */
	__u64 worked[ORACLE_OPS]; /* no error; brk: the break asked for, brk(0) asks for none */
	__u64 worked_mmap_bytes, worked_munmap_bytes; /* of whole pages */
	__u64 small_mmaps; /* entered, shorter than oracle_config.min_length */
	__u64 small_mmaps_failed;
	__u64 mmap_bytes, munmap_bytes; /* lengths asked for; the small mmaps' are left out */
	__u64 below;			/* of those entered: in cgroups below the target's */
	__u64 outside; /* entered by tasks that, or whose parents, left the target's cgroup */
	/* Returned without having entered, as calls that seccomp answers do, with a result that
	 * calls which worked have. They are in no other sum but returned[]. */
	__u64 answered[ORACLE_OPS];
	__u64 compat[ORACLE_OPS];   /* of those entered: by 32-bit calls */
	__u64 mistaken[ORACLE_OPS]; /* 32-bit calls that a 64-bit number would be this one */
	__u64 blind;		    /* entered, and there was no memory to note it */
};

#endif
