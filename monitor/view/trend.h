/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does it grow? Theil-Sen slope with its rank interval (Sen 1968): the median of the slopes of all
 * pairs of samples, robust to a quarter of wild ones, no model of the noise. Samples that follow
 * each other are not independent: the variance behind the interval is multiplied as by Hamed and
 * Rao (Journal of Hydrology 204, 1998), with the lag-one autocorrelation of the residuals' ranks to
 * the power of the lag (Yue and Wang, Water Resources Management 18, 2004). docs/leaks.md is for
 * people. Pure.
 */
#ifndef MONITOR_TREND_H
#define MONITOR_TREND_H

#include "lib/strbuf.h"
#include "monitor/frame.h"

/* Of more samples than these every second, third, .. is used, the latest always. */
enum { TREND_SAMPLES = 64 };

struct trend {
	double slope, low, high; /* y per s; 95 % interval, infinite where nothing bounds it */
	double late; /* slope of the later half; NAN where it has less than four samples */
	size_t n;
	double window_s;
	enum verdict verdict;
	const char *because; /* why it is no more than unsure; NULL: the figures say so */
};

/*
 * What matters is @steady_share of the median value per hour, and at least @steady_bytes over the
 * window. Growing: the interval is above 0, the slope is at least what matters, and the later half
 * has not levelled off (its slope is at least a quarter of the whole's). Shrinking: the same
 * downwards. Steady: the whole interval is within what matters. Else unsure.
 *
 * The latest half, quarter and eighth of the samples are asked too, as far as they are
 * @min_samples, so that a leak that begins late is not outvoted by what was before: one that moves
 * where the whole does not, or faster, is what is told, when it has left every value before behind
 * and goes half as far again as those strayed. What the whole cannot tell the half may call steady.
 * @n and
 * @window_s are of the samples that were asked.
 */
struct trend_rule {
	size_t min_samples;  /* fewer: too early (default 8) */
	double min_window_s; /* shorter: too early (default 20) */
	double steady_share; /* growth per hour below this share of the value is steady (default
				0.05) */
	double steady_bytes; /* and so is growth of less over the window: a few pages come and go
				(default 16384) */
};
extern const struct trend_rule trend_default;

/* @t in s, rising; @y in bytes. */
void trend_of(const double *t, const double *y, size_t n, const struct trend_rule *rule,
	      struct trend *out);
/* Appends "growing 1.2 MiB/min (0.9 to 1.5), 32 samples in 93 s" or why it cannot be told. */
void trend_words(const struct trend *t, struct strbuf *out);
extern const char *const
	verdict_names[VERDICT_COUNT]; /* "too early", "steady", "unsure", "growing", "shrinking" */
/* From the harmless to what wants a look; 0: too early, which is not known. */
int verdict_rank(uint8_t verdict);
const char *verdict_name(const struct proc_row *row); /* what no verdict is: "too early" */

#endif
