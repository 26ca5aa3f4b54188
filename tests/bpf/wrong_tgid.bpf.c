/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wrong on purpose: the events name the thread as the process. */
#define EVENT_PID(pid_tgid)  ((__u32)(pid_tgid))
#define EVENT_TGID(pid_tgid) ((__u32)(pid_tgid))
#include "tests/bpf/wrong_monitor.bpf.h"
