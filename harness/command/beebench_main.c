/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench: the command line's first word chooses what is done. */
#include "lib/base.h"

#include <stdio.h>
#include <string.h>

#include "harness/command/commands.h"
#include "harness/measure.h"
#include "harness/subject.h"
#include "harness/timing/loop.h"
#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/rights.h"
#include "lib/std.h"
#include "lib/suggest.h"

static const struct {
	const char *name;
	int (*fn)(int argc, char *argv[]);
	const char *help;
} commands[] = {
	{"doctor", command_doctor,
	 "what this machine can do, what is missing, which command installs it"},
	{"list", command_list,
	 "monitors, workloads, measures, subjects, reporters, timed events that there are"},
	{"new", command_new,
	 "a monitor of a system call to begin with: C, Honey, bpftrace, what it means"},
	{"verify", command_measure,
	 "is a monitor right? conformance and accuracy beside known workloads"},
	{"compare", command_measure, "two monitors: equivalent? each right? which is dearer?"},
	{"overhead", command_measure, "what does it cost? added nanoseconds per event"},
	{"ringbuf", command_measure,
	 "what does a ring carry, and lose? throughput, drops, wake-ups"},
	{"exact", command_measure, "what does it cost? kernel instructions per event, in a guest"},
	{"matrix", command_measure,
	 "monitors x kernels x processors: does it load, is it right, what does it cost?"},
	{"calibrate", command_measure,
	 "how far can the figures be believed here? held against costs that are known"},
	{"vm", command_vm, "one command in a guest: a stock kernel, all privileges"},
	{"calls", command_calls,
	 "makes so many calls of a timed event, for timers of whole commands"},
	{"gate", command_gate, "is B dearer than A? a verdict for CI, by exit code"},
	{"history", command_history, "figures of many runs: their curves, and where they stepped"},
	{"plan", command_plan, "the cells of a project's suites, for engines that start them"},
	{"merge", command_merge, "runs of many machines become one"},
	{"run", command_run, "everything that 'make bench' does: measures, pictures, report"},
	{"report", command_report,
	 "a finished run as text, markdown, html, json, junit, sarif, github, openmetrics, "
	 "bpftrace"},
};

static void usage(FILE *out)
{
	fprintf(out, "usage: beebench COMMAND [options] [-- CMD..]\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n'beebench COMMAND --help' shows its options. Exit codes: 0 good, 1 a check "
		     "failed,\n"
		     "2 usage or environment, 3 inconclusive, 77 this machine cannot run it.\n");
}

static int unknown(const char *word)
{
	const char *names[ARRAY_SIZE(commands)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	near = suggest_nearest(word, names, ARRAY_SIZE(names));
	log_err("no command '%s'%s%s%s", word,
		near ? "; did you mean '" : "; see 'beebench --help'", near ? near : "",
		near ? "'?" : "");
	return EXIT_USAGE;
}

static int run_command(int argc, char *argv[])
{
	subjects_know();
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("beebench " BEEBENCH_VERSION);
		return EXIT_OK;
	}
	leftovers_sweep();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].fn(argc - 1, argv + 1);
	return unknown(argv[1]);
}

int main(int argc, char *argv[])
{
	int served;

	/* Executed as the program whose calls are timed: before anything here could allocate. */
	if (loop_serve(&served))
		return served;
	std_open();
	rights_keep_callers();
	log_init("beebench", LOG_INFO);
	run_catch_signals();
	return std_close(run_command(argc, argv));
}
