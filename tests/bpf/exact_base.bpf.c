/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The monitor that exact_field and exact_one add to. */
#include "tests/bpf/exact_monitor.bpf.h"
