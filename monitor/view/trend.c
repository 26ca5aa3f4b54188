/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of the verdicts. */
#include "lib/base.h"
#include "monitor/view/trend.h"

const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_TOO_EARLY] = "too early", [VERDICT_STEADY] = "steady",
	[VERDICT_UNSURE] = "unsure",	   [VERDICT_GROWING] = "growing",
	[VERDICT_SHRINKING] = "shrinking",
};
