/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the map of paths is too small. */
#define OPENS_MAX 4
#include "tests/bpf/means.bpf.h"
