/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: each signal counts twice. */
#define SIGNALS 2
#include "tests/bpf/means.bpf.h"
