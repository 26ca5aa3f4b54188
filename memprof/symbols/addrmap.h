/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of addresses from lists of text: the kernel's (/proc/kallsyms: "ffffffff81000000 T _text")
 * and those that JIT compilers write for profilers (/tmp/perf-PID.map: "7f00 40 name"; the format
 * is tools/perf/Documentation/jit-interface.txt of Linux).
 */
#ifndef MEMPROF_ADDRMAP_H
#define MEMPROF_ADDRMAP_H

#include "lib/base.h"

struct addrmap;

/* Reads the kernel's list at @path (NULL: /proc/kallsyms). 0, -EACCES where it hides its addresses
 * from who asks (they are all 0), or -errno; prints nothing. */
int addrmap_kallsyms(struct addrmap **out, const char *path);
/* Reads a JIT compiler's list from @fd, which stays open; a range given later takes the place of an
 * earlier one. */
int addrmap_jit(struct addrmap **out, int fd);
/* The name of the range that @address is in, or NULL. It belongs to the map. */
const char *addrmap_find(const struct addrmap *m, uint64_t address);
size_t addrmap_size(const struct addrmap *m);
void addrmap_free(struct addrmap *m); /* accepts NULL */

#endif
