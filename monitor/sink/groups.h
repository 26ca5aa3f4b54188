/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes summed by name, user or control group over many frames, for series that last. A counter
 * of a group never falls: it is made of what its processes have counted from one frame to the next,
 * those that have ended too. What belongs to no group that is served is in the rest, so that all of
 * them together are all there is.
 */
#ifndef MONITOR_GROUPS_H
#define MONITOR_GROUPS_H

#include "monitor/frame.h"
#include "monitor/view/view.h"

enum {
	GROUPS_MAX = 20,      /* served at once, the rest among them */
	GROUPS_AT_ONCE = 40,  /* that may come before they have to wait for each other */
	GROUPS_EVERY_S = 180, /* then one comes in so many seconds */
};

#define GROUPS_REST "(rest)"

struct group {
	char *name;	       /* as column_text() has it; NULL: the rest */
	double v[FIELD_COUNT]; /* counters since it came; gauges of now */
	size_t processes;      /* that live */
	double score;	       /* by which they stand */
	double shared_kb;      /* the most that a process of it shares */
	bool served;	       /* before this frame */
};

struct groups {
	enum group_by by;
	struct group served[GROUPS_MAX + 1]; /* @n, the rest last where @rest */
	size_t n;
	bool rest;		   /* there has been one: it stays */
	size_t waiting;		   /* groups that would be served but for GROUPS_EVERY_S */
	size_t known;		   /* groups there are in this frame */
	double total[FIELD_COUNT]; /* counters of all processes of the machine; NAN: not known */
	double ended;		   /* processes that ended */
	/* What is kept from frame to frame. */
	double tokens;
	uint64_t mono_ns;
	bool begun;
	struct counted *before; /* of each row of the frame before */
	size_t nbefore;
};

/* Whether it only grows while a process lives. */
bool groups_counter(enum field f);
/* The frame after the one before, each once; @v: of whom, without an end at the top. @g is zeroed,
 * but for @by, before the first. 0, or -ENOMEM, and the groups are as they were. */
int groups_take(struct groups *g, const struct frame *f, const struct view *v);
void groups_release(struct groups *g);

#endif
