/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory monitor keyed by process, with look up, change a copy, write back: what becomes of the
 * reference monitor's text when "pid" is read as the process. Two threads of one process lose each
 * other's updates (a quarter of them under load); beebench must find that.
 */
#define MEMMON_TGID
#include "bpf/memmon/memmon.bpf.c"
