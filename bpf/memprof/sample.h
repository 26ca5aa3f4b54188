/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An allocation with a copy of its thread's user stack, as it goes through the ring buffer. */
#ifndef BPF_MEMPROF_SAMPLE_H
#define BPF_MEMPROF_SAMPLE_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum {
	SAMPLE_STACK_BYTES = 16384,
	SAMPLE_SHORT_BYTES = 2048, /* of a short record, which ends there */
};

/* Registers by the numbers that DWARF gives them on the processor, the pc behind them. SAMPLE_BY:
 * how many there are, from SAMPLE_FP on, that frames are found by beside pc and sp: the frame
 * pointer, and on arm64 x30, which has a function's return address until that is saved. */
#if defined(__TARGET_ARCH_arm64) || (defined(__aarch64__) && !defined(__bpf__))
enum { SAMPLE_FP = 29, SAMPLE_BY = 2, SAMPLE_SP = 31, SAMPLE_PC = 32, SAMPLE_REGISTERS = 33 };
#else
enum { SAMPLE_FP = 6, SAMPLE_BY = 1, SAMPLE_SP = 7, SAMPLE_PC = 16, SAMPLE_REGISTERS = 17 };
#endif

struct memprof_sample {
	__u64 id;	/* 1.. in the order of the allocations, not of the CPUs' records */
	__u64 size;	/* bytes asked for */
	__u64 stack;	/* hash of the kernel's part; 0: none */
	__u64 weighted; /* bytes that it stands for, where the source has weighed it */
	__u64 when_ns;
	__u32 pid, tid;
	__u32 start_ms; /* of the process since boot, the low 32 bits; 0: not known */
	__u32 unused;
	__u32 op;     /* of the source */
	__u32 copied; /* bytes of @bytes that are filled */
	__u32 user;   /* it has a user stack */
	__u32 all;    /* the copy reaches up to where no frame can be any more */
	__u64 registers[SAMPLE_REGISTERS];
	__u8 bytes[SAMPLE_STACK_BYTES]; /* from the stack pointer upwards */
};

#define SAMPLE_SHORT_RECORD (__builtin_offsetof(struct memprof_sample, bytes) + SAMPLE_SHORT_BYTES)

/* In the ring instead: the block of sample @id is gone without a free. */
struct memprof_gone {
	__u64 id;
};

#endif
