/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Alerts of memprof: memmon's queries (monitor/view/query.h) and its rule of when one fires, about
 * what a profile says of each process. Growth is the slope of the live bytes over the looks so far,
 * by memmon's trend; it is not known, and no query on it is true, before there are enough of them.
 */
#ifndef MEMPROF_LOOKS_ALERT_H
#define MEMPROF_LOOKS_ALERT_H

#include "lib/base.h"
#include "lib/opt.h"
#include "memprof/profile.h"

struct profile_alerts;

/* Of the option's texts; none: *@out is NULL, which all below take. 0 or -errno after saying why.
 */
int profile_alerts_open(struct profile_alerts **out, const struct opt_list *queries);
/* Looks at a profile: at its end_ns so much was live. Says on stderr which process matches which
 * query, unless @quiet. Returns how many fired now. */
size_t profile_alerts_check(struct profile_alerts *a, const struct profile *p, bool quiet);
size_t profile_alerts_fired(const struct profile_alerts *a); /* since the start */
/* What fired last, in words; NULL: nothing has. */
const char *profile_alerts_latest(const struct profile_alerts *a);
/* As alerts_ended() and alerts_running(). */
bool profile_alerts_ended(struct profile_alerts *a, pid_t child, int status);
size_t profile_alerts_running(const struct profile_alerts *a);
/* @code, or EXIT_BAD in place of EXIT_OK where one fired; says what became of the commands. */
int profile_alerts_exit(const struct profile_alerts *a, int code);
void profile_alerts_close(struct profile_alerts *a);

#endif
