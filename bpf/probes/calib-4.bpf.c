/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with 4 multiplications injected. */
#define CALIB_MULTIPLIES 4
#include "bpf/probes/calib.bpf.h"
