/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the error, which has a sign, is kept without one. */
#define ERROR_TYPE __u64
#include "tests/bpf/means.bpf.h"
