/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Progress on stderr: a bar with the time left on a terminal, a plain line every few seconds
 * elsewhere. Draws only inside its own calls: no thread and no timer that would disturb a
 * measurement. While a bar is shown, lines of lib/log.h clear it first.
 */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stdio.h>

#include "lib/base.h"

struct progress;

/* AUTO: a bar when stderr is a terminal that can move its cursor (TERM is not "dumb"), else lines.
 * NO_COLOR is honoured. */
enum progress_mode { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_NONE };

struct progress *progress_new(enum progress_mode mode);
/* As above, on @out instead of stderr and with another clock (NULL: CLOCK_MONOTONIC). For tests. */
struct progress *progress_new_on(enum progress_mode mode, FILE *out, uint64_t (*now_ns)(void));
/*
 * A phase of @steps steps of about @seconds_per_step each follows. Plan all phases before the first
 * step to see the time left of all of them; planning one again that has not begun replaces its
 * plan.
 */
void progress_plan(struct progress *p, const char *phase, unsigned int steps,
		   double seconds_per_step);
/*
 * The phase of that name begins: what was planned before it counts as done, however many steps it
 * took. Without this call a phase begins when the steps of the one before are used up.
 */
void progress_begin(struct progress *p, const char *phase);
/* A step begins; @fmt says which ("memmon x mmap"). */
void progress_step(struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Seconds that the steps not yet finished will take, from the plan and from the steps so far. */
double progress_seconds_left(const struct progress *p);
/* Clears the bar, so that other text can be written; the next step draws it again. */
void progress_clear(struct progress *p);
void progress_free(struct progress *p);

#endif
