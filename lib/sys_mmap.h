/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * mmap and clone as raw system calls. On s390x mmap has one argument, the address of its six
 * (arch/s390/kernel/syscall.c), and clone's first two stand the other way round (clone(2)).
 */
#ifndef LIB_SYS_MMAP_H
#define LIB_SYS_MMAP_H

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Longer than any address space: neither can it be mapped nor unmapped. On s390x 2^62 bytes fit,
 * and to unmap them takes the whole process away.
 */
#ifdef __s390x__
#define SYS_TOO_LONG 0xfffffffffffff000UL
#else
#define SYS_TOO_LONG (1UL << 62)
#endif

/* The registers that s390x does not look at are cleared: a monitor that reads a length there is
 * found out, which it would not be by what happens to be left in them. */
#ifdef __s390x__
#define sys_mmap(addr, len, prot, flags, fd, offset)                                               \
	syscall(SYS_mmap,                                                                          \
		(unsigned long[]){(unsigned long)(addr), (unsigned long)(len),                     \
				  (unsigned long)(prot), (unsigned long)(flags),                   \
				  (unsigned long)(long)(fd), (unsigned long)(offset)},             \
		0L, 0L, 0L, 0L, 0L)
#define sys_fork() syscall(SYS_clone, NULL, SIGCHLD, NULL, NULL, NULL)
#else
#define sys_mmap(addr, len, prot, flags, fd, offset)                                               \
	syscall(SYS_mmap, addr, len, prot, flags, fd, offset)
#define sys_fork() syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)
#endif

/* Any call by its number, mmap among them. */
static inline long sys_call(long nr, const uint64_t a[6])
{
#ifdef __s390x__
	if (nr == SYS_mmap)
		return sys_mmap(a[0], a[1], a[2], a[3], a[4], a[5]);
#endif
	return syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
