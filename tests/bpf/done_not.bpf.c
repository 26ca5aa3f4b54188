/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right: what the bent ones are bent from. */
#include "tests/bpf/done_monitor.bpf.h"
