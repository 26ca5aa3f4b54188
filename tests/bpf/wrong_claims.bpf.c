/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: counts losses that were none. */
#define CLAIMS_LOST(n) ((n) % 101 == 0)
#include "tests/bpf/wrong_monitor.bpf.h"
