/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attached where memmon_fast is, and does nothing: the least that any program there can cost. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int nop_exit(void *ctx)
{
	return 0;
}
