/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h that writes a record for each call. */
#define CALIB_RING
#include "bpf/probes/calib.bpf.h"
