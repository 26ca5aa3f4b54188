/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures out of what bpftrace prints with -f json, and a script that watches one cgroup alone. */
#ifndef COLLECTOR_BT_FIGURES_H
#define COLLECTOR_BT_FIGURES_H

#include "collector/figures.h"

/*
 * The maps of the wishes in bpftrace's JSON lines: count, sum, min, max, avg, stats, hist, lhist,
 * with keys or without; of a map that is printed twice the last counts. A map that was not printed
 * has no rows. Returns 0, or -EINVAL after saying what cannot be read; @path is for the message.
 * Pure.
 */
int bt_figures(const char *text, size_t size, const char *path, const struct figure_wish *wishes,
	       size_t n, struct figures *out);

/*
 * The script with `cgroup == $1` added to the predicate of each probe that is a tracepoint, so that
 * it looks at one cgroup; as many lines as it had. False: it has probes of other kinds (beside
 * BEGIN and END), or cannot be read; @out is empty then. Pure.
 */
bool bt_narrow(const char *script, struct strbuf *out);

#endif
