/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right on x86-64: looks for a call's first argument in its register when the call returns. On
 * arm64 and s390x the result is there by then. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CALL_FIRST(regs) PT_REGS_PARM1(regs)
#include "bpf/memmon/memmon_fast.bpf.c"
