/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: counts each munmap twice. */
#define MUNMAP_TIMES 2
#include "tests/bpf/wrong_monitor.bpf.h"
