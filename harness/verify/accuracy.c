/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list of findings; what they are is the subject's (harness/subjects/). */
#include "lib/base.h"
#include "harness/verify/accuracy.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

double accuracy_error_pct(const struct accuracy_finding *f)
{
	double truth = (double)f->truth;

	return f->truth ? 100.0 * ((double)f->captured - truth) / fabs(truth) : NAN;
}

void accuracy_add(struct accuracy *out, const char *metric, const char *unit, accuracy_amount truth,
		  accuracy_amount captured, const char *why, ...)
{
	struct accuracy_finding *f = &out->finding[out->n];
	va_list ap;

	if (out->n == ACCURACY_MAX)
		return;
	*f = (struct accuracy_finding){
		.metric = metric, .unit = unit, .truth = truth, .captured = captured};
	va_start(ap, why);
	vsnprintf(f->why, sizeof(f->why), why, ap);
	va_end(ap);
	out->n++;
}
