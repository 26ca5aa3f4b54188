/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of calib.bpf.h with nothing injected. */
#include "bpf/probes/calib.bpf.h"
