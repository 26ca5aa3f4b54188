/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the filter keeps back what is just long enough. */
#define MIN_LENGTH (MEM_MIN_LENGTH + 1)
#include "tests/bpf/wrong_monitor.bpf.h"
