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

enum { RESULT_SCHEMA = 1 };

struct sink; /* opaque */

/*
 * A sink that keeps records in memory and, when @path is not NULL, writes each as a line there.
 * Returns 0, or -errno after saying why.
 */
int sink_open(struct sink **out, const char *path);
/* Takes over @record, which must have a "type". Returns 0, or -errno after saying why (disk full):
 * the run should end. */
int sink_emit(struct sink *s, struct json_object *record);
/* All records so far: a JSON array the sink owns. */
struct json_object *sink_records(struct sink *s);
/* Flushes and closes. Returns 0 or -errno (data did not reach the disk). */
int sink_close(struct sink *s);

/* The record of type "run": schema, id, time, command, host facts, tool versions. The caller owns
 * it. */
struct json_object *result_run_header(int argc, char *const argv[], bool quick, uint64_t seed);
/* {"centre":..,"low":..,"high":..,"confidence":..}; the caller owns it. */
struct json_object *result_interval(double centre, double low, double high, double confidence);
struct json_object *result_doubles(const double *v, size_t n);

struct run_file {
	struct json_object *header;  /* type "run" */
	struct json_object *records; /* array of the others, in order */
	struct json_object *end;     /* type "end", NULL when the run was cut short */
	const char *dir;	     /* folder of the run: plots/ is below it */
};

/* Reads a run: @path is the folder or its run.json. Returns 0, or -errno after saying what is
 * wrong, with file and line. */
int run_file_read(struct run_file **out, const char *path);
void run_file_release(struct run_file *r);

#endif
