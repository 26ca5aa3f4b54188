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
/* Two saved runs held against each other: 'report RUN RUN', 'compare RUN RUN'. */
int command_report_two(const char *a, const char *b);
int command_gate(int argc, char *argv[]);
int command_vm(int argc, char *argv[]);
/* verify, overhead, ringbuf, exact: argv[0] names the measure. */
int command_measure(int argc, char *argv[]);

struct sink;

/*
 * A sink for the records of a command. With @dir (--out; may be NULL) they are kept there with a
 * header before them, and command_emit_end() is due; @dir "-": they go to stdout, without header
 * and end. Returns 0 or -errno after saying why.
 */
int command_open_sink(const char *dir, int argc, char *argv[], bool quick, uint64_t seed,
		      struct sink **sink);
int command_emit_end(struct sink *sink, int code, uint64_t elapsed_ns);
/* Prints @records by @print, which lays them out for a person; what they hold is made harmless. */
void command_print(void (*print)(struct json_object *records, FILE *out),
		   struct json_object *records);
/* The reporter of that name, or NULL after saying which is near. */
const struct reporter_ops *command_reporter(const char *name);

#endif
