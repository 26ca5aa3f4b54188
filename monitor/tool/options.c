/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The option table of memmon and cpumon, and what its values mean. */
#include "lib/base.h"
#include "monitor/tool/options.h"

#include <stdlib.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/outfile.h"
#include "monitor/source/source.h"
#include "monitor/view/moment.h"

#define INTERVAL_MIN_S 0.1
enum { TOP_DEFAULT = 100 };

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct tool_options, field)                \
	}
static const struct opt table[] = {
	ROW('b', "batch", NULL,
	    "no screen: print a frame at each interval (also when stdout is no terminal)", OPT_FLAG,
	    batch),
	ROW('n', "count", "N", "end after N frames; implies --batch", OPT_U64, count),
	ROW('i', "interval", "S", "seconds between frames (memmon 3, cpumon 1)", OPT_DOUBLE,
	    interval_s),
	ROW(0, "json", NULL, "batch: one JSON object a frame, one line each", OPT_FLAG, json),
	ROW(0, "csv", NULL, "batch: a line a process, with a header line", OPT_FLAG, csv),
	ROW(0, "openmetrics", NULL, "batch: OpenMetrics text, as --serve answers", OPT_FLAG,
	    openmetrics),
	ROW(0, "prometheus", NULL,
	    "batch: Prometheus text 0.0.4, for node_exporter's textfile folder", OPT_FLAG,
	    prometheus),
	ROW('s', "sort", "COL", "order by a column; +COL rising, -COL falling", OPT_STRING,
	    sort_by),
	ROW(0, "columns", "LIST",
	    "which columns, in which order, as in pid,name,rss,swap (text and screen)", OPT_STRING,
	    columns_by),
	ROW('f', "filter", "QUERY",
	    "only processes that match, as in 'rss>1GiB and name~^postgres'", OPT_STRING, filter),
	ROW(0, "top", "N", "at most N processes (default 100, 0: all)", OPT_U64, top),
	ROW('t', "tree", NULL, "children below their parents, with sums", OPT_FLAG, tree),
	ROW('g', "group", "WHAT",
	    "a line for all of a name, a user or a cgroup; PSS counts what they share once",
	    OPT_STRING, group_name),
	ROW('K', "kernel-threads", NULL, "show kernel threads too", OPT_FLAG, kernel_threads),
	ROW('o', "object", "FILE",
	    "another monitor: a name of 'beebench list monitors', a .bpf.o, .ex or manifest",
	    OPT_STRING, object),
	ROW('e', "events", NULL, "write events from the start, not only where they are looked at",
	    OPT_FLAG, events),
	ROW(0, "ring-size", "BYTES", "of the ring of each CPU (a power of two; default 1048576)",
	    OPT_U64, ring_size),
	ROW('r', "record", "FILE", "keep every frame in FILE", OPT_STRING, record),
	ROW(0, "force", NULL, "let --record write over a file", OPT_FLAG, force),
	ROW(0, "replay", "FILE", "show a recording instead of this machine", OPT_STRING, replay),
	ROW(0, "from", "TIME", "replay: from +SECONDS after its begin, or 2026-11-30T12:58:03",
	    OPT_STRING, from),
	ROW(0, "to", "TIME", "replay: up to then", OPT_STRING, to),
	ROW(0, "record-max", "BYTES", "record: end the recording before it is larger", OPT_U64,
	    record_max),
	ROW(0, "record-for", "S", "record: end the recording before it spans more seconds",
	    OPT_DOUBLE, record_for_s),
	ROW(0, "serve", "ADDR:PORT", "serve /metrics for Prometheus (:PORT is loopback only)",
	    OPT_STRING, serve),
	ROW(0, "metrics-by", "WHAT",
	    "sums of /metrics by name (default), user or cgroup, with a rest; pid: the top "
	    "processes",
	    OPT_STRING, metrics_by_name),
	ROW('a', "alert", "QUERY[=>CMD]",
	    "exit 1 in the end when a process has matched; run CMD when one does", OPT_LIST,
	    alerts),
	ROW(0, "no-color", NULL, "no colours (NO_COLOR in the environment does the same)", OPT_FLAG,
	    no_color),
	ROW(0, "ascii", NULL, "draw with ASCII characters only", OPT_FLAG, ascii),
	ROW('V', "version", NULL, "print the version", OPT_FLAG, version),
	{0},
};

