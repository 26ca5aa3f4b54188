/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof: who allocates, in any program and in the kernel. The first word chooses what is done. */
#include "lib/base.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/rights.h"
#include "lib/std.h"
#include "lib/suggest.h"
#include "memprof/command.h"

static void usage(FILE *out)
{
	fprintf(out, "usage: memprof COMMAND [options] ..\n\n");
	for (const struct memprof_command *const *c = memprof_commands; *c; c++)
		fprintf(out, "  %-9s %s\n", (*c)->name, (*c)->help);
	fprintf(out, "\n'memprof COMMAND --help' shows its options. Exit codes: 0 good, 1 an alert "
		     "fired,\n"
		     "2 usage, input or output, 77 no rights for it here.\n");
}

static int unknown(const char *word)
{
	const char *names[64], *near;
	size_t n = 0;

	for (const struct memprof_command *const *c = memprof_commands; *c && n < ARRAY_SIZE(names);
	     c++)
		names[n++] = (*c)->name;
	near = suggest_nearest(word, names, n);
	log_err("no command '%s'%s%s%s", word, near ? "; did you mean '" : "; see 'memprof --help'",
		near ? near : "", near ? "'?" : "");
	return EXIT_USAGE;
}

static int run_command(int argc, char *argv[])
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("memprof " BEEBENCH_VERSION);
		return EXIT_OK;
	}
	for (const struct memprof_command *const *c = memprof_commands; *c; c++)
		if (!strcmp(argv[1], (*c)->name))
			return (*c)->run(argc - 1, argv + 1);
	return unknown(argv[1]);
}

int main(int argc, char *argv[])
{
	std_open();
	rights_keep_callers();
	log_init("memprof", LOG_INFO);
	return std_close(run_command(argc, argv));
}
