/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof live: a profile that is written again and again, on the screen. */
#include "lib/base.h"
#include "memprof/command.h"
#include "memprof/live/screen.h"

#include "lib/log.h"

struct live_options {
	double interval_s;
};

static const struct opt options[] = {
	{'i', "every", "S", "look at the file each so many seconds (default 1)", OPT_DOUBLE,
	 offsetof(struct live_options, interval_s)},
	{0},
};

static int run(int argc, char *argv[]);

const struct memprof_command memprof_command_live = {
	.name = "live",
	.usage = "[options] FILE",
	.help = "watch a profile that is being written, on the screen",
	.more = "FILE is what 'memprof run --interval 1 -o FILE -- CMD' writes meanwhile. Key 'h' "
		"shows the keys.\n",
	.options = options,
	.run = run,
};

static int run(int argc, char *argv[])
{
	struct live_options o = {.interval_s = 1};
	int rest, code = memprof_command_parse(&memprof_command_live, argc, argv, &o, &rest, NULL);
	struct watched_model *m;
	int err;

	if (code >= 0)
		return code;
	if (argc - rest != 1) {
		log_err("live: %s", rest == argc ? "which profile? give the FILE of 'memprof run "
						   "--interval 1 -o FILE -- CMD'"
						 : "one FILE");
		return EXIT_USAGE;
	}
	if (o.interval_s < 0.01) {
		log_err("live: --every takes 0.01 seconds or more");
		return EXIT_USAGE;
	}
	err = watched_open(&m, argv[rest]);
	if (!err)
		err = live_screen(m, o.interval_s);
	watched_close(m);
	return err ? EXIT_USAGE : EXIT_OK;
}
