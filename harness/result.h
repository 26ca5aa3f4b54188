/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Results: records (JSON objects, docs/results.md) go through a sink into run.json, one line each,
 * and are read back as a run_file. What was emitted is on disk at once, so that a run cut short
 * keeps what it had.
 */
#ifndef HARNESS_RESULT_H
#define HARNESS_RESULT_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/strbuf.h"

enum { RESULT_SCHEMA = 1 };

struct sink; /* opaque */

/*
 * A sink that keeps records in memory and, when @path is not NULL, writes each as a line there; "-"
 * is stdout. The file is this sink's until it is closed: another that opens it meanwhile gets
 * -EBUSY. Returns 0, or -errno after saying why.
 */
int sink_open(struct sink **out, const char *path);
/*
 * Takes over @record (also on an error), which must have a "type"; later changes of it are not
 * written. Doubles that are no number are written as null. Returns 0, or -errno after saying why
 * (disk full): the run should end. Whole lines written before stay.
 */
int sink_emit(struct sink *s, struct json_object *record);
/* All records so far: a JSON array the sink owns. */
struct json_object *sink_records(struct sink *s);
/* Flushes, closes, frees; accepts NULL. Returns 0 or -errno (data did not reach the disk). */
int sink_close(struct sink *s);

/* A name for this process's run and its folder: it sorts by time, and of many runs that begin in
 * one second no two are called alike. */
const char *result_run_id(void);
/* The folder that --out names, in @out: %h is the machine's name (a node's by Slurm), %t the number
 * of the task in an array of Slurm, of Kubernetes or of parallel, else 0, %i the run's id, %% a
 * percent sign. 0, or -EINVAL after saying which is none. */
int result_out_name(const char *pattern, struct strbuf *out);
/* The record of type "run": schema, id, time, command, host facts, tool versions. The caller owns
 * it. Its "id" is a fresh name for the run's folder. */
struct json_object *result_run_header(int argc, char *const argv[], bool quick, uint64_t seed);
/* The record of type "end": counts the status of the trials in @records. The caller owns it. */
struct json_object *result_end(struct json_object *records, const char *status, int exit_code,
			       uint64_t elapsed_ns);
/* {"centre":..,"low":..,"high":..,"confidence":..}; the caller owns it. */
struct json_object *result_interval(double centre, double low, double high, double confidence);
struct json_object *result_doubles(const double *v, size_t n);
/* Facts of this machine; @root is put before /proc and /sys ("": this machine; tests: a fixture).
 * What cannot be read is null. The caller owns it. */
struct json_object *result_host_facts(const char *root);
/* Versions of the tools used, by running them; null when absent. The caller owns it. */
struct json_object *result_tool_versions(void);

struct run_file {
	struct json_object *header;  /* type "run" */
	struct json_object *records; /* array of the others, in order */
	struct json_object *end;     /* type "end", NULL when the run was cut short */
	const char *dir;	     /* folder of the run: plots/ is below it */
	struct shares *shares; /* private: parts of the records, which are not to be changed */
};

/*
 * Reads a run: @path is the folder or its run.json. Returns 0, or -errno after saying what is
 * wrong, with file and line. A last line that was cut off in the middle is left out with a warning.
 */
int run_file_read(struct run_file **out, const char *path);
/* Its records share what they have in common: none outlives it. */
void run_file_release(struct run_file *r);

#endif
