/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What all sub-commands of memprof do alike: options and --help. */
#include "lib/base.h"
#include "memprof/command.h"

#include <stdio.h>
#include <sys/utsname.h>

#include "lib/log.h"

static const struct opt no_options[] = {{0}};

int memprof_command_check(const char *name, enum memprof_needs needs)
{
	struct utsname here;

#if defined(__x86_64__) || defined(__aarch64__)
	needs = NEEDS_NOTHING;
#endif
	if (needs == NEEDS_NOTHING)
		return -1;
	log_err("%s: memprof's %s for x86-64 and arm64, and this processor is %s; what works here: "
		"report, diff, live and serve, with profiles of any machine, and kernel",
		name,
		needs == NEEDS_UNWINDER ? "unwinder is written"
					: "probes, and the registers that they copy, are written",
		uname(&here) ? "another" : here.machine);
	return EXIT_SKIP;
}

/* As memprof_command_parse(), once the options are parsed and that gave @err. */
static int parsed(const struct memprof_command *c, const char *name, int err)
{
	if (!err)
		return memprof_command_check(c->name, c->needs);
	if (err != OPT_HELP)
		return EXIT_USAGE;
	printf("usage: %s %s\n\n%s.\n%s\n", name, c->usage, c->help, c->more ? c->more : "");
	opt_print(c->options ? c->options : no_options, stdout);
	return EXIT_OK;
}

int memprof_command_parse(const struct memprof_command *c, int argc, char *argv[], void *dst,
			  int *rest, bool *dashes)
{
	const struct opt *options = c->options ? c->options : no_options;
	char name[64];

	snprintf(name, sizeof(name), "memprof %s", c->name);
	return parsed(c, name, opt_parse(options, name, argc, argv, dst, rest, dashes));
}

int memprof_command_parse_files(const struct memprof_command *c, int argc, char *argv[], void *dst,
				int *n)
{
	const struct opt *options = c->options ? c->options : no_options;
	char name[64];

	snprintf(name, sizeof(name), "memprof %s", c->name);
	return parsed(c, name, opt_parse_words(options, name, argc, argv, dst, argv, n));
}
