/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From what was typed to an attachment: which process, how much of it, by which probes. */
#ifndef MEMPROF_ATTACH_PROCESS_H
#define MEMPROF_ATTACH_PROCESS_H

#include "lib/base.h"
#include "lib/opt.h"
#include "memprof/attach/attach.h"

struct attach_choices {
	const char *way;
	uint64_t pid, every, rate, live;
	bool slow, usdt;
};

/* The rows that all who attach have, of an option table whose struct has a struct attach_choices at
 * @at. */
#define ATTACH_ROWS(at)                                                                            \
	{'p', "pid", "PID", "the process", OPT_U64, (at) + offsetof(struct attach_choices, pid)},  \
		{0,	  "rate",                                                                  \
		 "BYTES", "take an allocation each so many bytes on average",                      \
		 OPT_U64, (at) + offsetof(struct attach_choices, rate)},                           \
		{0,	   "usdt",                                                                 \
		 NULL,	   "read the probes otel_memory:alloc and :free that the program offers",  \
		 OPT_FLAG, (at) + offsetof(struct attach_choices, usdt)},                          \
	{                                                                                          \
		0, "slow", NULL, "also at places where the kernel single-steps: far dearer",       \
			OPT_FLAG, (at) + offsetof(struct attach_choices, slow)                     \
	}

/* 0, or -errno after saying what cannot be; @name is the command's. */
int attach_check(const struct attach_choices *c, const char *name);
/* Attaches, and says to what and, behind it, @more. 0 or -errno after saying why. */
int attach_process(struct attachment **out, const struct attach_choices *c, const char *more);
/* The exit code of an error of attach_process(). */
int attach_code(int err);

#endif
