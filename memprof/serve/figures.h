/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A profile's figures for Prometheus. Labels are bounded: processes by pid and name, and the
 * functions with the most live bytes (FIGURES_FUNCTIONS). What is not known has no sample. */
#ifndef MEMPROF_FIGURES_H
#define MEMPROF_FIGURES_H

#include "memprof/report/report.h"

enum { FIGURES_FUNCTIONS = 20, FIGURES_PROCESSES = 100 };

/* Appends OpenMetrics 1.0 text, or the older text 0.0.4. */
void figures_render(const struct report *r, bool openmetrics, struct strbuf *out);

#endif
