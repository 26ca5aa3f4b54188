/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The screen of `memprof live`. */
#ifndef MEMPROF_LIVE_SCREEN_H
#define MEMPROF_LIVE_SCREEN_H

#include "memprof/live/model.h"

/* Shows the model until q, or a signal that ends it; reads the file again each @interval_s. 0, or
 * -errno after saying why (-ENOTTY: this is no terminal). */
int live_screen(struct watched_model *m, double interval_s);

#endif
