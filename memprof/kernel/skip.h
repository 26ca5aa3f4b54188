/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a stack that a BPF program took of the kernel begins: after the tracing's own frames. */
#ifndef MEMPROF_KERNEL_SKIP_H
#define MEMPROF_KERNEL_SKIP_H

#include "lib/base.h"
#include "memprof/symbols/addrmap.h"

/*
 * How many of the @n frames at the beginning belong to the tracing itself (the BPF program, the
 * tracepoint's way to it), so that what follows is the function that hit the tracepoint. @names may
 * be NULL: then none is known.
 */
uint32_t skip_tracing(const struct addrmap *names, const uint64_t *pc, uint32_t n);

#endif
