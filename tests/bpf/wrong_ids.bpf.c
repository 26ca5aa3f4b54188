/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: thread and process are mixed up, in the key and in the events. */
#define KEY(pid_tgid)	     ((__u32)((pid_tgid) >> 32))
#define EVENT_PID(pid_tgid)  ((__u32)((pid_tgid) >> 32))
#define EVENT_TGID(pid_tgid) ((__u32)(pid_tgid))
#include "tests/bpf/wrong_monitor.bpf.h"
