/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof report and memprof diff: a profile, or two, in one of the forms. */
#include "lib/base.h"
#include "memprof/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/suggest.h"
#include "memprof/profile_file.h"
#include "memprof/report/report.h"

struct report_options {
	const char *format, *value, *views, *split, *output;
	uint64_t top, at;
	bool diff, fast;
};

#define OPTION(field) offsetof(struct report_options, field)

static const struct opt options[] = {
	{'f', "format", "FORMAT", "text (default), json, folded, pprof, speedscope, html, csv",
	 OPT_STRING, OPTION(format)},
	{'v', "value", "FIGURE",
	 "what is ordered by: bytes (default), allocs, live, live-blocks, peak, peak-blocks, "
	 "temporary",
	 OPT_STRING, OPTION(value)},
	{'w', "views", "LIST",
	 "of text, with commas: top, stacks, tree, leaks, peak, temporary, histogram, threads, "
	 "processes, timeline, or all",
	 OPT_STRING, OPTION(views)},
	{'n', "top", "N", "how many of each list (default 20; 0: all)", OPT_U64, OPTION(top)},
	{'s', "split", "BY", "processes or threads as the outermost frames: process, thread",
	 OPT_STRING, OPTION(split)},
	{0, "by", "BY", "the same as --split", OPT_STRING, OPTION(split)},
	{'d', "diff", NULL, "hold two profiles against each other: what B has more than A",
	 OPT_FLAG, OPTION(diff)},
	{0, "at", "N", "of a recording the N-th profile, from 1 (default: the last)", OPT_U64,
	 OPTION(at)},
	{0, "fast", NULL, "names of functions only: no lines, no inlined functions", OPT_FLAG,
	 OPTION(fast)},
	OUTPUT_ROWS("write to this file instead of stdout", OPTION(output)),
	{0},
};

static const struct report_format *find_format(const char *name)
{
	const char *names[16], *near;
	size_t n = 0;

	for (const struct report_format *f = report_formats; f->name; f++) {
		if (!strcmp(f->name, name))
			return f;
		names[n++] = f->name;
	}
	near = suggest_nearest(name, names, n);
	log_err("report: no format '%s'%s%s%s", name,
		near ? "; did you mean '" : "; see 'memprof report --help'", near ? near : "",
		near ? "'?" : "");
	return NULL;
}

static int find_value(const char *name, size_t *value)
{
	const char *names[REPORT_VALUES], *near;

	*value = report_value_find(name);
	if (*value < REPORT_VALUES)
		return 0;
	for (size_t i = 0; i < REPORT_VALUES; i++)
		names[i] = report_values[i].name;
	near = suggest_nearest(name, names, REPORT_VALUES);
	log_err("report: no figure '%s'%s%s%s", name,
		near ? "; did you mean '" : "; see 'memprof report --help'", near ? near : "",
		near ? "'?" : "");
	return -EINVAL;
}

static int find_split(const char *name, enum report_split *split)
{
	*split = SPLIT_NONE;
	if (!name)
		return 0;
	if (!strcmp(name, "process"))
		*split = SPLIT_PROCESS;
	else if (!strcmp(name, "thread"))
		*split = SPLIT_THREAD;
	else {
		log_err("report: --split takes process or thread, not '%s'", name);
		return -EINVAL;
	}
	return 0;
}

/* As memprof_command_parse(). */
static int parse(const struct memprof_command *c, int argc, char *argv[], struct report_options *o,
		 const char *files[2])
{
	int n, code = memprof_command_parse_files(c, argc, argv, o, &n);

	if (code >= 0)
		return code;
	if (n > 2) {
		log_err("%s: '%s' is one file too many", c->name, argv[2]);
		return EXIT_USAGE;
	}
	if (!n) {
		log_err("%s: which profile? give the FILE of 'memprof run -o FILE -- CMD'",
			c->name);
		return EXIT_USAGE;
	}
	for (int i = 0; i < n; i++)
		files[i] = argv[i];
	return -1;
}

