/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an object costs by the kernel's own books: bpf_prog_info and fdinfo. */
#ifndef COLLECTOR_COST_H
#define COLLECTOR_COST_H

#include "collector/collect.h"

struct bpf_object;

/* Fills @out->programs, @out->nprograms and @out->map_bytes of an object that is loaded. 0 or
 * -errno; prints nothing. */
int cost_of_object(const struct bpf_object *obj, struct monitor_cost *out);

/* The "memlock" of a map in /proc/self/fdinfo: bytes it takes. 0 when it does not say. */
uint64_t cost_of_map(int fd);

#endif
