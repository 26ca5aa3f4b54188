/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: a map for two threads; what finds no place is counted as lost. */
#define STATS_MAX 2
#include "tests/bpf/wrong_monitor.bpf.h"
