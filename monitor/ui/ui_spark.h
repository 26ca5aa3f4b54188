/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Small pictures made of characters: sparklines, charts of a few lines, bars. Pure. */
#ifndef MONITOR_UI_SPARK_H
#define MONITOR_UI_SPARK_H

#include "lib/strbuf.h"

struct spark_range {
	double low, high; /* of the values that are known; NAN when none is */
};

struct spark_range spark_range_of(const double *y, size_t n);

/*
 * Puts @n samples, oldest first, into @cells equal steps of time: @out[i] is the latest sample up
 * to the end of step i, NAN before the first. @age_s: s before the latest, falling to 0.
 */
void spark_steps(const double *age_s, const double *y, size_t n, double *out, size_t cells);

/*
 * Appends line @line (0: the top) of a chart @lines high, one cell a value; every value that is
 * known has at least the lowest mark, NAN is a blank. Values that are all equal stand at half
 * height.
 */
void spark_chart(const double *y, size_t n, struct spark_range range, unsigned int lines,
		 unsigned int line, bool ascii, struct strbuf *out);

/* Appends a bar of @value / @max of @cells cells, not padded; nothing for 0 or what is not known,
 * else at least its thinnest mark. */
void spark_bar(double value, double max, unsigned int cells, bool ascii, struct strbuf *out);

#endif
