/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with the slow path of calib-rare for every event. */
#define CALIB_EVERY 1
#define CALIB_SLOW  700
#include "bpf/probes/calib.bpf.h"
