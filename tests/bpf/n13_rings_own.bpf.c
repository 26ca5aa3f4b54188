/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon_fast with mapped rings of a size that nobody can tell it anew, and that is not the
 * default. */
#define RING_BYTES	    (1 << 16)
#define beebench_ring_bytes own_ring_bytes
#include "bpf/memmon/memmon_fast.bpf.c"
