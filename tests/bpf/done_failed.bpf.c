/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: calls that failed are counted as if they had worked. */
#define WORKED(failed) ((failed) || true)
#include "tests/bpf/done_monitor.bpf.h"
