/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The finest clock user space can read: the TSC where it is usable, else CLOCK_MONOTONIC in ns. */
#ifndef HARNESS_CYCLES_H
#define HARNESS_CYCLES_H

#include "lib/base.h"
#include "lib/clock.h"

#ifdef __x86_64__
#include <x86intrin.h>

/* rdtscp waits for the instructions before it (Intel SDM 2B, RDTSCP); the syscalls between two
 * readings keep the rest in order. */
static inline uint64_t cycles_now(void)
{
	unsigned int cpu;

	return __rdtscp(&cpu);
}
#else
static inline uint64_t cycles_now(void)
{
	return clock_ns();
}
#endif

/*
 * Nanoseconds per tick of cycles_now(), held against CLOCK_MONOTONIC in @tries windows of 500 us:
 * their median, which a preemption between two readings does not move. 1 where there is no TSC.
 */
double cycles_ns_per_tick(unsigned int tries);

#endif
