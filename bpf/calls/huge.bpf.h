/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of which size the pages are that a mmap maps: the kernel rounds its length up to whole ones.
 * MAP_HUGETLB of anonymous memory says which (mmap(2)); of a file it is the file system that it
 * lies in, whatever the flags say.
 */
#ifndef BPF_HUGE_BPF_H
#define BPF_HUGE_BPF_H

#include <bpf/bpf_core_read.h>

#include "bpf/calls/calls.bpf.h"

#define CALL_MAP_ANONYMOUS 0x20
#define CALL_MAP_HUGETLB   0x40000
#define CALL_MAP_HUGE_BITS 26 /* above them the logarithm of the size, 0: the default's */

#define CALL_HUGETLBFS_MAGIC 0x958458f6 /* include/uapi/linux/magic.h */
#define CALL_VM_HUGETLB	     0x400000	/* include/linux/mm.h */

/* No huge page is smaller, and each mapping of them begins at one. */
#if defined(__TARGET_ARCH_x86)
#define CALL_HUGE_LEAST (2UL << 20)
#elif defined(__TARGET_ARCH_arm64)
#define CALL_HUGE_LEAST (64UL << 10)
#else
#define CALL_HUGE_LEAST (1UL << 20)
#endif

/* Bytes of the pages that a mapping of @file has, 0: small ones. */
static __always_inline __u64 call_file_huge(struct file *file)
{
	struct super_block *sb = BPF_CORE_READ(file, f_inode, i_sb);

	return BPF_CORE_READ(sb, s_magic) == CALL_HUGETLBFS_MAGIC ? BPF_CORE_READ(sb, s_blocksize)
								  : 0;
}

/* Flags and file of a mmap, its fourth and fifth argument. */
static __always_inline void call_flags(const struct pt_regs *regs, __u64 nr, bool is_32,
				       __u64 *flags, __u32 *fd)
{
	__u64 block = 0;

#if defined(__TARGET_ARCH_s390)
	block = is_32 ? CALL_FIRST(regs) & 0x7fffffff : CALL_FIRST(regs);
#elif defined(__TARGET_ARCH_x86)
	block = is_32 && nr == NR32_MMAP ? (__u32)regs->bx : 0;
	*flags = is_32 ? (__u32)regs->si : regs->r10;
	*fd = is_32 ? regs->di : regs->r8;
#else
	block = is_32 && nr == NR32_MMAP ? (__u32)regs->orig_x0 : 0;
	*flags = is_32 ? (__u32)regs->regs[3] : regs->regs[3];
	*fd = regs->regs[4];
#endif
	if (!block)
		return;
	*flags = call_block_word(block, 3, is_32);
	*fd = call_block_word(block, 4, is_32);
}

/* The same of what the descriptor @fd of the current task is. */
__noinline __u64 call_fd_huge(__u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;

	if (fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(fdt, fd) + fd);
	return call_file_huge(file);
}

/* The same of a mmap, where its result may be huge: call_may_be_huge(). @huge: the default size. */
static __always_inline __u64 call_mmap_huge(const struct pt_regs *regs, __u64 nr, bool is_32,
					    __u64 huge)
{
	__u64 flags = 0, bits;
	__u32 fd = 0;

	call_flags(regs, nr, is_32, &flags, &fd);
	if (!(flags & CALL_MAP_ANONYMOUS))
		return call_fd_huge(fd);
	if (!(flags & CALL_MAP_HUGETLB))
		return 0;
	bits = flags >> CALL_MAP_HUGE_BITS & 63;
	return bits ? 1ULL << bits : huge;
}

static __always_inline bool call_may_be_huge(__u64 address)
{
	return !(address & (CALL_HUGE_LEAST - 1));
}

#endif
