/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench history: runs kept in a database, their curves, and a verdict on the ends of these. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/command/cli.h"
#include "harness/history/history.h"
#include "harness/record_put.h"
#include "harness/report/report.h"
#include "harness/result.h"
#include "harness/suite/suite.h"
#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/printable.h"
#include "lib/suggest.h"

#define DEFAULT_DB "results/history.db"

struct history_options {
	const char *db, *revision;
	struct opt_list monitors, figures;
	uint64_t last;
	bool html, json, list, quiet;
};

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct history_options, field)             \
	}
static const struct opt options[] = {
	ROW('d', "db", "FILE",
	    "the database (default beebench.json's \"history\", or " DEFAULT_DB ")", OPT_STRING,
	    db),
	ROW('r', "revision", "REV", "import: the commit that the runs belong to, whatever they say",
	    OPT_STRING, revision),
	ROW('m', "monitor", "MON,..", "show, check: of these monitors alone", OPT_LIST, monitors),
	ROW('F', "figure", "FIG,..",
	    "show, check: these figures alone, as in exact.mmap,static.jited_bytes,overhead.brk",
	    OPT_LIST, figures),
	ROW('n', "last", "N",
	    "check: steps within the last N runs (default 1 of exact figures, 10 of times)",
	    OPT_U64, last),
	ROW('l', "list", NULL, "show: a line for each curve", OPT_FLAG, list),
	ROW(0, "html", NULL, "show: a page with a picture for each curve", OPT_FLAG, html),
	ROW(0, "json", NULL, "show: one JSON object on stdout instead of text", OPT_FLAG, json),
	ROW('q', "quiet", NULL, "import: no line for each run", OPT_FLAG, quiet),
	{0},
};

struct history_command {
	struct history_options o;
	struct history *h;
	const char **monitors, **figures; /* owned */
	struct strbuf path;
};

/* --- import --- */

struct tally {
	size_t taken, known, refused;
};

static void import_run(struct history_command *c, const char *path, struct tally *t)
{
	struct run_file *run = NULL;
	struct history_import done;
	int err = run_file_read(&run, path);

	if (!err)
		err = history_import(c->h, run, path, c->o.revision, &done);
	run_file_release(run);
	if (err < 0) {
		t->refused++;
		return;
	}
	*(err ? &t->taken : &t->known) += 1;
	if (c->o.quiet)
		return;
	if (!err)
		printable_line(stdout, "%s: is there already", path);
	else
		printable_line(stdout, "%s: %zu figure%s", path, done.figures,
			       done.figures == 1 ? "" : "s");
	if (done.twice)
		log_warn("%s: %zu figures stand there twice; the first counts", path, done.twice);
}

static bool is_run(const char *path)
{
	struct strbuf file = STRBUF_INIT;
	struct stat st;
	bool is = !stat(path, &st) && !S_ISDIR(st.st_mode);

	strbuf_addf(&file, "%s/run.json", path);
	is = is || !access(file.s, F_OK);
	strbuf_release(&file);
	return is;
}

static int no_link(const struct dirent *d)
{
	return d->d_name[0] != '.' && d->d_type != DT_LNK;
}

/* A run, or a folder of runs; the link to the newest is one of them. */
static void import_path(struct history_command *c, const char *path, struct tally *t)
{
	struct dirent **list = NULL;
	int n;
	bool any = false;

	if (is_run(path)) {
		import_run(c, path, t);
		return;
	}
	n = scandir(path, &list, no_link, alphasort);
	for (int i = 0; i < n; i++) {
		struct strbuf below = STRBUF_INIT;

		strbuf_addf(&below, "%s/%s", path, list[i]->d_name);
		if (is_run(below.s) && list[i]->d_type != DT_REG) {
			any = true;
			import_run(c, below.s, t);
		}
		strbuf_release(&below);
		free(list[i]);
	}
	free(list);
	if (n < 0)
		log_err_sys(-errno, "cannot read %s", path);
	else if (!any)
		log_err("%s is no run and no folder of runs: there is no run.json", path);
	t->refused += n < 0 || !any;
}

static int import(struct history_command *c, int n, char *const paths[])
{
	struct tally t = {0};

	for (int i = 0; i < n; i++)
		import_path(c, paths[i], &t);
	printf("%zu run%s taken, %zu already there, %zu not taken\n", t.taken,
	       t.taken == 1 ? "" : "s", t.known, t.refused);
	return t.refused ? EXIT_USAGE : EXIT_OK;
}

/* --- show and check --- */

/* Nothing is shown of what is not there: it may be misspelt. */
static int unknown_figure(struct history_command *c)
{
	struct history_curves all;
	struct names monitors = {0}, figures = {0};
	const char *near = NULL, *what = "monitor", *word = NULL;

	if (history_read(c->h, NULL, NULL, &all))
		return EXIT_USAGE;
	for (size_t i = 0; i < all.n; i++) {
		names_add(&monitors, all.v[i].monitor);
		names_add(&figures, all.v[i].figure);
	}
	for (size_t i = 0; c->monitors[i] && !word; i++)
		if (names_find(&monitors, c->monitors[i]) == monitors.n)
			word = c->monitors[i];
	if (word)
		near = suggest_nearest(word, (const char *const *)monitors.v, monitors.n);
	for (size_t i = 0; c->figures[i] && !word; i++)
		if (names_find(&figures, c->figures[i]) == figures.n) {
			what = "figure";
			word = c->figures[i];
			near = suggest_nearest(word, (const char *const *)figures.v, figures.n);
		}
	if (!all.n)
		log_err("the history %s has no figures yet", c->path.s);
	else if (word)
		log_err("the history %s has no %s '%s'%s%s%s", c->path.s, what, word,
			near ? "; did you mean '" : "; see 'beebench history show --list'",
			near ? near : "", near ? "'?" : "");
	else
		log_err("the history %s has no such figure of such a monitor", c->path.s);
	names_release(&monitors);
	names_release(&figures);
	history_curves_release(&all);
	return EXIT_INCONCLUSIVE;
}

