/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: times are one bucket too high. */
#define SLOT(log) ((log) + 1)
#include "tests/bpf/means.bpf.h"
