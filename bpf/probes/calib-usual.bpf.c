/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with an empty path for every 256th event: what calib-rare is held
 * against. */
#define CALIB_EVERY 256
#define CALIB_SLOW  0
#include "bpf/probes/calib.bpf.h"
