/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of call.bpf.h as tp_btf programs with 512 multiplications injected. */
#define CALL_TYPE	"tp_btf"
#define CALL_MULTIPLIES 512
#include "tests/bpf/call.bpf.h"
