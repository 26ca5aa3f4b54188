/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * beebench.json in the root of a project: what of it is measured beside what, how its objects are
 * built, its policy, and where results go (docs/ci.md has the keys).
 */
#ifndef HARNESS_SUITE_H
#define HARNESS_SUITE_H

#include "harness/compare/policy.h"
#include "harness/plugin.h"
#include "lib/base.h"
#include "lib/names.h"

#define SUITE_FILE "beebench.json"
enum { SUITE_SCHEMA = 1 };

/* Parameters of one measure, as -o takes them. */
struct suite_options {
	const struct measure_ops *measure;
	char *text; /* owned */
};

struct suite {
	char *name, *build; /* owned; @build NULL: the project's */
	/* As they stand in the file. No workloads, events or kernels: what the measure takes by
	 * itself. */
	struct names monitors, workloads, measures, events, kernels;
	struct suite_options *options;
	size_t noptions;
	double seconds; /* 0: not said */
	bool quick;
};

struct suite_file {
	char *path;			 /* of the file, as messages call it */
	char *root;			 /* its folder, with a '/' at the end; "": where we are */
	char *build, *results, *history; /* NULL: not said */
	bool has_policy;
	struct gate_policy policy; /* the defaults where the file has none */
	struct suite *suites;
	size_t n;
};

/* Reads @text of @path. Returns 0, or -EINVAL after saying "FILE:LINE:COLUMN: KEY: what is
 * allowed", or what policy_read() does. suite_file_release() is due in any case. */
int suite_file_parse(struct suite_file *f, const char *path, const char *text);

/*
 * The file of the project that we stand in: in the working folder, or above it as far as the root
 * of its git repository. Returns 1 when there is one, 0 when there is none, or -errno after saying
 * why it cannot be read. suite_file_release() is due in any case.
 */
int suite_file_find(struct suite_file *f);
void suite_file_release(struct suite_file *f);

/* True of a measure that a suite may have. */
bool suite_has_measure(const char *name);

/* True when the suite is among @chosen (names, ended by NULL; none: all) and has @measure (NULL:
 * any). */
bool suite_is_chosen(const struct suite *s, const char *const *chosen, const char *measure);
/* Is each of @chosen there? Returns 0, or -EINVAL after naming the nearest. */
int suite_check_names(const struct suite_file *f, const char *const *chosen);

/* The measure by which suites say that a gate is for them; NULL where none of them says so: it is
 * for all. */
const char *suite_gate(const struct suite_file *f);
/* What builds the chosen suites, and their monitors as they stand in the file: each once, added to
 * @out. */
void suite_file_commands(const struct suite_file *f, const char *const *chosen, const char *measure,
			 struct names *out);
void suite_file_monitors(const struct suite_file *f, const char *const *chosen, const char *measure,
			 struct names *out);

/* A monitor of the file as beebench is to find it from here: to be freed. A name stays one; a path
 * is below the project's root. */
char *suite_monitor_path(const struct suite_file *f, const char *monitor);
/* True of a monitor that is a file of the project. */
bool suite_is_path(const char *monitor);

/* One suite as a run: what the user named goes first. */
struct suite_run {
	struct run run;
	char **monitors;		/* owned: paths */
	const char **events, **kernels; /* owned; NULL: those of @run */
	struct workload *workloads;
	size_t nworkloads;
};

/*
 * @made->run is @run with what @s says where the user chose nothing. It points into both. Returns
 * 0, or -EINVAL after saying which workload or event is none. suite_run_release() is due in any
 * case.
 */
int suite_run_make(struct suite_run *made, const struct suite_file *f, const struct suite *s,
		   const struct run *run);
void suite_run_release(struct suite_run *made);
/* -o of @m in this suite; NULL: none. */
const char *suite_options_of(const struct suite *s, const struct measure_ops *m);

/*
 * Runs what builds the chosen suites, in the project's root. Returns 0, -EINTR, or -EIO after
 * saying how it ended and the last it printed.
 */
int suite_file_build(const struct suite_file *f, const char *const *chosen, const char *measure);

#endif
