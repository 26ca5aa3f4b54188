/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An event type of 4 bytes where one is the definition. */
#define EVENT_TYPE __u32
#include "tests/bpf/shape.bpf.h"
