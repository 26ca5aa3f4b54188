/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with a slow path of 700 multiplications for every 256th event. */
#define CALIB_EVERY 256
#define CALIB_SLOW  700
#include "bpf/probes/calib.bpf.h"
