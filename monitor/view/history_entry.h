/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One process of the history: what is kept of it, and how a frame changes it. For history.c. */
#ifndef MONITOR_HISTORY_ENTRY_H
#define MONITOR_HISTORY_ENTRY_H

#include "monitor/view/series.h"

enum { HISTORY_RATES = 7 };

struct entry {
	uint64_t start_ns;
	double first_s; /* when its RSS was first known, since the history's first frame */
	double before[HISTORY_RATES]; /* counters of the frame before */
	uint32_t pid;
	uint32_t frames;       /* with RSS known */
	uint32_t kb;	       /* RSS of the frame before; 4 TiB and more are one */
	struct series *series; /* owned; NULL for most */
};

struct history {
	struct trend_rule rule;
	struct entry *entries; /* sorted as the rows of a frame: by pid, then start */
	size_t n, cap;
	uint64_t first_ns, latest_ns; /* CLOCK_MONOTONIC; 0: no frame yet */
	/* Judging two thousand slopes takes a process some 15 us: when very many are due in a frame
	 * the rest has its turn in the next ones. */
	size_t judged;		  /* in this frame */
	uint32_t turn, next_turn; /* the lowest pid whose turn it is */
};

/* From the frame before to this one. */
struct step {
	double before_s, now_s; /* of the history */
	double dt;		/* 0: the first frame */
};

/* @row is of the frame at @s, @e what is known of its process, @fresh: nothing yet. Fills in the
 * row's rates, trend and verdict, and keeps what the next frame needs. 0 or -ENOMEM. */
int entry_update(struct history *h, struct entry *e, struct proc_row *row, const struct step *s,
		 bool fresh);
/* What is computed here is offered in @f->fields where what it is computed from is. */
void entry_offer(struct frame *f);
/* Its RSS has changed: there is a series of points. */
bool entry_has_points(const struct entry *e);
/* As it was judged last. */
void entry_trend(const struct history *h, const struct entry *e, struct trend *out);

#endif
