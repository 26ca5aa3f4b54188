/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes OpenMetrics 1.0 text, and the older Prometheus text 0.0.4, which has no units and names
 * counters by their samples. A value that is not finite has no sample: the format has no null, and
 * 0 would be a lie.
 */
#ifndef LIB_OPENMETRICS_H
#define LIB_OPENMETRICS_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct openmetrics_family {
	const char *name, *help;
	const char *unit; /* what the name ends in, or NULL */
	bool counter;	  /* its samples end in "_total"; else a gauge */
};

struct openmetrics {
	struct strbuf *out;
	const char *prefix; /* before each family's name, with its '_'; "" for none */
	bool older;	    /* the text format 0.0.4 */
	int digits;	    /* of a value */
};

/* Appends name="value", after a comma where @labels has some already; the value is escaped. */
void openmetrics_label(struct strbuf *labels, const char *name, const char *value);
/* HELP, TYPE and UNIT of @f. */
void openmetrics_head(const struct openmetrics *m, const struct openmetrics_family *f);
/* A sample of @f with @labels, as openmetrics_label() made them; "": it has none. */
void openmetrics_sample(const struct openmetrics *m, const struct openmetrics_family *f,
			const char *labels, double value);
/* The last line of OpenMetrics; the older text has none. */
void openmetrics_end(const struct openmetrics *m);

#endif
