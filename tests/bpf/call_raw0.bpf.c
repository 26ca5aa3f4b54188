/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of call.bpf.h as raw_tp programs with 0 multiplications injected. */
#define CALL_TYPE	"raw_tp"
#define CALL_MULTIPLIES 0
#include "tests/bpf/call.bpf.h"
