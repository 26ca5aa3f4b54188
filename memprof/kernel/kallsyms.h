/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's functions by address, of /proc/kallsyms. */
#ifndef MEMPROF_KERNEL_KALLSYMS_H
#define MEMPROF_KERNEL_KALLSYMS_H

#include "lib/base.h"

struct kallsyms;

/* Reads @path ("/proc/kallsyms"; a fixture in tests). 0; -EPERM: the addresses are hidden from us
 * (kernel.kptr_restrict), or another -errno; prints nothing. kallsyms_free() takes NULL. */
int kallsyms_read(struct kallsyms **out, const char *path);
void kallsyms_free(struct kallsyms *k);

/* The function that @address is in, "name" or "name [module]", or NULL. Belongs to @k. */
const char *kallsyms_name(const struct kallsyms *k, uint64_t address);

/*
 * How many of the @n frames at the beginning belong to the tracing itself (the BPF program, the
 * tracepoint's way to it), so that what follows is the function that hit the tracepoint.
 */
uint32_t kallsyms_skip_tracing(const struct kallsyms *k, const uint64_t *pc, uint32_t n);

#endif
