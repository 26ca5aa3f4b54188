/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right, with a ring that has no room for what a load writes at once, which it counts. */
#define RING_BYTES 4096
#include "tests/bpf/means.bpf.h"
