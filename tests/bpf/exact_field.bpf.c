/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* exact_base with one more field counted: load, add, store, three instructions on every mmap. */
#define ON_MMAP c->spare++
#include "tests/bpf/exact_monitor.bpf.h"
