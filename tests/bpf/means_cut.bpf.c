/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the path is cut to 15 characters. */
#define PATH_BYTES 16
#include "tests/bpf/means.bpf.h"
