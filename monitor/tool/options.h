/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of memmon and cpumon. */
#ifndef MONITOR_TOOL_OPTIONS_H
#define MONITOR_TOOL_OPTIONS_H

#include "lib/opt.h"
#include "monitor/frame.h"
#include "monitor/sink/batch.h"
#include "monitor/sink/serve.h"
#include "monitor/source/replay.h"
#include "monitor/tool/config.h"
#include "monitor/view/column.h"
#include "monitor/view/query.h"

/* As given, then (below the line) as understood. */
struct tool_options {
	bool batch, json, csv, openmetrics, prometheus, events, force, tree, kernel_threads,
		no_color, ascii, version;
	uint64_t count, top, ring_size;
	double interval_s;
	const char *metrics_by_name, *group_name;
	enum group_by group; /* understood, as the next */
	enum metrics_by metrics_by;
	const char *columns_by, *from, *to;
	uint64_t record_max;
	double record_for_s;
	const char *object, *sort_by, *filter, *record, *replay, *serve;
	struct opt_list alerts;
	/* understood */
	enum tool tool;
	const char *program;	   /* "memmon" */
	enum batch_format format;  /* of batch mode */
	const struct column *sort; /* never NULL */
	bool descending;
	struct query *query;	     /* owned; NULL: everything */
	struct replay_window window; /* of a recording */
	struct config config;	     /* as kept, and as the options have it */
	struct config other;	     /* of the other tool's columns, which this one shows too */
	struct strbuf config_wrong;  /* lines of the kept ones that were not understood */
};

/*
 * Parses and checks. Returns -1 to go on, or the exit code when there is nothing more to do (help
 * and version were printed, or what is wrong was said). Whoever goes on releases @o.
 */
int tool_options_parse(struct tool_options *o, enum tool tool, int argc, char *argv[]);
void tool_options_release(struct tool_options *o);

#endif
