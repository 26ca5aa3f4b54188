/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The system calls of memory at a raw tracepoint, on each processor: their numbers, where number
 * and arguments stand in the registers, and what a 32-bit task's calls look like. Sources: the
 * kernel's syscall_*.tbl of arch/x86, arm64 and s390, include/uapi/asm-generic/unistd.h,
 * arch/{x86,arm64,s390}/include/asm/{ptrace,syscall,thread_info}.h.
 *
 * On s390x mmap has one argument, the address of its six words: what stands in the second register
 * is what the caller left there. In a 32-bit task the words have four bytes, and on x86 that is so
 * of the older of its two mmaps alone.
 */
#ifndef BPF_CALLS_BPF_H
#define BPF_CALLS_BPF_H

#include <bpf/bpf_helpers.h>

#if defined(__TARGET_ARCH_x86)
enum { NR_MMAP = 9, NR_MUNMAP = 11, NR_BRK = 12, NR_MREMAP = 25 };
enum { NR_CLONE = 56, NR_FORK = 57, NR_VFORK = 58 };
#elif defined(__TARGET_ARCH_arm64)
enum { NR_MMAP = 222, NR_MUNMAP = 215, NR_BRK = 214, NR_MREMAP = 216 };
enum { NR_CLONE = 220, NR_FORK = NR_CLONE, NR_VFORK = NR_CLONE }; /* there is one */
#elif defined(__TARGET_ARCH_s390)
enum { NR_MMAP = 90, NR_MUNMAP = 91, NR_BRK = 45, NR_MREMAP = 163 };
enum { NR_CLONE = 120, NR_FORK = 2, NR_VFORK = 190 };
#else
#error "the system calls of this processor are not known here"
#endif

/* The same calls of a 32-bit task: these processors have one table here. */
enum { NR32_BRK = 45, NR32_MMAP = 90, NR32_MUNMAP = 91, NR32_MREMAP = 163, NR32_MMAP2 = 192 };
enum { NR32_CLONE = 120, NR32_FORK = 2, NR32_VFORK = 190 };
enum { NR_CLONE3 = 435 }; /* of all */

/* Of a call, in its own order. */
struct call_arguments {
	__u64 first, second, third;
};

/* A 32-bit call is under way. */
static __always_inline bool call_is_32(const struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 2; /* TS_COMPAT */
#elif defined(__TARGET_ARCH_arm64)
	return task->thread_info.flags & (1UL << 22);		  /* TIF_32BIT */
#else
	return task->thread_info.flags & (1UL << 16); /* TIF_31BIT */
#endif
}

/* Where the number of a call stands. On x86 the kernel takes the lower half of it for that, and the
 * caller may have left anything in the upper one. */
static __always_inline long call_register_at_exit(const struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return (long)regs->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	return regs->syscallno;
#else
	return regs->int_code & 0xffff;
#endif
}

static __always_inline long call_number_at_exit(const struct pt_regs *regs)
{
	return (__s32)call_register_at_exit(regs);
}

/* Word @i of the block that mmap's arguments are in. */
static __always_inline __u64 call_block_word(__u64 block, unsigned int i, bool is_32)
{
	__u64 wide = 0;
	__u32 narrow = 0;

	if (!is_32) {
		bpf_probe_read_user(&wide, sizeof(wide), (void *)(block + i * sizeof(wide)));
		return wide;
	}
	bpf_probe_read_user(&narrow, sizeof(narrow), (void *)(block + i * sizeof(narrow)));
	return narrow;
}

/* The first argument: at the return its register has the result on arm64 and s390x. What stands
 * already is of a monitor that is wrong on purpose (tests/bpf/port_first.bpf.c). */
#if defined(CALL_FIRST)
#elif defined(__TARGET_ARCH_x86)
#define CALL_FIRST(regs) ((regs)->di)
#elif defined(__TARGET_ARCH_arm64)
#define CALL_FIRST(regs) ((regs)->orig_x0)
#else
#define CALL_FIRST(regs) ((regs)->orig_gpr2)
#endif

/* Of a 64-bit call, as it enters or returns. */
static __always_inline void call_arguments(struct call_arguments *a, long nr,
					   const struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	*a = (struct call_arguments){CALL_FIRST(regs), regs->si, regs->dx};
#elif defined(__TARGET_ARCH_arm64)
	*a = (struct call_arguments){CALL_FIRST(regs), regs->regs[1], regs->regs[2]};
#else
	*a = (struct call_arguments){CALL_FIRST(regs), regs->gprs[3], regs->gprs[4]};
	if (nr == NR_MMAP)
		a->second = call_block_word(a->first, 1, false);
#endif
}

/* Of a 32-bit call. */
static __always_inline void call_arguments_32(struct call_arguments *a, long nr,
					      const struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	*a = (struct call_arguments){(__u32)regs->bx, (__u32)regs->cx, (__u32)regs->dx};
#elif defined(__TARGET_ARCH_arm64)
	*a = (struct call_arguments){(__u32)regs->orig_x0, (__u32)regs->regs[1],
				     (__u32)regs->regs[2]};
#else
	*a = (struct call_arguments){(__u32)regs->orig_gpr2, (__u32)regs->gprs[3],
				     (__u32)regs->gprs[4]};
	/* The highest bit of an address says nothing. */
	if (nr == NR32_MMAP || nr == NR32_MMAP2)
		a->second = call_block_word(a->first & 0x7fffffff, 1, true);
#endif
#if !defined(__TARGET_ARCH_s390)
	if (nr == NR32_MMAP)
		a->second = call_block_word(a->first, 1, true);
#endif
}

/* A task returns 0 from it once it has been made by it. */
static __always_inline bool call_makes_task(__u64 nr, bool is_32)
{
	if (nr == NR_CLONE3)
		return true;
	return is_32 ? nr == NR32_CLONE || nr == NR32_FORK || nr == NR32_VFORK
		     : nr == NR_CLONE || nr == NR_FORK || nr == NR_VFORK;
}

#endif
