/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of everything that measures: options into a struct run. */
#ifndef HARNESS_CLI_H
#define HARNESS_CLI_H

#include "harness/plugin.h"
#include "harness/timing/hyperfine.h"
#include "lib/opt.h"

struct cli {
	struct opt_list monitors, workloads, events, kernels,
		suites;		    /* as given, each maybe a comma list */
	struct opt_list parameters; /* --parameter-list, each as given */
	struct hyperfine_pass load; /* the other options that hyperfine gets */
	const char *means;	    /* --means */
	const char *cell;	    /* --cell; NULL: none */
	const char *params;	    /* -o */
	const char *out;	    /* --out, its patterns filled in */
	char *out_name;		    /* owned: what @out points to */
	const char *format;	    /* --format; NULL: the measure's own text */
	double seconds;
	uint64_t seed;
	bool quick, json, quiet, verbose;
	/* Split and parsed by cli_make_run(); owned */
	const char **monitor_names, **event_names, **kernel_names, **suite_names;
	struct workload *parsed;
	size_t nparsed;
	const char *parameter_list[65];
	const char *words[3]; /* plain words, ended by NULL; they point into argv */
};

extern const struct opt cli_options[];

/*
 * Parses the arguments of sub-command @command, which takes exactly @words plain words (at most 2,
 * named
 * @usage in the help; "" when 0). Returns -1 to go on, or an exit code: usage was
 * wrong, or help was printed.
 */
int cli_parse(struct cli *cli, const char *command, const char *help, size_t words,
	      const char *usage, int argc, char *argv[]);

/* Fills @run with what was chosen. Returns 0, or -errno after saying which name is wrong. @run
 * points into @cli, which must outlive it. */
int cli_make_run(struct cli *cli, struct run *run);
/* Does @command, which looks at @takes (enum measure_takes), have a use for all that was said, and
 * is the command that it times there? Before cli_make_run(). Returns 0 or -errno after saying it.
 */
int cli_check_taken(const struct cli *cli, const char *command, unsigned int takes);
void cli_release(struct cli *cli);

/* The words of all of @list, cut at commas, as an array ended by NULL; one block to free(). */
const char **cli_split(const struct opt_list *list);
/* The same of -k, whose word "all" stands for every kernel (vm_kernels_all). */
const char **cli_kernels(const struct opt_list *list);
/* Are all of @events (ended by NULL) known to a measure? Returns 0, or -EINVAL after naming one. */
int cli_check_events(const char *const *events);

#endif
