/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h that writes a record for each call, with 16 multiplications injected.
 */
#define CALIB_RING
#define CALIB_MULTIPLIES 16
#include "bpf/probes/calib.bpf.h"