static int check(const struct memprof_command *c, const struct report_options *o,
		 const struct report_format *format, const char *files[2])
{
	if (o->diff && !files[1]) {
		log_err("%s: a difference is of two profiles; one was given", c->name);
		return -EINVAL;
	}
	if (files[1] && !format->two) {
		log_err("%s: %s shows one profile; two are held against each other as text, json "
			"or html",
			c->name, format->name);
		return -EINVAL;
	}
	for (int i = 0; o->output && i < 2 && files[i]; i++)
		if (outfile_is(o->output, files[i])) {
			log_err("%s: -o %s is the profile %s, which would be lost; name another "
				"file",
				c->name, o->output, files[i]);
			return -EINVAL;
		}
	return 0;
}

static int read_side(struct report_side *side, const char *file, const struct report_options *o)
{
	struct symbols_options symbols = {.names_only = o->fast};
	struct profile *p;
	int err = o->at ? profile_read_at(&p, file, o->at) : profile_read(&p, file);

	if (!err)
		report_side_set(side, file, p, &symbols);
	return err;
}

static int write_out(const struct strbuf *text, const char *file)
{
	int err = 0;

	/* What is lost of stdout std_close() notices. */
	if (!file || !strcmp(file, "-"))
		fwrite(text->s, 1, text->len, stdout);
	else
		err = outfile_write(file, text->s, text->len, 0666);
	if (err)
		log_err_sys(err, "cannot write %s", file);
	return err;
}

/* Some formats have no sign for what is not known, and 0 would be a lie. */
static int check_value(const struct report *r, const char *command)
{
	for (int side = 0; side < 2 && r->side[side].p; side++)
		if (!report_value_known(r->value, r->side[side].p)) {
			log_err("%s: %s has no '%s': %s was not watched; see 'memprof %s --help' "
				"for other figures",
				command, r->side[side].name, report_values[r->value].name,
				report_values[r->value].title, command);
			return -EINVAL;
		}
	return 0;
}

static int run(const struct memprof_command *c, int argc, char *argv[], bool diff)
{
	struct report_options o = {.format = "text", .value = "bytes", .top = 20, .diff = diff};
	const char *files[2] = {NULL, NULL};
	struct strbuf text = STRBUF_INIT;
	const struct report_format *format;
	struct report r = {0};
	int err, code = parse(c, argc, argv, &o, files);

	if (code >= 0)
		return code;
	format = find_format(o.format);
	err = format ? find_value(o.value, &r.value) : -EINVAL;
	if (!err)
		err = find_split(o.split, &r.split);
	if (!err)
		err = check(c, &o, format, files);
	r.top = o.top;
	r.views = o.views;
	for (size_t i = 0; !err && i < 2 && files[i]; i++)
		err = read_side(&r.side[i], files[i], &o);
	if (!err)
		err = check_value(&r, c->name);
	if (!err)
		err = format->render(&r, &text);
	if (!err)
		err = write_out(&text, o.output);
	report_side_release(&r.side[0]);
	report_side_release(&r.side[1]);
	strbuf_release(&text);
	return err ? EXIT_USAGE : EXIT_OK;
}

static int run_report(int argc, char *argv[]);
static int run_diff(int argc, char *argv[]);

const struct memprof_command memprof_command_report = {
	.name = "report",
	.usage = "[options] FILE [FILE]",
	.help = "a profile as text, json, folded, pprof, speedscope, html or csv",
	.more = "FILE is what 'memprof run -o FILE' and its sisters write. Two are held against "
		"each other.\n",
	.options = options,
	.run = run_report,
};

const struct memprof_command memprof_command_diff = {
	.name = "diff",
	.usage = "[options] A B",
	.help = "what B has more than A: as 'report --diff A B'",
	.options = options,
	.run = run_diff,
};

static int run_report(int argc, char *argv[])
{
	return run(&memprof_command_report, argc, argv, false);
}

static int run_diff(int argc, char *argv[])
{
	return run(&memprof_command_diff, argc, argv, true);
}
