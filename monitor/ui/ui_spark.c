/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Small pictures made of characters: sparklines, charts of a few lines, bars. */
#include "lib/base.h"
#include "monitor/ui/ui_spark.h"

#include <math.h>

/* Marks of a cell that is filled to 1/8 .. 8/8. */
enum { EIGHTHS = 8 };
static const char *const up_blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const up_ascii[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
static const char *const right_blocks[] = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

struct spark_range spark_range_of(const double *y, size_t n)
{
	struct spark_range r = {NAN, NAN};

	for (size_t i = 0; i < n; i++) {
		if (isnan(y[i]))
			continue;
		if (isnan(r.low) || y[i] < r.low)
			r.low = y[i];
		if (isnan(r.high) || y[i] > r.high)
			r.high = y[i];
	}
	return r;
}

void spark_steps(const double *age_s, const double *y, size_t n, double *out, size_t cells)
{
	double window_s = n ? age_s[0] : 0, value = NAN;
	size_t next = 0;

	for (size_t i = 0; i < cells; i++) {
		double end_age_s = window_s * (double)(cells - 1 - i) / (double)MAX(cells, 1u);

		/* The first sample is as old as the window: it belongs to the first step. */
		while (next < n && age_s[next] >= end_age_s)
			value = y[next++];
		out[i] = value;
	}
}

void spark_chart(const double *y, size_t n, struct spark_range range, unsigned int lines,
		 unsigned int line, bool ascii, struct strbuf *out)
{
	const char *const *marks = ascii ? up_ascii : up_blocks;
	double span = range.high - range.low;
	int below = (int)((lines - 1 - line) * EIGHTHS); /* eighths of the lines below this one */

	for (size_t i = 0; i < n; i++) {
		int filled;

		if (isnan(y[i])) {
			strbuf_addch(out, ' ');
			continue;
		}
		filled = span > 0 ? (int)lround((y[i] - range.low) / span * (lines * EIGHTHS - 1)) +
					    1
				  : (int)lines * EIGHTHS / 2;
		filled = MIN(filled - below, EIGHTHS);
		strbuf_addstr(out, filled > 0 ? marks[filled - 1] : " ");
	}
}

void spark_bar(double value, double max, unsigned int cells, bool ascii, struct strbuf *out)
{
	unsigned int filled;

	if (!(value > 0) || !(max > 0))
		return;
	filled = (unsigned int)lround(MIN(value / max, 1.0) * cells * EIGHTHS);
	filled = MAX(filled, 1u);
	if (ascii) /* whole cells only */
		filled = (filled + EIGHTHS - 1) / EIGHTHS * EIGHTHS;
	for (; filled >= EIGHTHS; filled -= EIGHTHS)
		strbuf_addstr(out, ascii ? "#" : right_blocks[EIGHTHS - 1]);
	if (filled)
		strbuf_addstr(out, right_blocks[filled - 1]);
}
