/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the events of munmap say mmap. */
#define MUNMAP_TYPE MEM_EVENT_MMAP
#include "tests/bpf/wrong_monitor.bpf.h"
