/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is special about bpftrace among the programs that print its JSON. Private to monitor/. */
#ifndef COLLECTOR_BPFTRACE_H
#define COLLECTOR_BPFTRACE_H

#include "collector/backend.h"

/* Elements a map of a script may have: as many as the reference monitor's counter map. */
#define BPFTRACE_MAP_KEYS 10240

/* Its environment, ended by NULL: the key limit by its old and its new name. */
extern const char *const bpftrace_env[];

/*
 * Checks that bpftrace is there and may run, and that the script has the maps that the manifest
 * names (or some of ours, @mmap_count and so on, where there is none: then m->manifest names
 * those). Sets MONITOR_CGROUP when the script looks at its first argument and at its cgroup. 0 or
 * -errno after saying why.
 */
int bpftrace_check(struct monitor *m);

/* The argv template that runs a script. */
extern const char *const bpftrace_run[];

/* True when the process is in its event loop, or cannot be asked: bpftrace before 0.24 says
 * "attached" before it attaches. */
bool bpftrace_settled(pid_t pid);

/*
 * For a bpftrace that was sent SIGINT and still waits for events: makes it look at the signal. 0.17
 * looks only when the signal cuts a wait short, so one that comes between two waits is forgotten. A
 * second SIGINT would kill it if it is printing its maps by now; stopping and continuing cuts the
 * wait short as well (signal(7)) and does nothing else.
 */
void bpftrace_remind(pid_t pid);

#endif
