/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A measure that needs no quiet (exact counts instructions in guests) runs in a process of its own
 * beside one that needs none either and mostly waits (verify). What it finds, and what it says, is
 * kept until its turn comes.
 */
#ifndef HARNESS_COMMAND_BESIDE_H
#define HARNESS_COMMAND_BESIDE_H

#include "harness/measure.h"
#include "harness/result.h"
#include "lib/subproc.h"

struct beside {
	const struct measure_ops *measure; /* NULL: none was started */
	const struct run *run;
	struct subproc child;
	int records, words; /* files in memory: a record a line; what went to stderr */
};

/*
 * Starts @m as @run has it. One CPU is none to spare, and then nothing is started. beside_end() is
 * due in any case.
 */
void beside_start(struct beside *b, const struct measure_ops *m, const struct run *run);
/* Waits until it has ended; 0, or -EINTR. */
int beside_wait(struct beside *b);
/* Its words to stderr, its records to @sink. Returns as measure_run(), or -ECHILD when it was
 * killed. */
int beside_take(struct beside *b, struct sink *sink);
/* Ends it where it still runs. */
void beside_end(struct beside *b);

#endif
