/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A moment of a recording, as a user writes it. Pure but for the local time zone. */
#ifndef MONITOR_MOMENT_H
#define MONITOR_MOMENT_H

#include "lib/base.h"

struct moment {
	uint64_t ns; /* CLOCK_REALTIME; 0: @s says it, or nothing does */
	double s;    /* after the recording's begin; NAN: not said so */
};

/*
 * "+SECONDS", "2026-11-30T12:58:03", with parts of a second or not, or with a blank instead of T
 * (local time; with Z: UTC), and, where @day_ns (CLOCK_REALTIME) is not 0, "12:58" and "12:58:03"
 * of that day. 0, or -EINVAL with nothing said.
 */
int moment_parse(const char *text, uint64_t day_ns, struct moment *out);
/* As CLOCK_REALTIME in ns, of a recording that began then. */
uint64_t moment_ns(const struct moment *m, uint64_t begin_ns);

#endif
