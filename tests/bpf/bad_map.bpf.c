/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Its counter map has another name, and no manifest says so. */
#define STATS_MAP counters
#include "tests/bpf/shape.bpf.h"
