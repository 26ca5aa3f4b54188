/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What all sub-commands of memprof do alike: options and --help. */
#include "lib/base.h"
#include "memprof/command.h"

#include <stdio.h>
#include <sys/utsname.h>

#include "lib/log.h"

static const struct opt no_options[] = {{0}};

static int check_processor(const struct memprof_command *c)
{
#if defined(__x86_64__)
	(void)c;
#else
	struct utsname here;

	if (c->x86_64) {
		log_err("%s: memprof's unwinder and its probes are written for x86-64, and this "
			"processor is %s; what works here: report, diff, live and serve, with "
			"profiles of any machine, and kernel",
			c->name, uname(&here) ? "another" : here.machine);
		return EXIT_SKIP;
	}
#endif
	return -1;
}

int memprof_command_parse(const struct memprof_command *c, int argc, char *argv[], void *dst,
			  int *rest, bool *dashes)
{
	const struct opt *options = c->options ? c->options : no_options;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "memprof %s", c->name);
	err = opt_parse(options, name, argc, argv, dst, rest, dashes);
	if (!err)
		return check_processor(c);
	if (err != OPT_HELP)
		return EXIT_USAGE;
	printf("usage: %s %s\n\n%s.\n%s\n", name, c->usage, c->help, c->more ? c->more : "");
	opt_print(options, stdout);
	return EXIT_OK;
}
