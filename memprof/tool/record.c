/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memprof record: any way of profiling, into a recording. It is the way's own command with
 * --record, and with the file: what is typed behind the way's name are that command's words.
 */
#include "lib/base.h"
#include "memprof/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/suggest.h"

struct record_options {
	const char *out, *interval, *max;
};

#define AT(field) offsetof(struct record_options, field)
static const struct opt options[] = {
	OUTPUT_ROWS("write the recording to this file (default memprof.rec)", AT(out)),
	{'i', "interval", "S", "look each so many seconds (default 1)", OPT_STRING, AT(interval)},
	{0, "record-max", "BYTES",
	 "keep every second look before the file is larger (default 256M)", OPT_STRING, AT(max)},
	{0},
};

static int run(int argc, char *argv[]);

const struct memprof_command memprof_command_record = {
	.name = "record",
	.usage = "[options] run|attach|kernel|both [its options] ..",
	.help = "what run, attach, kernel or both see, look by look, into one file",
	.more = "'memprof replay OUT' shows it again. The file is bounded: it spans all the time, "
		"whatever\nits size, since looks become rarer. As 'memprof run --record', and so "
		"on.\n",
	.options = options,
	.run = run,
};

static const char *const ways[] = {"run", "attach", "kernel", "both"};

static const struct memprof_command *find_way(const char *word)
{
	const char *near = suggest_nearest(word, ways, ARRAY_SIZE(ways));

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		for (const struct memprof_command *const *c = memprof_commands; *c; c++)
			if (!strcmp(ways[i], word) && !strcmp((*c)->name, word))
				return *c;
	log_err("record: '%s' is no way of profiling%s%s%s", word,
		near ? "; did you mean '" : ": run, attach, kernel, both", near ? near : "",
		near ? "'?" : "");
	return NULL;
}

static int run(int argc, char *argv[])
{
	struct record_options o = {.out = "memprof.rec"};
	int rest,
		n = 0,
		code = memprof_command_parse(&memprof_command_record, argc, argv, &o, &rest, NULL);
	const struct memprof_command *way;
	char **words;

	if (code >= 0)
		return code;
	if (rest == argc) {
		log_err("record: what? 'memprof record -o OUT run -- CMD', 'memprof record -o OUT "
			"attach -p PID', kernel or both");
		return EXIT_USAGE;
	}
	way = find_way(argv[rest]);
	if (!way)
		return EXIT_USAGE;
	words = calloc((size_t)(argc - rest) + 8, sizeof(*words));
	if (!words)
		abort();
	words[n++] = argv[rest];
	words[n++] = (char *)(uintptr_t) "--record";
	words[n++] = (char *)(uintptr_t) "-o";
	words[n++] = (char *)(uintptr_t)o.out;
	if (o.interval) {
		words[n++] = (char *)(uintptr_t) "--interval";
		words[n++] = (char *)(uintptr_t)o.interval;
	}
	if (o.max) {
		words[n++] = (char *)(uintptr_t) "--record-max";
		words[n++] = (char *)(uintptr_t)o.max;
	}
	for (int i = rest + 1; i < argc; i++)
		words[n++] = argv[i];
	code = way->run(n, words);
	free(words);
	return code;
}
