/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where frames go besides the screen: the recording, /metrics, alerts, batch output. */
#ifndef MONITOR_TOOL_SINKS_H
#define MONITOR_TOOL_SINKS_H

#include "monitor/sink/record.h"
#include "monitor/sink/serve.h"
#include "monitor/tool/options.h"
#include "monitor/ui/ui.h"
#include "monitor/view/alert.h"

struct source;

struct sinks {
	const struct tool_options *o; /* borrowed */
	struct source *source;	      /* borrowed */
	struct recorder *recorder;
	struct ui_recording recording; /* of @recorder, for the screen */
	struct server *server;
	struct alerts *alerts;
	struct view view;
	struct view_sums sums;	      /* for queries */
	struct grouping alert_groups; /* what alerts are held against where there is a --group */
	struct view served;	      /* what /metrics is of: all that match */
	struct metrics *metrics;      /* that batch mode prints */
	struct strbuf text;
	bool costly_told, costly_alert_told; /* the filter, an alert gave up */
	uint64_t printed;		     /* frames that batch mode has printed */
	bool unprinted; /* the latest is in @text: of figures the last one counts */
};

/* Opens what the options ask for. 0 or -errno after saying why; release in any case. */
int sinks_open(struct sinks *s, const struct tool_options *o, struct source *source);
/* Gives them a frame; prints it where there is no screen. 0, or -errno where nothing more can be
 * printed
 * (-EPIPE: the reader has gone). */
int sinks_frame(struct sinks *s, struct frame *f, bool print);
/* 0, or -errno after saying why: the recording could not be finished. */
int sinks_release(struct sinks *s);

#endif
