/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: a command that is not there counts. */
#define EXECS(ret) 1
#include "tests/bpf/means.bpf.h"
