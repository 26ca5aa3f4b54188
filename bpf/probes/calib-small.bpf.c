/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with about a nanosecond injected: 10 multiplications, of which most
 * hide behind the instructions before them. */
#define CALIB_MULTIPLIES 10
#include "bpf/probes/calib.bpf.h"
