/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* exact_base with two ways taken in turn: a monitor whose mmap has no stable figure. */
#define ON_MMAP                                                                                    \
	if (c->mmaps & 1)                                                                          \
	c->last = bpf_get_smp_processor_id() + bpf_get_current_uid_gid()
#include "tests/bpf/exact_monitor.bpf.h"
