/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's object of the next mapping (vm_area_struct). arm64's memset() takes another number
 * of instructions for each alignment to 64 bytes (Linux, arch/arm64/lib/memset.S), and that object
 * has 200 bytes and no alignment of its own there, so that a mapping costs up to 11 instructions
 * more or less by which object it gets. A slab's objects lie in an order of chance. Until Linux 6.3
 * an unmapped one is the next to be taken, so that a process gets one and the same at each call,
 * and another boot another; since 6.4 it comes back after an RCU grace period.
 */
#ifndef VM_GUEST_MAPPING_H
#define VM_GUEST_MAPPING_H

#include "lib/base.h"

/* A process that holds objects of other alignments until guest_mapping_end(). */
struct guest_mapping {
	int pid; /* 0: none, nothing was to be done */
	int ask, hear, segment;
};

/*
 * Makes the object that is cheapest to clear the next one to be taken; does nothing where the
 * alignment does not matter. No monitored call is made in it. Returns 0 or -errno.
 */
int guest_mapping_choose(struct guest_mapping *m);
void guest_mapping_end(struct guest_mapping *m);

#endif
