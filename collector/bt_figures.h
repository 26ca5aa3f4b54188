/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures out of what bpftrace prints with -f json. */
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

#endif
