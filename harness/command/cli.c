/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of everything that measures. */
#include "lib/base.h"
#include "harness/command/cli.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness/result.h"
#include "harness/timing/timed_event.h"
#include "harness/vm/kernel.h"
#include "lib/log.h"
#include "lib/suggest.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct cli, field)                         \
	}
const struct opt cli_options[] = {
	ROW('m', "monitor", "MON,..",
	    "monitors: names of 'beebench list', or paths of objects, scripts, manifests", OPT_LIST,
	    monitors),
	ROW('w', "workload", "WL,..", "workloads, with parameters as in mmap:count=1009,size=64K",
	    OPT_LIST, workloads),
	ROW(0, "means", "TEXT",
	    "what the monitors' maps mean, in bpftrace's words: a definition, or the path of one "
	    "(.bt)",
	    OPT_STRING, means),
	ROW('e', "event", "EV,..", "events to price: " TIMED_EVENT_NAMES, OPT_LIST, events),
	ROW('k', "kernel", "K,..",
	    "kernels of the guest: 6.12, 6.1/arm64, .., all, or the path of a vmlinuz", OPT_LIST,
	    kernels),
	ROW(0, "suite", "NAME,..", "suites of beebench.json, where no -m says what is measured",
	    OPT_LIST, suites),
	ROW(0, "cell", "ID", "run: one cell of the suites, as 'beebench plan --cells' calls it",
	    OPT_STRING, cell),
	ROW('t', "time", "SECONDS", "time budget of the measure", OPT_DOUBLE, seconds),
	ROW('o', "option", "A=1,B=2", "parameters of the measure, see 'beebench list measures'",
	    OPT_STRING, params),
	ROW(0, "prepare", "CMD",
	    "overhead: before each run of a command that is timed (hyperfine's)", OPT_STRING,
	    load.prepare),
	ROW(0, "setup", "CMD", "overhead: before each block of such runs", OPT_STRING, load.setup),
	ROW(0, "cleanup", "CMD", "overhead: behind each block", OPT_STRING, load.cleanup),
	ROW('L', "parameter-list", "VAR=A,B",
	    "overhead: the command once with each value for {VAR}; may be repeated", OPT_LIST,
	    parameters),
	ROW('s', "seed", "N", "seed of everything random (default 1)", OPT_U64, seed),
	ROW(0, "out", "DIR",
	    "folder for the results (run: default results/runs); - for a measure: its records on "
	    "stdout",
	    OPT_STRING, out),
	ROW('f', "format", "FORMAT",
	    "the result as a report: text, markdown, junit, github, or another of "
	    "'beebench list reporters'",
	    OPT_STRING, format),
	ROW(0, "quick", NULL, "fewer and shorter rounds", OPT_FLAG, quick),
	ROW(0, "json", NULL, "one JSON object on stdout instead of text", OPT_FLAG, json),
	ROW('q', "quiet", NULL, "no progress on stderr", OPT_FLAG, quiet),
	ROW('v', "verbose", NULL, "say more on stderr", OPT_FLAG, verbose),
	{0},
};

int cli_parse(struct cli *cli, const char *command, const char *help, size_t words,
	      const char *usage, int argc, char *argv[])
{
	size_t nwords = 0;
	char whole[64];
	int rest, err;
	bool dashes;

	*cli = (struct cli){.seed = 1};
	snprintf(whole, sizeof(whole), "beebench %s", command);
	err = opt_parse(cli_options, whole, argc, argv, cli, &rest, &dashes);
	/* Options may stand before, between and after the words. */
	while (!err && rest < argc && !dashes && nwords < words) {
		cli->words[nwords++] = argv[rest];
		argv += rest;
		argc -= rest;
		err = opt_parse(cli_options, whole, argc, argv, cli, &rest, &dashes);
	}
	if (err == OPT_HELP) {
		printf("usage: %s [options] %s%s[-- COMMAND [ARG..]]\n%s\n\n", whole, usage,
		       *usage ? " " : "", help);
		opt_print(cli_options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (cli->out) {
		struct strbuf name = STRBUF_INIT;

		err = result_out_name(cli->out, &name);
		cli->out = cli->out_name = strbuf_detach(&name);
		if (err)
			return EXIT_USAGE;
	}
	if (nwords < words) {
		log_err("%s: give it %zu names: %s %s", whole, words, whole, usage);
		return EXIT_USAGE;
	}
	if (rest < argc && !dashes) {
		log_err("%s: unexpected word '%s'; a command goes after '--'", whole, argv[rest]);
		return EXIT_USAGE;
	}
	log_init("beebench", cli->verbose ? LOG_DEBUG : LOG_INFO);
	if (rest < argc) {
		cli->parsed = calloc(1, sizeof(*cli->parsed));
		if (!cli->parsed)
			return EXIT_USAGE;
		workload_from_command(&cli->parsed[0], argv + rest);
		cli->nparsed = 1;
	}
	return -1;
}

const char **cli_split(const struct opt_list *list)
{
	size_t bytes = 1, words = 1;
	const char **out;
	char *at;

	for (size_t i = 0; i < list->n; i++) {
		bytes += strlen(list->item[i]) + 1;
		words++;
		for (const char *c = list->item[i]; *c; c++)
			words += *c == ',';
	}
	out = calloc(1, words * sizeof(*out) + bytes);
	if (!out)
		return NULL;
	at = (char *)(out + words);
	words = 0;
	for (size_t i = 0; i < list->n; i++) {
		char *save = NULL;

		strcpy(at, list->item[i]);
		for (char *w = strtok_r(at, ",", &save); w; w = strtok_r(NULL, ",", &save))
			out[words++] = w;
		at += strlen(list->item[i]) + 1;
	}
	return out;
}

static void add_item(struct opt_list *list, const char *item)
{
	if (list->n < ARRAY_SIZE(list->item))
		list->item[list->n++] = item;
}

const char **cli_kernels(const struct opt_list *list)
{
	struct opt_list named = {.n = 0};

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->item[i], "all") != 0) {
			add_item(&named, list->item[i]);
			continue;
		}
		for (const char *const *k = vm_kernels_all; *k; k++)
			add_item(&named, *k);
	}
	return cli_split(&named);
}

