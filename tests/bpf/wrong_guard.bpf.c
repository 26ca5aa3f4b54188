/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: usage is reduced below zero. */
#define REDUCES(usage, size) 1
#include "tests/bpf/wrong_monitor.bpf.h"
