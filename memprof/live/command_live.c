/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof live: a profile that is written again and again, or a process that runs, on the screen.
 */
#include "lib/base.h"
#include "memprof/attach/process.h"
#include "memprof/command.h"
#include "memprof/live/screen.h"

#include "lib/log.h"

struct live_options {
	double interval_s;
	struct attach_choices c;
	struct opt_list alerts;
};

static const struct opt options[] = {
	{'i', "every", "S", "look each so many seconds (default 1)", OPT_DOUBLE,
	 offsetof(struct live_options, interval_s)},
	{'a', "alert", "QUERY[=>CMD]",
	 "exit 1 in the end when a process has matched; run CMD when one does", OPT_LIST,
	 offsetof(struct live_options, alerts)},
	ATTACH_ROWS(offsetof(struct live_options, c)),
	{0},
};

static int run(int argc, char *argv[]);

const struct memprof_command memprof_command_live = {
	.name = "live",
	.usage = "[options] FILE | -p PID",
	.help = "watch a profile that is being written, or a process that runs, on the screen",
	.more = "FILE is what 'memprof run --interval 1 -o FILE -- CMD' writes meanwhile; -p PID, "
		"--rate, --usdt\nand --slow are those of 'memprof attach'. Key 'h' shows the "
		"keys.\n",
	.options = options,
	.run = run,
};

static int check(const struct live_options *o, int files)
{
	if (files == 1 && o->c.pid) {
		log_err("live: either a FILE or -p PID");
		return -EINVAL;
	}
	if (files != 1 && !o->c.pid) {
		log_err("live: %s", files ? "one FILE"
					  : "which profile? give the FILE of 'memprof run "
					    "--interval 1 -o FILE -- CMD', or -p PID");
		return -EINVAL;
	}
	if (!o->c.pid && (o->c.rate || o->c.usdt || o->c.slow)) {
		log_err("live: --rate, --usdt and --slow go with -p PID");
		return -EINVAL;
	}
	if (o->interval_s < 0.01) {
		log_err("live: --every takes 0.01 seconds or more");
		return -EINVAL;
	}
	return o->c.pid ? attach_check(&o->c, "live") : 0;
}

static int run(int argc, char *argv[])
{
	struct live_options o = {.interval_s = 1};
	int files,
		code = memprof_command_parse_files(&memprof_command_live, argc, argv, &o, &files);
	struct profile_alerts *alerts = NULL;
	struct watched_source source;
	struct watched_model *m = NULL;
	struct attachment *a;
	int err;

	if (code < 0 && o.c.pid)
		code = memprof_command_check("live -p", NEEDS_PROBES);
	if (code >= 0)
		return code;
	if (check(&o, files) || (o.c.pid && screen_check()) ||
	    profile_alerts_open(&alerts, &o.alerts))
		return EXIT_USAGE;
	if (o.c.pid) {
		err = attach_process(&a, &o.c, "");
		if (err) {
			profile_alerts_close(alerts);
			return attach_code(err);
		}
		source_of_process(&source, a);
	} else {
		source_of_file(&source, argv[0]);
	}
	err = watched_open(&m, &source);
	if (!err)
		err = live_screen(m, o.interval_s, alerts);
	watched_close(m);
	code = profile_alerts_exit(alerts, err ? EXIT_USAGE : EXIT_OK);
	profile_alerts_close(alerts);
	return code;
}