static const struct {
	const char *program, *about, *sort;
	double interval_s;
} tools[] = {
	[TOOL_MEMMON] = {"memmon", "who is allocating, who is leaking, what it costs.", "rss", 3},
	[TOOL_CPUMON] = {"cpumon", "who is on the CPUs, in user mode and in the kernel.", "tot", 1},
};

static void help(const struct tool_options *o)
{
	const char *monitor = source_default_monitor(o->tool);

	printf("%s: %s ", o->program, tools[o->tool].about);
	if (monitor)
		printf("It runs the monitor %s.", monitor);
	else
		printf("It runs no monitor of its own: the kernel keeps the times.");
	printf("\nusage: %s [options]\n\n", o->program);
	opt_print(table, stdout);
	printf("\ncolumns for --sort and --filter:\n");
	for (const struct column *c = columns; c->key; c++)
		printf("  %-9s %s\n", c->key, c->help);
	printf("\nOn the screen: h for help, q to quit. Exit codes: 0 good, 1 an alert fired, 2 "
	       "usage or\n"
	       "environment, 77 this machine cannot run it. Manual: man %s\n",
	       o->program);
}

static int understand_sort(struct tool_options *o)
{
	/* The screen begins as it was left. */
	if (!o->sort_by && o->config.sort) {
		o->sort = o->config.sort;
		o->descending = o->config.descending;
		return 0;
	}
	return config_parse_sort(o->sort_by ? o->sort_by : tools[o->tool].sort, &o->sort,
				 &o->descending, NULL);
}

static int understand_filter(struct tool_options *o)
{
	struct strbuf why = STRBUF_INIT;
	struct query_error e;
	int err;

	if (!o->filter)
		return 0;
	err = query_parse(&o->query, o->filter, &e);
	if (err == -EINVAL) {
		query_explain(o->filter, &e, &why);
		log_err("--filter: %s", why.s);
	} else if (err) {
		log_err_sys(err, "--filter");
	}
	strbuf_release(&why);
	return err;
}

static int understand_metrics_by(struct tool_options *o)
{
	static const char *const names[] = {[METRICS_BY_PID] = "pid",
					    [METRICS_BY_NAME] = "name",
					    [METRICS_BY_USER] = "user",
					    [METRICS_BY_CGROUP] = "cgroup"};

	if (!o->metrics_by_name)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], o->metrics_by_name)) {
			o->metrics_by = (enum metrics_by)i;
			return 0;
		}
	log_err("--metrics-by: '%s'; give name, user, cgroup or pid", o->metrics_by_name);
	return -EINVAL;
}

static int understand_group(struct tool_options *o)
{
	if (!o->group_name)
		return 0;
	for (int i = GROUP_BY_NAME; i < GROUP_BYS; i++)
		if (!strcmp(group_by_names[i], o->group_name))
			o->group = (enum group_by)i;
	if (!o->group) {
		log_err("--group: '%s'; give name, user or cgroup", o->group_name);
		return -EINVAL;
	}
	if (o->tree) {
		log_err("--group and --tree: choose one");
		return -EINVAL;
	}
	if (o->group == GROUP_BY_CGROUP && o->replay) {
		log_err("--group cgroup: a recording has no control groups; give name or user");
		return -EINVAL;
	}
	return 0;
}

/* "+90", "+1.5", or a moment: "2026-11-30T12:58:03", with a Z behind it UTC. */
static int understand_time(const char *option, const char *text, uint64_t *ns, double *s)
{
	struct moment m = {.s = NAN};
	int err = text ? moment_parse(text, 0, &m) : 0;

	*ns = m.ns;
	*s = m.s;
	if (!err)
		return 0;
	log_err("--%s: '%s' is no time; give +SECONDS after the begin, or a moment like "
		"2026-11-30T12:58:03 (with Z: UTC)",
		option, text);
	return -EINVAL;
}

