// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No map, and a hook that no timed call passes: its programs cannot be exchanged and nothing of it
 * can be read, but it can be attached. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_process_free")
int on_free(void *ctx)
{
	return 0;
}
