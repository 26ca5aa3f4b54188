/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which clock the guest's kernel reads, and when it is the one that stays. */
#ifndef VM_GUEST_CLOCK_H
#define VM_GUEST_CLOCK_H

/*
 * Waits until the kernel reads the clock that it keeps, a few seconds of the guest's time at most:
 * on x86-64 it begins with one that it puts away ("tsc-early"), a second after it has measured the
 * other. Programs that ask for the time (bpf_ktime_get_ns) take another number of instructions
 * with each: 13 fewer with the later on Linux 7.2, which reads it without a call through a pointer.
 * Nothing happens where no clock is put away. Idle time of the guest is skipped.
 */
void guest_clock_settle(void);

#endif
