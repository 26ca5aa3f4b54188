/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of the kernel's functions, over many looks at what runs.
 *
 * To read /proc/kallsyms takes some 60 ms, more than all else of a look. The kernel's own lines
 * stay as they are until it ends; those of modules and of BPF programs come and go. So it is read
 * once, and again when /proc/modules or the numbers of the programs say that they did.
 */
#ifndef MEMPROF_KERNEL_NAMES_H
#define MEMPROF_KERNEL_NAMES_H

#include "memprof/symbols/addrmap.h"

struct kernel_names;

/* Nothing is read yet. The paths live as long as it; NULL: /proc/kallsyms, /proc/modules. A list at
 * @kallsyms is not this kernel's, so that its programs do not matter. */
struct kernel_names *kernel_names_new(const char *kallsyms, const char *modules);
/* Reads them if that is needed. Says why not, when it is tried. */
void kernel_names_refresh(struct kernel_names *names);
/* The names as they were read last, until the next refresh. NULL: hidden from us, or not read. */
const struct addrmap *kernel_names_map(const struct kernel_names *names);
/* How often they were read. */
uint64_t kernel_names_reads(const struct kernel_names *names);
void kernel_names_free(struct kernel_names *names); /* accepts NULL */

#endif