/* "mmap:count=3,size=5,brk": a word with '=' and no ':' before it belongs to the workload before.
 */
static bool continues(const char *word)
{
	size_t eq = strcspn(word, "=");

	return word[eq] && !memchr(word, ':', eq);
}

static int parse_workloads(struct cli *cli)
{
	const char **words = cli_split(&cli->workloads);
	int err = 0;
	size_t n = 0;

	if (!words)
		return -ENOMEM;
	while (words[n])
		n++;
	cli->parsed = realloc(cli->parsed, (cli->nparsed + n + 1) * sizeof(*cli->parsed));
	for (size_t i = 0; words[i] && !err;) {
		struct strbuf spec = STRBUF_INIT;

		strbuf_addstr(&spec, words[i++]);
		for (; words[i] && continues(words[i]); i++)
			strbuf_addf(&spec, ",%s", words[i]);
		err = workload_parse(&cli->parsed[cli->nparsed], spec.s, cli->seed);
		cli->nparsed += !err;
		strbuf_release(&spec);
	}
	free(words);
	return err;
}

int cli_check_events(const char *const *events)
{
	const char *near;

	for (; *events; events++) {
		if (timed_event_find(*events) >= 0)
			continue;
		near = timed_event_suggest(*events);
		log_err("no event '%s'; %s%s%s", *events,
			near ? "did you mean '" : "there are " TIMED_EVENT_NAMES, near ? near : "",
			near ? "'?" : "");
		return -EINVAL;
	}
	return 0;
}

static const char *timing_option(const struct cli *cli)
{
	return cli->load.prepare   ? "prepare"
	       : cli->load.setup   ? "setup"
	       : cli->load.cleanup ? "cleanup"
	       : cli->parameters.n ? "parameter-list"
				   : NULL;
}

int cli_check_taken(const struct cli *cli, const char *command, unsigned int takes)
{
	const struct {
		unsigned int is;
		bool given;
		const char *what;
	} all[] = {
		{TAKES_COMMAND, cli->nparsed, "command behind '--'"},
		{TAKES_WORKLOADS, cli->workloads.n, "--workload"},
		{TAKES_EVENTS, cli->events.n, "--event"},
		{TAKES_KERNELS, cli->kernels.n, "--kernel"},
	};
	char path[PATH_MAX];

	if (timing_option(cli) && !(takes & TAKES_LOAD)) {
		log_err("--%s is for commands that are timed: 'beebench overhead -- CMD'",
			timing_option(cli));
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].given && !(takes & all[i].is)) {
			log_err("%s takes no %s: nothing of it would be measured; leave it out",
				command, all[i].what);
			return -EINVAL;
		}
	/* Not after the time for all the rest. */
	if (cli->nparsed && takes & TAKES_LOAD &&
	    subproc_find_program(cli->parsed[0].command[0], path, sizeof(path)) == -ENOENT) {
		log_err("no such program: %s", cli->parsed[0].command[0]);
		return -ENOENT;
	}
	return 0;
}

int cli_make_run(struct cli *cli, struct run *run)
{
	int err;

	for (size_t i = 0; i < cli->parameters.n; i++)
		cli->parameter_list[i] = cli->parameters.item[i];
	cli->load.parameters = cli->parameter_list;
	err = hyperfine_check(&cli->load);
	if (err)
		return err;
	run->load = &cli->load;
	err = parse_workloads(cli);
	if (err)
		return err;
	cli->monitor_names = cli_split(&cli->monitors);
	cli->event_names = cli_split(&cli->events);
	cli->kernel_names = cli_kernels(&cli->kernels);
	cli->suite_names = cli_split(&cli->suites);
	if (!cli->monitor_names || !cli->event_names || !cli->kernel_names || !cli->suite_names)
		return -ENOMEM;
	err = cli_check_events(cli->event_names);
	if (err)
		return err;
	run->monitors = cli->monitor_names;
	run->events = cli->event_names;
	run->kernels = cli->kernel_names;
	run->workloads = cli->parsed;
	run->nworkloads = cli->nparsed;
	run->means = cli->means;
	run->seconds = cli->seconds;
	run->seed = cli->seed;
	run->quick = cli->quick;
	return 0;
}

void cli_release(struct cli *cli)
{
	for (size_t i = 0; i < cli->nparsed; i++)
		workload_release(&cli->parsed[i]);
	free(cli->parsed);
	free(cli->out_name);
	free(cli->monitor_names);
	free(cli->event_names);
	free(cli->kernel_names);
	free(cli->suite_names);
	*cli = (struct cli){0};
}
