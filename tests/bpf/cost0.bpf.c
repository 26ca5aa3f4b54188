/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counter of cost.bpf.h with nothing injected. */
#define COST_MULTIPLIES 0
#include "tests/bpf/cost.bpf.h"
