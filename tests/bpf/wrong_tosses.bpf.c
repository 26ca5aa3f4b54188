/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: each 101st event is lost in silence. */
#define TOSSES(n) ((n) % 101 == 0)
#include "tests/bpf/wrong_monitor.bpf.h"
