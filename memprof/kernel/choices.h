/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The options that the commands about the kernel's allocations have in common. */
#ifndef MEMPROF_KERNEL_CHOICES_H
#define MEMPROF_KERNEL_CHOICES_H

#include "lib/base.h"
#include "lib/opt.h"
#include "memprof/command.h"
#include "memprof/kernel/tracer.h"
#include "memprof/kernel/watch.h"
#include "memprof/looks/looks.h"

struct choices {
	const char *of, *cgroup, *format;
	uint64_t pid, every, rate, top, stacks, live;
	double seconds;
	bool counts;
	struct looks_options looks;
};

#define CHOICES_INIT                                                                               \
	{                                                                                          \
		.top = 20, .seconds = WATCH_ALWAYS                                                 \
	}

/* Rows of an option table whose struct has a struct choices at @at. */
#define CHOICES_ROWS(at)                                                                           \
	{0,	     "of",                                                                         \
	 "KINDS",    "kmalloc, cache, pages, with commas (default kmalloc,cache)",                 \
	 OPT_STRING, (at) + offsetof(struct choices, of)},                                         \
		{0,	  "every",                                                                 \
		 "N",	  "take each N-th allocation with its stack; 1: all of them",              \
		 OPT_U64, (at) + offsetof(struct choices, every)},                                 \
		{0,	  "rate",                                                                  \
		 "BYTES", "take an allocation each so many bytes on average (default 16384)",      \
		 OPT_U64, (at) + offsetof(struct choices, rate)},                                  \
		{'p',	  "pid",                                                                   \
		 "PID",	  "of this process alone",                                                 \
		 OPT_U64, (at) + offsetof(struct choices, pid)},                                   \
		{0,	     "cgroup",                                                             \
		 "PATH",     "of what runs in this cgroup and below it",                           \
		 OPT_STRING, (at) + offsetof(struct choices, cgroup)},                             \
		{0,	     "seconds",                                                            \
		 "S",	     "end after so long (default: on Ctrl-C, or with the command)",        \
		 OPT_DOUBLE, (at) + offsetof(struct choices, seconds)},                            \
		{'f',	     "format",                                                             \
		 "FORMAT",   "text (default), json, folded, pprof, speedscope, html, csv",         \
		 OPT_STRING, (at) + offsetof(struct choices, format)},                             \
		OUTPUT_ROWS("write the profile to this file, for memprof report",                  \
			    (at) + offsetof(struct choices, looks.out)),                           \
		{0,	  "top",                                                                   \
		 "N",	  "show so many of each list (default 20; 0: all)",                        \
		 OPT_U64, (at) + offsetof(struct choices, top)},                                   \
		{0,	  "stacks",                                                                \
		 "N",	  "room for so many different stacks (default 16384)",                     \
		 OPT_U64, (at) + offsetof(struct choices, stacks)},                                \
		{0,	  "live-max",                                                              \
		 "N",	  "room for so many live blocks (default 524288)",                         \
		 OPT_U64, (at) + offsetof(struct choices, live)},                                  \
		LOOKS_ROWS((at) + offsetof(struct choices, looks))

/* Fills @t by them; @name is the command's, in errors, and @command: it has one to run. 0 or
 * -EINVAL after saying why. */
int choices_fill(const struct choices *c, const char *name, bool command, struct tracer_options *t);

/* The exit code of an error of tracer_open(). */
int choices_code(int err);

#endif
