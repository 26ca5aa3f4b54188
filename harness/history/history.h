/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs kept over the time: a SQLite database with a line for each run and a number for each of its
 * figures (figures.h), and what is told of them: a curve for each figure, and its steps (steps.h).
 */
#ifndef HARNESS_HISTORY_H
#define HARNESS_HISTORY_H

#include <stdio.h>

#include <json-c/json.h>

#include "harness/result.h"
#include "lib/base.h"

struct history; /* opaque */

/*
 * Opens the database @path; with @write it is made where it is not there. Returns 0, or -errno
 * after saying why: there is none, it is no database, or of a newer schema.
 */
int history_open(struct history **h, const char *path, bool write);
void history_close(struct history *h);

struct history_import {
	size_t figures; /* taken */
	size_t twice;	/* stood there twice in the run: the first was taken */
};

/*
 * Takes the figures of @run, in one transaction; @revision (NULL: the header's) is the commit that
 * they belong to. Returns 1, or 0 when that run is there already, or -errno after saying why: it
 * has no id, or was cut short.
 */
int history_import(struct history *h, const struct run_file *run, const char *path,
		   const char *revision, struct history_import *out);

struct history_point {
	char *run, *started, *commit; /* @commit NULL: not known */
	bool dirty;		      /* with changes that were not committed */
	double value, low, high;
};

/* One curve: a figure of a monitor on a kernel; of times on one machine, too. */
struct history_series {
	char *monitor, *figure, *kernel, *unit;
	char *machine; /* in words; NULL of exact figures, which are the same on all */
	bool exact;
	struct history_point *points; /* in the order of their commits, then of their time */
	size_t n;
	size_t *steps; /* places of points that begin another level */
	size_t nsteps;
};

struct history_curves {
	struct history_series *v;
	size_t n;
};

/* The curves of those monitors and figures (lists ended by NULL; empty or NULL: all), steps and
 * all. Returns 0 or -errno after saying why. history_curves_release() is due in any case. */
int history_read(struct history *h, const char *const *monitors, const char *const *figures,
		 struct history_curves *out);
void history_curves_release(struct history_curves *c);

/* The level before and behind step @i: medians. */
double history_before(const struct history_series *s, size_t i);
double history_after(const struct history_series *s, size_t i);

/* A table for each curve; with @short_form a line. */
void history_print(const struct history_curves *c, bool short_form, FILE *out);
/* One HTML page with a picture for each curve. */
void history_page(const struct history_curves *c, FILE *out);
/* {"schema","command","series":[..]}; the caller owns it. */
struct json_object *history_json(const struct history_curves *c);

/* What `history check` found. */
struct history_verdict {
	size_t judged, too_short, worse, better;
};

/*
 * Judges each curve: has it a step within its last @last points (0: the last one of exact figures,
 * the last ten of times)? Says each on @out. Times of fewer than STEPS_FEWEST runs and exact
 * figures of one are too short.
 */
void history_check(const struct history_curves *c, size_t last, struct history_verdict *v,
		   FILE *out);

#endif
