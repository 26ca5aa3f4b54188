/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Not wrong: a ring so small, and read so late, that it is full most of the time; the losses are
 * counted. */
#define RING_BYTES   4096
#define SUBMIT_FLAGS BPF_RB_NO_WAKEUP
#include "tests/bpf/wrong_monitor.bpf.h"
