/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that do nothing, attached wherever a monitor stands: what being there costs at all. As
 * many are loaded as it has programs, each of the type of its place.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EMPTY(n)                                                                                   \
	SEC("?tracepoint") int stub##n(void *ctx)                                                  \
	{                                                                                          \
		return 0;                                                                          \
	}

EMPTY(0)
EMPTY(1)
EMPTY(2)
EMPTY(3)
EMPTY(4)
EMPTY(5)
EMPTY(6)
EMPTY(7)
