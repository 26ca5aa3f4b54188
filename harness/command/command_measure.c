/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One measure from the command line: verify, overhead, ringbuf, exact. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/command/cli.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/report/report.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/suite/suite.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

static void print_json(const struct measure_ops *m, struct json_object *records, int code)
{
	struct json_object *o;

	if (m->summary) {
		o = m->summary(records);
	} else {
		o = json_object_new_object();
		record_put_i64(o, "schema", RESULT_SCHEMA);
		record_put_str(o, "command", m->name);
		record_put(o, "records", json_object_get(records));
	}
	record_put_str(o, "status", exit_word(code));
	record_put_json(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, stdout);
	json_object_put(o);
}

static void print_text(const struct measure_ops *m, struct json_object *records)
{
	if (!report_print(m->name, records, stdout) && m->print)
		command_print(m->print, records);
}

void command_print(void (*print)(struct json_object *records, FILE *out),
		   struct json_object *records)
{
	struct json_object *clean = record_printable(records);
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	print(clean, f);
	fclose(f);
	printable_put(stdout, text);
	json_object_put(clean);
	free(text);
}

static bool streams(const char *dir)
{
	return dir && !strcmp(dir, "-");
}

bool command_keeps(const char *dir)
{
	return dir && !streams(dir);
}

int command_make_folder(const char *path)
{
	struct strbuf folder = STRBUF_INIT;
	int err;

	strbuf_addf(&folder, "%s/", path);
	err = outfile_make_above(folder.s);
	if (err)
		log_err_sys(err, "cannot make the folder %s; choose another with --out DIR", path);
	strbuf_release(&folder);
	return err;
}

int command_open_sink(const char *dir, struct json_object *header, struct sink **sink)
{
	struct strbuf path = STRBUF_INIT;
	int err = 0;

	if (command_keeps(dir))
		err = command_make_folder(dir);
	if (dir)
		strbuf_addf(&path, streams(dir) ? "-" : "%s/run.json", dir);
	err = err ? err : sink_open(sink, dir ? path.s : NULL);
	strbuf_release(&path);
	if (!err && command_keeps(dir))
		return sink_emit(*sink, header);
	json_object_put(header);
	return err;
}

int command_emit_end(struct sink *sink, int code, uint64_t elapsed_ns)
{
	const char *status = run_outcome(code);

	return sink_emit(sink, result_end(sink_records(sink), status, code, elapsed_ns));
}

/* What was measured, as @reporter tells it; from DIR where there is one, with its pictures. */
static int render(const struct reporter_ops *reporter, const struct cli *cli, struct sink *sink,
		  int code, int argc, char *argv[], uint64_t elapsed_ns)
{
	const char *status = run_outcome(code);
	struct json_object *records = sink_records(sink);
	struct run_file *file = NULL, made = {.records = records};
	int err;

	if (cli->out) {
		err = run_file_read(&file, cli->out);
		if (!err)
			err = reporter->render(file, stdout);
		run_file_release(file);
	} else {
		made.header = result_run_header(argc, argv, cli->quick, cli->seed);
		made.end = result_end(records, status, code, elapsed_ns);
		err = reporter->render(&made, stdout);
		json_object_put(made.header);
		json_object_put(made.end);
	}
	return err;
}

/* The file begins as the records of a run do, whatever it is called. */
static bool begins_as_run(const char *path)
{
	char head[64] = "";
	struct stat st;
	FILE *f = !stat(path, &st) && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;

	if (!f)
		return false;
	head[fread(head, 1, sizeof(head) - 1, f)] = '\0';
	fclose(f);
	return strstr(head, "\"type\":\"run\"") || strstr(head, "\"type\": \"run\"");
}

/* A saved run, and no monitor: a folder with a run.json, or that file. */
static bool is_run(const char *word)
{
	struct strbuf path = STRBUF_INIT;
	bool is;

	strbuf_addf(&path, "%s/run.json", word);
	is = !access(path.s, R_OK) || str_ends_with(word, "/run.json") || begins_as_run(word);
	strbuf_release(&path);
	return is;
}

