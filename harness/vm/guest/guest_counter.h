/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counter that advances by one for each instruction, read on both sides of a system call, for
 * each processor:
 *
 *   x86-64  the time-stamp counter
 *   arm64   cntvct_el0, which harness/vm/processor.c sets to 1 GHz (Arm Architecture Reference
 *           Manual, "The Generic Timer")
 *   s390x   the TOD clock, whose bit 51 is a microsecond (z/Architecture Principles of Operation):
 *           4096 / 1000 units for each ns, of which the whole ns come back by guest_ns()
 *
 * Between the readings there are the same few instructions whatever @insn is: GUEST_CALL makes the
 * system call, GUEST_NOP takes its place.
 */
#ifndef VM_GUEST_COUNTER_H
#define VM_GUEST_COUNTER_H

#include "lib/base.h"

#if defined(__x86_64__)

#define GUEST_CALL "syscall"
#define GUEST_NOP  "nop"

#define BRACKET(insn, ticks, ret, nr, a, b, c, d, e, f)                                            \
	do {                                                                                       \
		register long r10_ __asm__("r10") = (d);                                           \
		register long r8_ __asm__("r8") = (e);                                             \
		register long r9_ __asm__("r9") = (f);                                             \
		register long r12_ __asm__("r12");                                                 \
		register long r13_ __asm__("r13") = (c);                                           \
		register long r14_ __asm__("r14") = (nr);                                          \
		long t_;                                                                           \
		__asm__ volatile(                                                                  \
			"rdtsc\n\tshl $32, %%rdx\n\tor %%rdx, %%rax\n\tmov %%rax, %%r12\n\t"       \
			"mov %%r14, %%rax\n\tmov %%r13, %%rdx\n\t" insn "\n\tmov %%rax, %%r14\n\t" \
			"rdtsc\n\tshl $32, %%rdx\n\tor %%rdx, %%rax\n\tsub %%r12, %%rax"           \
			: "=a"(t_), "=r"(r12_), "+r"(r14_), "+r"(r10_), "+r"(r8_), "+r"(r9_)       \
			: "D"((long)(a)), "S"((long)(b)), "r"(r13_)                                \
			: "rcx", "rdx", "r11", "cc", "memory");                                    \
		(ticks) = (uint64_t)t_;                                                            \
		(ret) = r14_;                                                                      \
	} while (0)

/* @insn between @stamp, in memory, and now: now - @stamp as it is afterwards, whoever wrote it. */
#define YIELD_BRACKET(insn, ticks, stamp, nr)                                                      \
	__asm__ volatile("rdtsc\n\tshl $32, %%rdx\n\tor %%rdx, %%rax\n\tmov %%rax, %1\n\t"         \
			 "mov %2, %%rax\n\t" insn "\n\t"                                           \
			 "rdtsc\n\tshl $32, %%rdx\n\tor %%rdx, %%rax\n\tsub %1, %%rax"             \
			 : "=&a"(ticks), "+m"(stamp)                                               \
			 : "r"((long)(nr))                                                         \
			 : "rcx", "rdx", "r11", "cc", "memory")

#elif defined(__aarch64__)

#define GUEST_CALL "svc #0"
#define GUEST_NOP  "nop"

#define BRACKET(insn, ticks, ret, nr, a, b, c, d, e, f)                                            \
	do {                                                                                       \
		register long x8_ __asm__("x8") = (nr);                                            \
		register long x0_ __asm__("x0") = (long)(a);                                       \
		register long x1_ __asm__("x1") = (long)(b);                                       \
		register long x2_ __asm__("x2") = (c);                                             \
		register long x3_ __asm__("x3") = (d);                                             \
		register long x4_ __asm__("x4") = (e);                                             \
		register long x5_ __asm__("x5") = (f);                                             \
		register long x9_ __asm__("x9");                                                   \
		register long x10_ __asm__("x10");                                                 \
		__asm__ volatile("mrs x9, cntvct_el0\n\t" insn "\n\tmrs x10, cntvct_el0"           \
				 : "=r"(x9_), "=r"(x10_), "+r"(x0_)                                \
				 : "r"(x8_), "r"(x1_), "r"(x2_), "r"(x3_), "r"(x4_), "r"(x5_)      \
				 : "cc", "memory");                                                \
		(ticks) = (uint64_t)(x10_ - x9_);                                                  \
		(ret) = x0_;                                                                       \
	} while (0)

#define YIELD_BRACKET(insn, ticks, stamp, nr)                                                      \
	do {                                                                                       \
		register long x8_ __asm__("x8") = (nr);                                            \
		__asm__ volatile("mrs x9, cntvct_el0\n\tstr x9, %1\n\t" insn "\n\t"                \
				 "mrs x9, cntvct_el0\n\tldr x10, %1\n\tsub %0, x9, x10"            \
				 : "=&r"(ticks), "+m"(stamp)                                       \
				 : "r"(x8_)                                                        \
				 : "x0", "x9", "x10", "cc", "memory");                             \
	} while (0)

#elif defined(__s390x__)

#define GUEST_CALL "svc 0"
#define GUEST_NOP  "nopr"

/* Whole ns between two readings of the TOD clock. */
static inline uint64_t guest_ns(uint64_t from, uint64_t to)
{
	const uint64_t bits = ((uint64_t)1 << 55) - 1;

	return (((to * 125 + 511) >> 9) - ((from * 125 + 511) >> 9)) & bits;
}

#define BRACKET(insn, ticks, ret, nr, a, b, c, d, e, f)                                            \
	do {                                                                                       \
		register long r1_ __asm__("1") = (nr);                                             \
		register long r2_ __asm__("2") = (long)(a);                                        \
		register long r3_ __asm__("3") = (long)(b);                                        \
		register long r4_ __asm__("4") = (c);                                              \
		register long r5_ __asm__("5") = (d);                                              \
		register long r6_ __asm__("6") = (e);                                              \
		register long r7_ __asm__("7") = (f);                                              \
		uint64_t from_, to_;                                                               \
		__asm__ volatile("stckf %[from]\n\t" insn "\n\tstckf %[to]"                        \
				 : [from] "=Q"(from_), [to] "=Q"(to_), "+d"(r2_)                   \
				 : "d"(r1_), "d"(r3_), "d"(r4_), "d"(r5_), "d"(r6_), "d"(r7_)      \
				 : "cc", "memory");                                                \
		(ticks) = guest_ns(from_, to_);                                                    \
		(ret) = r2_;                                                                       \
	} while (0)

#define YIELD_BRACKET(insn, ticks, stamp, nr)                                                      \
	do {                                                                                       \
		register long r1_ __asm__("1") = (nr);                                             \
		uint64_t to_;                                                                      \
		__asm__ volatile("stckf %[from]\n\t" insn "\n\tstckf %[to]"                        \
				 : [from] "+Q"(stamp), [to] "=Q"(to_)                              \
				 : "d"(r1_)                                                        \
				 : "2", "cc", "memory");                                           \
		(ticks) = guest_ns(stamp, to_);                                                    \
	} while (0)

#else
#error "no counter of instructions is known for this processor"
#endif

#endif
