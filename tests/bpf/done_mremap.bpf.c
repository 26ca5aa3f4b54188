/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: mremap is not seen. */
#define SEES(nr) ((nr) == NR_MMAP || (nr) == NR_MUNMAP || (nr) == NR_BRK)
#include "tests/bpf/done_monitor.bpf.h"