static struct json_object *header_of(const struct cli *cli, const struct suite_file *suites,
				     const struct measure_ops *m, const struct run *run, int argc,
				     char *argv[])
{
	struct json_object *header = result_run_header(argc, argv, cli->quick, cli->seed);

	if (suites)
		command_put_suite_objects(header, cli, suites, m->name, run);
	else
		command_put_objects(header, run);
	return header;
}

int command_measure(int argc, char *argv[])
{
	struct json_object *header = NULL;
	const struct reporter_ops *reporter = NULL;
	uint64_t start_ns = clock_ns();
	const struct measure_ops *m = measure_find(argv[0]);
	struct suite_file suites = {0};
	struct run run = {0};
	struct cli cli;
	int code, err, found = 0;

	if (!m) {
		log_err("this beebench was built without '%s'", argv[0]);
		return EXIT_USAGE;
	}
	code = cli_parse(&cli, argv[0], m->help, m->words, m->usage ? m->usage : "", argc, argv);
	if (code >= 0)
		goto out;
	code = EXIT_USAGE;
	if (m->words == 2 && is_run(cli.words[0]) && is_run(cli.words[1])) {
		if (cli.json || (cli.format && strcmp(cli.format, "text") != 0) || cli.out)
			log_err("compare: two runs are held against each other as text only");
		else
			code = command_report_two(cli.words[0], cli.words[1], true);
		goto out;
	}
	if (cli.format)
		reporter = command_reporter(cli.format);
	if (cli.format && !reporter)
		goto out;
	if (cli.cell) {
		log_err("--cell is of 'beebench run': beebench run --cell %s --out DIR", cli.cell);
		goto out;
	}
	if (cli_check_taken(&cli, m->name, m->takes) || cli_make_run(&cli, &run))
		goto out;
	if (suite_has_measure(m->name)) {
		found = command_find_suites(&cli, m->name, &suites);
	} else if (cli.suites.n) {
		log_err("%s takes no suites: name its monitors", m->name);
		goto out;
	}
	if (found < 0 || (found && suite_file_build(&suites, cli.suite_names, m->name)))
		goto out;
	if (m->words)
		run.monitors = cli.words;
	if (command_keeps(cli.out))
		header = header_of(&cli, found ? &suites : NULL, m, &run, argc, argv);
	if (command_open_sink(cli.out, header, &run.sink))
		goto out;
	run.progress = progress_new(cli.quiet ? PROGRESS_NONE : PROGRESS_AUTO);
	if (found)
		err = command_run_suites(&cli, &suites, m, &run);
	else
		err = measure_run(m, cli.params, &run);
	progress_free(run.progress);
	code = measure_exit_code(m, sink_records(run.sink), err);
	if (cli.json && !streams(cli.out))
		print_json(m, sink_records(run.sink), code);
	else if (!reporter && !streams(cli.out))
		print_text(m, sink_records(run.sink));
	if (cli.out && !streams(cli.out) && command_emit_end(run.sink, code, clock_ns() - start_ns))
		code = EXIT_USAGE;
	/* The records stand in DIR by now; pictures that cannot be drawn cost no verdict. */
	if (cli.out && !streams(cli.out) && report_write_all(cli.out))
		log_warn("the report in %s is not whole; see above", cli.out);
	if (reporter && !cli.json &&
	    render(reporter, &cli, run.sink, code, argc, argv, clock_ns() - start_ns))
		code = EXIT_USAGE;
	if (err == -EINTR)
		log_warn("interrupted: what was measured until then is above, it is not the whole");
out:
	if (run.sink && sink_close(run.sink))
		code = EXIT_USAGE;
	suite_file_release(&suites);
	cli_release(&cli);
	return code;
}
