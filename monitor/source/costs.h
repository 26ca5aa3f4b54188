/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an event costs with a monitor, as beebench measured it: costs.json among the programs'
 * files (lib/data.h), which is monitor/costs.json of the tree (`make costs`).
 *
 *   {"schema": 1, "host": "..", "kernel": "6.18.44", "date": "2026-11-21", "command":
 *    "beebench overhead ..",
 *    "monitors": {"memmon_fast": {"ns_per_event": 23.5, "with_events": 97.0}, ..}}
 *
 * "with_events" is the cost while records are written into the ring; null or left out: not
 * measured, or there are none. A monitor that always writes them has them in "ns_per_event".
 */
#ifndef MONITOR_SOURCE_COSTS_H
#define MONITOR_SOURCE_COSTS_H

#include "lib/base.h"

struct cost_figure {
	double ns_per_event, with_events; /* NAN: never measured */
	char source[64]; /* "beebench overhead, 2026-11-21, Linux 6.18"; "" without figures */
};

/* Of @monitor. Always fills @out. 0, -ENOENT (no file, or nothing of this monitor), or -EINVAL
 * after a warning that says what is wrong in the file. */
int costs_find(const char *monitor, struct cost_figure *out);
/* The same of a file. */
int costs_read(const char *path, const char *monitor, struct cost_figure *out);

#endif
