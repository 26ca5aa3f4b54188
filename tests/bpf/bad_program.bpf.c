/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Nothing watches brk. */
#define NO_BRK
#include "tests/bpf/shape.bpf.h"