/* Options that cannot stand together, and numbers out of range. */
static int check(struct tool_options *o)
{
	int formats = o->json + o->csv + o->openmetrics + o->prometheus;

	if (formats > 1) {
		log_err(o->prometheus ? "--json, --csv, --openmetrics and --prometheus: choose one"
				      : "--json, --csv and --openmetrics: choose one");
		return -EINVAL;
	}
	if (o->replay && (o->object || o->events)) {
		log_err("--replay shows a recording: leave --%s out",
			o->object ? "object" : "events");
		return -EINVAL;
	}
	if (o->replay && o->record &&
	    (!strcmp(o->replay, o->record) || outfile_is(o->record, o->replay))) {
		log_err("--record: %s is being replayed; record to another file", o->record);
		return -EINVAL;
	}
	if (o->record_for_s < 0 || isnan(o->record_for_s)) {
		log_err("--record-for: %g is no number of seconds from 0; 0 is without an end",
			o->record_for_s);
		return -EINVAL;
	}
	if ((o->record_max || o->record_for_s > 0) && !o->record) {
		log_err("--record-%s bounds a recording: give --record FILE too",
			o->record_max ? "max" : "for");
		return -EINVAL;
	}
	if ((o->from || o->to) && !o->replay) {
		log_err("--%s is of a recording: give --replay too", o->from ? "from" : "to");
		return -EINVAL;
	}
	if (understand_time("from", o->from, &o->window.from_ns, &o->window.from_s) ||
	    understand_time("to", o->to, &o->window.to_ns, &o->window.to_s))
		return -EINVAL;
	if (understand_metrics_by(o) || understand_group(o))
		return -EINVAL;
	if (o->interval_s < INTERVAL_MIN_S || o->interval_s > 86400) {
		log_err("--interval: %g is out of range; give it 0.1 to 86400 seconds",
			o->interval_s);
		return -EINVAL;
	}
	if (o->ring_size && (o->ring_size < 4096 || o->ring_size > 1U << 30 ||
			     (o->ring_size & (o->ring_size - 1)))) {
		log_err("--ring-size: %llu is no power of two from 4096 to 1073741824",
			(unsigned long long)o->ring_size);
		return -EINVAL;
	}
	/* Of figures one frame is printed, the last: the first one, where nothing says how far to
	 * go. */
	if ((o->openmetrics || o->prometheus) && !o->count && !o->replay && !o->serve && !o->record)
		o->count = 1;
	o->format = o->json ? BATCH_JSON : o->csv ? BATCH_CSV : BATCH_TEXT;
	o->batch |= formats || o->count || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO);
	return 0;
}

/* The choices kept for the screen. What is wrong with them is no reason not to show anything, and
 * what is wrong with the other tool's is told by that one. */
static void take_config(struct tool_options *o)
{
	enum tool other = o->tool == TOOL_MEMMON ? TOOL_CPUMON : TOOL_MEMMON;
	struct strbuf unsaid = STRBUF_INIT;
	const char *line;

	config_read(&o->other, tools[other].program, &unsaid);
	strbuf_release(&unsaid);
	if (!o->other.sort)
		config_parse_sort(tools[other].sort, &o->other.sort, &o->other.descending, NULL);
	config_read(&o->config, o->program, &o->config_wrong);
	for (line = o->config_wrong.s; *line; line += strcspn(line, "\n") + 1)
		log_warn("%.*s", (int)strcspn(line, "\n"), line);
}

int tool_options_parse(struct tool_options *o, enum tool tool, int argc, char *argv[])
{
	const char *no_color = getenv("NO_COLOR");
	int rest, err;

	*o = (struct tool_options){.tool = tool,
				   .program = tools[tool].program,
				   .interval_s = tools[tool].interval_s,
				   .top = TOP_DEFAULT,
				   .metrics_by = METRICS_BY_NAME,
				   .config_wrong = STRBUF_INIT};
	err = opt_parse(table, o->program, argc, argv, o, &rest, NULL);
	if (err == OPT_HELP) {
		help(o);
		return EXIT_OK;
	}
	if (!err && rest < argc) {
		log_err("unexpected word '%s'; see '%s --help'", argv[rest], o->program);
		err = -EINVAL;
	}
	if (!err && o->version) {
		printf("%s %s\n", o->program, BEEBENCH_VERSION);
		return EXIT_OK;
	}
	o->no_color |= no_color && *no_color;
	err = err ? err : check(o);
	/* Batch output is for scripts: it is the same whatever was chosen on a screen. */
	if (!err && !o->batch)
		take_config(o);
	if (!err && o->columns_by)
		err = config_parse_columns(o->columns_by, o->config.columns, NULL);
	err = err ? err : understand_sort(o);
	err = err ? err : understand_filter(o);
	if (err) {
		tool_options_release(o);
		return EXIT_USAGE;
	}
	return -1;
}

void tool_options_release(struct tool_options *o)
{
	query_free(o->query);
	o->query = NULL;
	strbuf_release(&o->config_wrong);
}
