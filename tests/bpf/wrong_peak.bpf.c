/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: never updates the peak. */
#define RAISES_PEAK(s) 0
#include "tests/bpf/wrong_monitor.bpf.h"
