/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The time lane of a comparison. */
#include "lib/base.h"
#include "harness/gate/gate_lanes.h"

int gate_time(struct gate_job *job, const char *cannot)
{
	judge_cannot(job->policy, &job->pair, GATE_TIME,
		     cannot ? cannot : "this version does not judge by time yet", job->out);
	return 0;
}
