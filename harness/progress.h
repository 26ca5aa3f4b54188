/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Progress on stderr: a bar with the time left on a terminal, a plain line every few seconds
 * elsewhere. */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include "lib/base.h"

struct progress;

enum progress_mode { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_NONE };

struct progress *progress_new(enum progress_mode mode);
/* A phase of @steps steps of about @seconds_per_step each follows. */
void progress_plan(struct progress *p, const char *phase, unsigned int steps,
		   double seconds_per_step);
/* A step begins; @fmt says which ("memmon x mmap"). */
void progress_step(struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Clears the bar, so that other text can be written; the next step draws it again. */
void progress_clear(struct progress *p);
void progress_free(struct progress *p);

#endif
