/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at what is profiled, each some seconds, while it goes on: the profile so far is written to
 * the file, which `memprof live`, `serve` and `report` then read, and is held against the alerts.
 * In a recording each look stays; otherwise the file is the latest, and whole at any moment. Each
 * look is a point of the profile's timeline, of which the latest has all.
 *
 * A recording that would become larger than it may loses every second look, and looks are taken
 * half as often from then on: it spans the whole time, whatever its size.
 */
#ifndef MEMPROF_LOOKS_H
#define MEMPROF_LOOKS_H

#include "lib/base.h"
#include "lib/opt.h"
#include "memprof/looks/alert.h"
#include "memprof/profile.h"

struct looks_options {
	const char *out;   /* the file; NULL: none */
	double interval_s; /* 0: no looks, or each second where something needs them */
	bool record;
	uint64_t record_max; /* bytes; 0: 256 MiB */
	struct opt_list alerts;
};

/* Rows of an option table whose struct has a struct looks_options at @at; the file's is not among
 * them. */
#define LOOKS_ROWS(at)                                                                             \
	{0,	     "interval",                                                                   \
	 "S",	     "write the profile each so many seconds too: for live and serve",             \
	 OPT_DOUBLE, (at) + offsetof(struct looks_options, interval_s)},                           \
		{0,	   "record",                                                               \
		 NULL,	   "keep all of these in the file, a recording (default: each second)",    \
		 OPT_FLAG, (at) + offsetof(struct looks_options, record)},                         \
		{0,	  "record-max",                                                            \
		 "BYTES", "record: keep every second one before it is larger (default 256M)",      \
		 OPT_U64, (at) + offsetof(struct looks_options, record_max)},                      \
	{                                                                                          \
		'a', "alert", "QUERY[=>CMD]",                                                      \
			"exit 1 in the end when a process has matched; run CMD when one does",     \
			OPT_LIST, (at) + offsetof(struct looks_options, alerts)                    \
	}

struct looks {
	const char *path; /* borrowed */
	uint64_t each_ns; /* 0: none are taken */
	uint64_t next_ns; /* of CLOCK_MONOTONIC */
	bool writes;	  /* looks go to the file, too */
	bool quiet, failed;
	int held;		     /* the file's name; negative: it is nobody's */
	struct recording *recording; /* NULL: the file is the latest look */
	struct profile_alerts *alerts;
	struct profile_point *points; /* owned; bounded */
	size_t npoints;
};

/* 0 or -errno after saying why; @name is the command's, in errors. @quiet: alerts are not said.
 * Also what could not be opened is ended by looks_close(). */
int looks_open(struct looks *l, const struct looks_options *o, const char *name, bool quiet);
/* Milliseconds until the next one, for poll(2); -1: there is none. */
int looks_wait_ms(const struct looks *l);
/* How often to ask whether one is due, where nothing else says when to; 0: none are taken. */
int looks_tick_ms(const struct looks *l);
bool looks_due(const struct looks *l);
/* The look that is due: @p as of now, which is freed. NULL: there is none this time. */
void looks_take(struct looks *l, struct profile *p);
/* The last one, at @p's end: it is written where there is a file. 0 or -errno after saying why. */
int looks_finish(struct looks *l, struct profile *p);
/* What the file has of @p, in a line, and how it is seen. */
void looks_say(const struct looks *l, const struct profile *p);
/* @code, or EXIT_BAD in place of EXIT_OK where an alert fired. */
int looks_exit(const struct looks *l, int code);
void looks_close(struct looks *l);

#endif
