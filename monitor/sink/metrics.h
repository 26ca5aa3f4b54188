/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text of /metrics, of frame after frame: OpenMetrics 1.0, or Prometheus text 0.0.4. */
#ifndef MONITOR_METRICS_H
#define MONITOR_METRICS_H

#include "lib/strbuf.h"
#include "monitor/frame.h"
#include "monitor/view/view.h"

/* What a sample of processes is labelled with, and summed by. */
enum metrics_by { METRICS_BY_PID, METRICS_BY_NAME, METRICS_BY_USER, METRICS_BY_CGROUP };

struct metrics;

/* 0 or -ENOMEM. */
int metrics_new(struct metrics **out, enum metrics_by by);
/* A frame, each once and in their order; @v: by pid in which order they stand, else all that count.
 * 0 or -ENOMEM. */
int metrics_take(struct metrics *m, const struct frame *f, const struct view *v);
/* The text of the frame that was taken last, which is @f. */
void metrics_write(const struct metrics *m, const struct frame *f, bool openmetrics,
		   struct strbuf *out);
void metrics_free(struct metrics *m); /* accepts NULL */

#endif