/* Text of a database of anybody's making is made harmless at the end. */
static void put_text(const struct history_curves *curves, bool list)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	history_print(curves, list, f);
	fclose(f);
	printable_put(stdout, text);
	free(text);
}

static int show(struct history_command *c)
{
	struct history_curves curves;
	struct json_object *doc;
	int code = EXIT_USAGE;

	if (history_read(c->h, c->monitors, c->figures, &curves))
		goto out;
	code = curves.n ? EXIT_OK : unknown_figure(c);
	if (!curves.n)
		goto out;
	if (c->o.json) {
		doc = history_json(&curves);
		record_put_json(doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE,
				stdout);
		json_object_put(doc);
	} else if (c->o.html) {
		history_page(&curves, stdout);
	} else {
		put_text(&curves, c->o.list);
	}
out:
	history_curves_release(&curves);
	return code;
}

static int check(struct history_command *c)
{
	struct history_curves curves;
	struct history_verdict v = {0};
	char *text = NULL;
	size_t size = 0;
	int code = EXIT_USAGE;
	FILE *f;

	if (history_read(c->h, c->monitors, c->figures, &curves))
		goto out;
	if (!curves.n) {
		code = unknown_figure(c);
		goto out;
	}
	f = open_memstream(&text, &size);
	if (!f)
		abort();
	history_check(&curves, c->o.last, &v, f);
	fclose(f);
	printable_put(stdout, text);
	free(text);
	code = v.worse ? EXIT_BAD : v.judged ? EXIT_OK : EXIT_INCONCLUSIVE;
out:
	history_curves_release(&curves);
	return code;
}

/* --- the command --- */

static int make_above(const char *path)
{
	int err = outfile_make_above(path);

	if (err)
		log_err_sys(err, "cannot make the folder of %s", path);
	return err;
}

/* --db, or the project's, or the default. */
static int find_database(struct history_command *c)
{
	struct suite_file f = {0};
	int found = 0;

	if (c->o.db)
		strbuf_addstr(&c->path, c->o.db);
	else
		found = suite_file_find(&f);
	if (found > 0)
		strbuf_addf(&c->path, "%s%s", f.history && *f.history == '/' ? "" : f.root,
			    f.history ? f.history : DEFAULT_DB);
	else if (!c->o.db)
		strbuf_addstr(&c->path, DEFAULT_DB);
	suite_file_release(&f);
	return found < 0 ? found : 0;
}

static int run(struct history_command *c, const char *verb, int n, char *const words[])
{
	bool writes = !strcmp(verb, "import");
	int code = EXIT_USAGE;

	if (writes && !n) {
		log_err("history import: which runs? Name their folders, or the folder that has "
			"them");
		return EXIT_USAGE;
	}
	c->monitors = cli_split(&c->o.monitors);
	c->figures = cli_split(&c->o.figures);
	if (!c->monitors || !c->figures || find_database(c) || (writes && make_above(c->path.s)))
		return EXIT_USAGE;
	if (!history_open(&c->h, c->path.s, writes))
		code = writes ? import(c, n, words) : !strcmp(verb, "check") ? check(c) : show(c);
	history_close(c->h);
	return code;
}

static int parse(struct history_options *o, int argc, char *argv[], const char **verb, char **words,
		 int *n)
{
	static const char *const verbs[] = {"import", "show", "check"};
	const char *near;
	int rest, err = 0;
	size_t i = 0;

	while (!err) {
		err = opt_parse(options, "beebench history", argc, argv, o, &rest, NULL);
		if (err || rest >= argc)
			break;
		words[(*n)++] = argv[rest];
		argv += rest;
		argc -= rest;
	}
	if (err)
		return err;
	if (!*n) {
		log_err("history: what is to be done? import, show or check");
		return -EINVAL;
	}
	*verb = words[0];
	while (i < ARRAY_SIZE(verbs) && strcmp(verbs[i], *verb) != 0)
		i++;
	near = suggest_nearest(*verb, verbs, ARRAY_SIZE(verbs));
	if (i == ARRAY_SIZE(verbs)) {
		log_err("history: no '%s'; %s%s%s", *verb,
			near ? "did you mean '" : "there are import, show and check",
			near ? near : "", near ? "'?" : "");
		return -EINVAL;
	}
	if (i && *n > 1) {
		log_err("history %s: unexpected word '%s'", *verb, words[1]);
		return -EINVAL;
	}
	return 0;
}

int command_history(int argc, char *argv[])
{
	struct history_command c = {.path = STRBUF_INIT};
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	const char *verb = NULL;
	int n = 0, code = EXIT_USAGE, err;

	if (!words)
		abort();
	/* The database undoes by itself what was half done. */
	report_end_on_signals();
	err = parse(&c.o, argc, argv, &verb, words, &n);
	if (err == OPT_HELP) {
		puts("usage: beebench history import RUN.. | show | check [options]\n"
		     "Runs kept in a database, a curve for each figure, and its steps. check: exit "
		     "code 1 where the\nlast runs are worse, 3 where nothing can be told.\n");
		opt_print(options, stdout);
		code = EXIT_OK;
	} else if (!err) {
		code = run(&c, verb, n - 1, words + 1);
	}
	free(c.monitors);
	free(c.figures);
	free(words);
	strbuf_release(&c.path);
	return code;
}
