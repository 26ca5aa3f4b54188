/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sub-commands of beebench. Each takes its own argv (argv[0] is its name) and returns an exit
 * code. */
#ifndef HARNESS_COMMANDS_H
#define HARNESS_COMMANDS_H

#include "harness/plugin.h"

int command_doctor(int argc, char *argv[]);
/* doctor --hooks; returns an exit code. */
int doctor_hooks(bool json);
int command_list(int argc, char *argv[]);
int command_new(int argc, char *argv[]);
int command_run(int argc, char *argv[]);
int command_report(int argc, char *argv[]);
/* Two saved runs held against each other: 'report RUN RUN', 'compare RUN RUN', which judges. An
 * exit code: 3 where they have nothing in common, 1 where @judge and a verdict or a counted figure
 * is not the same. */
int command_report_two(const char *a, const char *b, bool judge);
int command_gate(int argc, char *argv[]);
int command_calls(int argc, char *argv[]);
int command_history(int argc, char *argv[]);
int command_merge(int argc, char *argv[]);
int command_vm(int argc, char *argv[]);
int command_plan(int argc, char *argv[]);
/* verify, overhead, ringbuf, exact: argv[0] names the measure. */
int command_measure(int argc, char *argv[]);

struct cli;
struct sink;
struct suite_file;

/*
 * Do the suites of the project say what is measured? Where neither a monitor nor a command was
 * named. @measure: which they must have (NULL: any). Returns 1 with the file read, 0, or -errno
 * after saying why. suite_file_release() is due in any case.
 */
int command_find_suites(const struct cli *cli, const char *measure, struct suite_file *f);
/* Does a chosen suite have @measure? */
bool command_has_suite(const struct cli *cli, const struct suite_file *f, const char *measure);
/*
 * Runs @m in each chosen suite that has it, with parameters @params (NULL: the suite's), behind a
 * `suite` record. Returns as measure_run(); what one suite cannot keeps no other back.
 */
int command_run_suites(const struct cli *cli, const struct suite_file *f,
		       const struct measure_ops *m, struct run *run);

/*
 * A sink for the records of a command. With @dir (--out; may be NULL) they are kept there behind
 * @header, which it takes over, and command_emit_end() is due; @dir "-": they go to stdout, without
 * header and end. Returns 0 or -errno after saying why.
 */
int command_open_sink(const char *dir, struct json_object *header, struct sink **sink);
/* The folder @path, and those above it. Returns 0 or -errno after saying why. */
int command_make_folder(const char *path);
/* True when --out @dir (may be NULL) is a folder, so that a header is written. */
bool command_keeps(const char *dir);
/* "objects" of a run's header (docs/results.md): those of @run, those of the chosen suites that
 * have
 * @measure (NULL: any). */
void command_put_objects(struct json_object *header, const struct run *run);
void command_put_suite_objects(struct json_object *header, const struct cli *cli,
			       const struct suite_file *f, const char *measure,
			       const struct run *run);
/* beebench run --cell: one cell of the suites into @dir. Returns an exit code. */
int command_cell(const struct cli *cli, const struct suite_file *f, struct run *run,
		 const char *dir, int argc, char *argv[]);
int command_emit_end(struct sink *sink, int code, uint64_t elapsed_ns);
/* Prints @records by @print, which lays them out for a person; what they hold is made harmless. */
void command_print(void (*print)(struct json_object *records, FILE *out),
		   struct json_object *records);
/* The reporter of that name, or NULL after saying which is near. */
const struct reporter_ops *command_reporter(const char *name);

#endif
