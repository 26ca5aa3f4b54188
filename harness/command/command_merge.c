/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench merge: runs of many machines become one, and say what they say together. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/merge/cells.h"
#include "harness/merge/merge.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/printable.h"

struct merge_options {
	const char *out, *cells;
	bool quiet;
};

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct merge_options, field)               \
	}
static const struct opt options[] = {
	ROW('o', "out", "DIR", "the folder of the merged run; it must hold no run of its own",
	    OPT_STRING, out),
	ROW(0, "cells", "FILE",
	    "what 'beebench plan --cells' printed: cells of it without a result are named, exit "
	    "code 2",
	    OPT_STRING, cells),
	ROW('q', "quiet", NULL, "no words on stdout", OPT_FLAG, quiet),
	{0},
};

/* The folder and its run.json, which is there as a whole or not at all. */
static int write_run(const struct parts *p, const char *dir, const struct names *plan,
		     struct merge_result *r)
{
	struct strbuf file = STRBUF_INIT;
	int err;

	*r = (struct merge_result){.text = STRBUF_INIT};
	err = parts_may_become(dir);
	err = err ? err : command_make_folder(dir);
	strbuf_addf(&file, "%s/run.json", dir);
	err = err ? err : merge_write(p, file.s, plan, r);
	strbuf_release(&file);
	return err;
}

static void tell(const struct merge_result *r)
{
	printf("%zu runs of %zu machines, %llu records", r->runs, r->machines,
	       (unsigned long long)r->records);
	if (r->unfinished)
		printf("; %zu runs were cut short and stay unfinished", r->unfinished);
	putchar('\n');
	if (r->failed || r->void_ || r->skipped)
		printf("%llu checks failed, %llu are void, %llu were skipped\n",
		       (unsigned long long)r->failed, (unsigned long long)r->void_,
		       (unsigned long long)r->skipped);
	if (r->agree || r->differ)
		printf("exact figures: %zu are the same wherever they were measured, %zu differ\n",
		       r->agree, r->differ);
	fputs(r->text.s, stdout);
}

static int verdict(const struct merge_result *r)
{
	if (r->failed || r->differ)
		return EXIT_BAD;
	if (r->unfinished || r->void_ || r->missing)
		return EXIT_USAGE;
	return r->judged && !r->not_run ? EXIT_OK : EXIT_INCONCLUSIVE;
}

static int run(const struct merge_options *o, char **words, int n)
{
	struct parts p = {0};
	struct names plan = {0};
	struct merge_result r = {.text = STRBUF_INIT};
	int err = o->cells ? merge_plan_read(&plan, o->cells) : 0, code = EXIT_USAGE;

	for (int i = 0; i < n && !err; i++)
		err = parts_add(&p, words[i]);
	err = err ? err : parts_unite(&p);
	err = err ? err : write_run(&p, o->out, o->cells ? &plan : NULL, &r);
	if (err == -EINTR) {
		log_warn("interrupted: nothing was written");
		code = EXIT_INCONCLUSIVE;
	}
	if (!err && !o->quiet)
		tell(&r);
	if (!err)
		code = verdict(&r);
	strbuf_release(&r.text);
	parts_release(&p);
	names_release(&plan);
	return code;
}

int command_merge(int argc, char *argv[])
{
	struct merge_options o = {0};
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	int n, code = EXIT_USAGE, err;

	if (!words)
		abort();
	err = opt_parse_words(options, "beebench merge", argc, argv, &o, words, &n);
	if (err == OPT_HELP) {
		puts("usage: beebench merge RUN.. --out DIR\n"
		     "A set union of runs, merged ones too: the same runs give the same bytes. "
		     "Exit "
		     "code 1 where a check\nfailed or an exact figure differs, 2 where a run is "
		     "unfinished or void or a cell\nhas no result, 3 where nothing was judged "
		     "or a cell could be run nowhere.\n");
		opt_print(options, stdout);
		code = EXIT_OK;
	} else if (!err && !n) {
		log_err("merge: which runs? Name their folders: beebench merge RUN.. --out DIR");
	} else if (!err && !o.out) {
		log_err("merge: where to? Give --out DIR");
	} else if (!err) {
		code = run(&o, words, n);
	}
	free(words);
	return code;
}
