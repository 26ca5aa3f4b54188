/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The screen of `memprof live`. */
#ifndef MEMPROF_LIVE_SCREEN_H
#define MEMPROF_LIVE_SCREEN_H

#include "memprof/live/model.h"
#include "memprof/looks/alert.h"

/* 0, or -ENOTTY after saying that this is no terminal. */
int screen_check(void);
/* Shows the model until q, or a signal that ends it; asks for a newer profile each @interval_s, and
 * holds each against @alerts (NULL: none). 0, or -errno after saying why. */
int live_screen(struct watched_model *m, double interval_s, struct profile_alerts *alerts);

#endif
