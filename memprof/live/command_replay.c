/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof replay: a recording, look by look, on the screen; or as memprof report shows it. */
#include "lib/base.h"
#include "memprof/command.h"
#include "memprof/live/screen.h"

#include <string.h>

#include "lib/log.h"

struct replay_options {
	double interval_s;
	uint64_t at;
	bool report;
	struct opt_list alerts;
};

#define AT(field) offsetof(struct replay_options, field)
static const struct opt options[] = {
	{'i', "every", "S", "go to the next look each so many seconds (default 1)", OPT_DOUBLE,
	 AT(interval_s)},
	{0, "at", "N", "begin with the N-th look, from 1", OPT_U64, AT(at)},
	{'a', "alert", "QUERY[=>CMD]",
	 "exit 1 in the end when a process has matched; run CMD when one does", OPT_LIST,
	 AT(alerts)},
	{0, "report", NULL, "no screen: as 'memprof report FILE', whose options are taken then",
	 OPT_FLAG, AT(report)},
	{0},
};

static int run(int argc, char *argv[]);

const struct memprof_command memprof_command_replay = {
	.name = "replay",
	.usage = "[options] FILE",
	.help = "show a recording again: on the screen, or as a report",
	.more = "FILE is what 'memprof record -o FILE ..' has written. Keys: [ a look back, ] on, "
		"p "
		"pause, } to\nthe next alert or growth, $ to the end; 'h' shows all.\n",
	.options = options,
	.run = run,
};

extern const struct memprof_command memprof_command_report;

/* The same words, without --report. */
static int as_report(int argc, char *argv[])
{
	int n = 1;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--report") != 0)
			argv[n++] = argv[i];
	argv[n] = NULL;
	return memprof_command_report.run(n, argv);
}

static int check(const struct replay_options *o, int files)
{
	if (files != 1) {
		log_err("replay: %s", files ? "one FILE"
					    : "which recording? give the FILE of 'memprof record "
					      "-o FILE ..'");
		return -EINVAL;
	}
	if (o->interval_s < 0.01) {
		log_err("replay: --every takes 0.01 seconds or more");
		return -EINVAL;
	}
	return 0;
}

static int begin(struct watched_source *source, const char *file, uint64_t at)
{
	int err = source_of_recording(source, file);

	if (err || !at || source->go(source->arg, (int64_t)MIN(at, (uint64_t)INT32_MAX) - 1))
		return err;
	log_err("replay: %s has no look %llu", file, (unsigned long long)at);
	source->close(source->arg);
	return -EINVAL;
}

static int run(int argc, char *argv[])
{
	struct replay_options o = {.interval_s = 1};
	struct profile_alerts *alerts = NULL;
	struct watched_source source;
	struct watched_model *m = NULL;
	int files, code, err;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--report"))
			return as_report(argc, argv);
	code = memprof_command_parse_files(&memprof_command_replay, argc, argv, &o, &files);
	if (code >= 0)
		return code;
	if (check(&o, files) || profile_alerts_open(&alerts, &o.alerts))
		return EXIT_USAGE;
	err = begin(&source, argv[0], o.at);
	if (!err)
		err = watched_open(&m, &source);
	if (!err)
		err = live_screen(m, o.interval_s, alerts);
	/* It outlives the screen. */
	if (m && source_damage(&source)) {
		log_err("%s", source_damage(&source));
		err = -EINVAL;
	}
	watched_close(m);
	code = profile_alerts_exit(alerts, err ? EXIT_USAGE : EXIT_OK);
	profile_alerts_close(alerts);
	return code;
}
