/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: what ended threads counted is taken out of the sum of their process. */
#define FORGETS_THREADS
#include "tests/bpf/done_monitor.bpf.h"
