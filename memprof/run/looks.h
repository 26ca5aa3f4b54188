/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at what runs, each some seconds, while it runs: the profile so far is written to the file,
 * which `memprof live`, `serve` and `report` then read. In a recording each look stays; otherwise
 * the file is the latest, and whole at any moment. Each look is a point of the profile's timeline.
 */
#ifndef MEMPROF_RUN_LOOKS_H
#define MEMPROF_RUN_LOOKS_H

#include "memprof/run/follow.h"

struct looks {
	const char *path; /* borrowed */
	uint64_t each_ns; /* 0: none are taken */
	uint64_t next_ns; /* of CLOCK_MONOTONIC */
	int recording;	  /* descriptor, or -1 */
	bool failed;	  /* no more are taken */
};

/* 0 or -errno after saying why. @seconds 0 and no recording: none are taken. */
int looks_open(struct looks *l, const char *path, double seconds, bool record);
/* Milliseconds until the next one, for poll(2); -1: there is none. */
int looks_wait_ms(const struct looks *l);
/* Takes one where it is due. */
void looks_take(struct looks *l, struct follow *f);
/* Writes @p, the last. 0 or -errno after saying why. */
int looks_finish(struct looks *l, const struct profile *p);
void looks_close(struct looks *l);

#endif
