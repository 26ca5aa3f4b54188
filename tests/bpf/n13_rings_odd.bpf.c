/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon_fast with mapped rings of a size that no ring can have: wrong on purpose. */
#define RING_BYTES	    5000
#define beebench_ring_bytes own_ring_bytes
#include "bpf/memmon/memmon_fast.bpf.c"
