/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much of a calibration fits into a time, as a pure function. */
#ifndef HARNESS_CAL_PLAN_H
#define HARNESS_CAL_PLAN_H

#include "lib/base.h"

enum cal_part {
	CAL_AA,	      /* the gate's decision on equal objects */
	CAL_COVERAGE, /* do intervals hold what they should: alone, and beside memory hogs */
	CAL_POWER,    /* is a small difference found */
	CAL_RARE,     /* a slow path that few events take */
	CAL_LINEARITY,
	CAL_CLEAR, /* how long a clear difference takes */
	CAL_EXACT, /* do boots of the exact lane agree */
	CAL_PARTS
};

extern const char *const cal_part_names[CAL_PARTS + 1]; /* "aa", ..; ended by NULL */

/* What a part does. */
struct cal_share_of_plan {
	bool on;
	unsigned int runs; /* comparisons; of CAL_COVERAGE, in each regime; of CAL_LINEARITY,
			      points; of CAL_EXACT, boots of each kernel */
	double run_s;	   /* of one: budget where it is used up, else about */
	double long_s;	   /* CAL_POWER, CAL_RARE: of the comparison that tells the true size */
	double total_s;	   /* about */
	bool whole;	   /* as much as the targets are stated for */
};

struct cal_plan {
	struct cal_share_of_plan part[CAL_PARTS];
	double total_s;
};

struct cal_wish {
	double seconds;	      /* in all; 0: what the targets are stated for */
	bool quick;	      /* without the exact lane; 60 s unless @seconds says otherwise */
	uint64_t runs;	      /* of every part; 0: by @seconds */
	uint64_t boots;	      /* of each kernel; 0: by @seconds */
	int only;	      /* an enum cal_part; CAL_PARTS: all */
	unsigned int regimes; /* of CAL_COVERAGE */
	unsigned int points;  /* of CAL_LINEARITY */
	unsigned int kernels; /* of CAL_EXACT */
};

void cal_plan_make(struct cal_plan *plan, const struct cal_wish *wish);

#endif
