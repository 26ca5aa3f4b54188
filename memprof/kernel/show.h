/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's side counted, for a person at once. */
#ifndef MEMPROF_KERNEL_SHOW_H
#define MEMPROF_KERNEL_SHOW_H

#include <stdio.h>

#include "memprof/profile.h"

/* Sums, sizes, the @top stacks with most bytes, and every loss with its sentence. */
void show_profile(const struct profile *p, uint64_t top, FILE *out);

/* CLOCK_REALTIME. */
uint64_t show_now_ns(void);

#endif
