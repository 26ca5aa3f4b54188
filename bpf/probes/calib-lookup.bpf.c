/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with one more map lookup. */
#define CALIB_LOOKUPS 1
#include "bpf/probes/calib.bpf.h"
