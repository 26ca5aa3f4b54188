/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Slopes, their interval, and what they mean in words. */
#include "lib/base.h"
#include "monitor/view/trend.h"

#include <string.h>

#include "lib/lesser.h"

const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_TOO_EARLY] = "too early", [VERDICT_STEADY] = "steady",
	[VERDICT_UNSURE] = "unsure",	   [VERDICT_GROWING] = "growing",
	[VERDICT_SHRINKING] = "shrinking",
};

int verdict_rank(uint8_t verdict)
{
	static const int rank[VERDICT_COUNT] = {
		[VERDICT_TOO_EARLY] = 0, [VERDICT_SHRINKING] = 1, [VERDICT_STEADY] = 2,
		[VERDICT_UNSURE] = 3,	 [VERDICT_GROWING] = 4,
	};

	return verdict < VERDICT_COUNT ? rank[verdict] : 0;
}

const char *verdict_name(const struct proc_row *row)
{
	return verdict_names[row->verdict < VERDICT_COUNT ? row->verdict : VERDICT_TOO_EARLY];
}

const struct trend_rule trend_default = {
	.min_samples = 8, .min_window_s = 20, .steady_share = 0.05, .steady_bytes = 16384};

/* Of the normal distribution, both sides. */
static const double Z_95 = 1.959963984540054;
enum { TREND_PAIRS = TREND_SAMPLES * (TREND_SAMPLES - 1) / 2 };

/* The @k-th smallest of @v[0..@n), which is reordered (Hoare 1961): three of two thousand slopes
 * are wanted, and sorting them all would take most of the time. */
static double select_kth(double *v, size_t n, size_t k)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, at = (ptrdiff_t)k;

	while (low < high) {
		ptrdiff_t i = low, j = high;
		double pivot = v[at];

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (pivot < v[j])
				j--;
			if (i <= j) {
				double swap = v[i];

				v[i++] = v[j];
				v[j--] = swap;
			}
		}
		if (j < at)
			low = i;
		if (at < i)
			high = j;
	}
	return v[at];
}

static double median_of(double *v, size_t n)
{
	double upper = select_kth(v, n, n / 2), lower = upper;

	if (n % 2)
		return upper;
	for (size_t i = 0; i < n / 2; i++) /* all below are there, in no order */
		lower = i ? greater(lower, v[i]) : v[0];
	return lower / 2 + upper / 2;
}

/* The slopes of all pairs of samples; of two at one moment there is none. */
static size_t pair_slopes(const double *t, const double *y, size_t n, double *out)
{
	size_t pairs = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (t[j] > t[i])
				out[pairs++] = (y[j] - y[i]) / (t[j] - t[i]);
	return pairs;
}

/* Ranks 1..n; values that are equal share theirs. Adds up t(t-1)(2t+5) over the groups of them. */
static double ranks_of(const double *v, size_t n, double *rank)
{
	double ties = 0;

	for (size_t i = 0; i < n; i++) {
		double below = 0, same = 0;

		for (size_t j = 0; j < n; j++) {
			below += v[j] < v[i];
			same += v[j] == v[i];
		}
		rank[i] = below + (same + 1) / 2;
		ties += (same - 1) * (2 * same + 5); /* each of the group adds its share */
	}
	return ties;
}

/*
 * Lag-one autocorrelation of what the line leaves. Taking a line away makes it look lower than it
 * is, by about (2 + 4 r) / n, which is put back; below 0 it would narrow the interval, and is not
 * used.
 */
static double autocorrelation(const double *t, const double *y, size_t n, double slope)
{
	double rest[TREND_SAMPLES] = {0}, rank[TREND_SAMPLES], mean = ((double)n + 1) / 2;
	double product = 0, square = 0, r;

	for (size_t i = 0; i < n; i++)
		rest[i] = y[i] - y[0] - slope * (t[i] - t[0]);
	ranks_of(rest, n, rank);
	for (size_t i = 0; i < n; i++) {
		square += (rank[i] - mean) * (rank[i] - mean);
		product += i ? (rank[i] - mean) * (rank[i - 1] - mean) : 0;
	}
	if (square <= 0)
		return 0;
	r = product / square;
	r = ((double)n * r + 2) / ((double)n - 4);
	return lesser(greater(r, 0), 0.98);
}

/* What dependence multiplies the variance of Kendall's S with (Hamed and Rao 1998, equation 10). */
static double variance_factor(size_t n, double r)
{
	double sum = 0, power = 1, m = (double)n;

	for (size_t i = 1; i < n; i++) {
		double left = m - (double)i;

		power *= r;
		sum += left * (left - 1) * (left - 2) * power;
	}
	return 1 + 2 * sum / (m * (m - 1) * (m - 2));
}

/* Sen's interval: the slopes that many ranks from the middle as S could have strayed by chance. */
static void set_interval(double *slopes, size_t pairs, double stray, struct trend *out)
{
	double from_end = floor(((double)pairs - stray) / 2); /* from 1 */
	size_t k = (size_t)greater(from_end, 0);

	out->low = -INFINITY;
	out->high = INFINITY;
	if (!k)
		return;
	out->low = select_kth(slopes, pairs, k - 1);
	out->high = select_kth(slopes, pairs, pairs - k);
}

/*
 * What remembers all its past (a heap that takes and gives at random) strays further than any
 * correlation of single lags tells. Where what the line leaves looks like that, the interval takes
 * in the one of a random walk's drift: the mean of the steps, give or take their own scatter.
 */
static void widen_for_walk(const double *t, const double *y, size_t n, struct trend *out)
{
	double steps = (double)n - 1, mean = (y[n - 1] - y[0]) / steps, square = 0, error;
	/* Student's quantile to its first term beyond the normal one */
	double z = Z_95 * (1 + (Z_95 * Z_95 + 1) / (4 * (steps - 1)));

	for (size_t i = 1; i < n; i++)
		square += (y[i] - y[i - 1] - mean) * (y[i] - y[i - 1] - mean);
	error = z * sqrt(square / (steps - 1) / steps);
	out->low = lesser(out->low, (mean - error) * steps / (t[n - 1] - t[0]));
	out->high = greater(out->high, (mean + error) * steps / (t[n - 1] - t[0]));
}

/* It has moved, but no longer does: the later half is far from going on as the whole. */
static bool levelled(const struct trend *t)
{
	return t->low > 0 ? t->late < t->slope / 4 : t->high < 0 && t->late > t->slope / 4;
}

static enum verdict judge(const struct trend *t, double value, const struct trend_rule *rule)
{
	double matters =
		greater(rule->steady_share * fabs(value) / 3600, rule->steady_bytes / t->window_s);

	if (t->low >= -matters && t->high <= matters)
		return VERDICT_STEADY;
	if (t->low > 0 && t->slope >= matters && !levelled(t))
		return VERDICT_GROWING;
	if (t->high < 0 && t->slope <= -matters && !levelled(t))
		return VERDICT_SHRINKING;
	return VERDICT_UNSURE;
}

/* Of too many every second, third, .. is taken, counted from the latest. */
static size_t thin(const double *from, size_t n, double *to)
{
	size_t step = (n + TREND_SAMPLES - 1) / TREND_SAMPLES, m = (n + step - 1) / step;

	for (size_t i = 0; i < m; i++)
		to[i] = from[n - 1 - (m - 1 - i) * step];
	return m;
}

/* One window: slope, interval, verdict. */
static void judge_window(const double *t, const double *y, size_t n, const struct trend_rule *rule,
			 struct trend *out)
{
	double slopes[TREND_PAIRS], rank[TREND_SAMPLES], copy[TREND_SAMPLES], variance, ties, r;
	size_t pairs, half = n / 2;

	*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN, .n = n};
	if (!n)
		return;
	out->window_s = t[n - 1] - t[0];
	if (n < MAX(rule->min_samples, (size_t)5) || !(out->window_s >= rule->min_window_s) ||
	    out->window_s <= 0)
		return;
	if (n - half >= 4 && (pairs = pair_slopes(t + half, y + half, n - half, slopes)))
		out->late = median_of(slopes, pairs);
	pairs = pair_slopes(t, y, n, slopes);
	out->slope = median_of(slopes, pairs);
	ties = ranks_of(y, n, rank);
	r = autocorrelation(t, y, n, out->slope);
	variance = ((double)(n * (n - 1) * (2 * n + 5)) - ties) / 18 * variance_factor(n, r);
	set_interval(slopes, pairs, Z_95 * sqrt(variance > 0 ? variance : 0), out);
	/* Few samples show little of what they have: found by simulation
	 * (tests/unit/u_view_trend.c). */
	if (r >= 0.65 - 4 / (double)n)
		widen_for_walk(t, y, n, out);
	memcpy(copy, y, n * sizeof(*copy));
	out->verdict = judge(out, median_of(copy, n), rule);
}

/*
 * Whether the latest @sub values lie above (below) all that were before, and go half as far again
 * as those strayed (four fifths of them, so that a start long ago does not count): what only strays
 * comes back to where it was, or goes no further in a part than it did in the whole.
 */
static bool beyond(const double *y, size_t n, size_t sub, const struct trend *part)
{
	double copy[TREND_SAMPLES], middle, strayed;
	size_t before = n - sub, tenth = before / 10;

	memcpy(copy, y + before, sub * sizeof(*copy));
	middle = median_of(copy, sub);
	for (size_t i = 0; i < before; i++)
		if (part->slope > 0 ? y[i] >= middle : y[i] <= middle)
			return false;
	memcpy(copy, y, before * sizeof(*copy));
	strayed = select_kth(copy, before, before - 1 - tenth);
	strayed -= select_kth(copy, before, tenth);
	return fabs(part->slope) * part->window_s >= 1.5 * strayed;
}

/* Whether the part says more than the whole: that it moves where the whole cannot tell, or that it
 * moves faster. */
static bool tells_more(const struct trend *part, const struct trend *whole)
{
	if (part->verdict == VERDICT_GROWING)
		return whole->verdict != VERDICT_GROWING || part->low > whole->high;
	if (part->verdict == VERDICT_SHRINKING)
		return whole->verdict != VERDICT_SHRINKING || part->high < whole->low;
	return false;
}

/*
 * What began late in a long window would be outvoted by what was before for more than twice as long
 * as that. So the latest half, quarter, eighth may say that it moves; and where the whole cannot
 * tell, because of one step long ago, the half may say that it is steady.
 */
static void judge_latest(const double *t, const double *y, size_t n, const struct trend_rule *rule,
			 struct trend *out)
{
	struct trend steady = {.verdict = VERDICT_UNSURE}, part;

	for (size_t sub = n / 2; sub >= rule->min_samples && sub >= 5; sub /= 2) {
		judge_window(t + n - sub, y + n - sub, sub, rule, &part);
		if (tells_more(&part, out) && beyond(y, n, sub, &part)) {
			*out = part;
			return;
		}
		if (sub == n / 2 && part.verdict == VERDICT_STEADY)
			steady = part;
	}
	if (out->verdict == VERDICT_UNSURE && steady.verdict == VERDICT_STEADY)
		*out = steady;
}

void trend_of(const double *t_all, const double *y_all, size_t n, const struct trend_rule *rule,
	      struct trend *out)
{
	double t[TREND_SAMPLES] = {0}, y[TREND_SAMPLES] = {0};
	size_t m;

	*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN};
	if (!n)
		return;
	m = thin(t_all, n, t);
	thin(y_all, n, y);
	judge_window(t, y, m, rule, out);
	if (out->verdict != VERDICT_TOO_EARLY)
		judge_latest(t, y, m, rule, out);
}

/* --- words --- */

static const struct {
	const char *name;
	double factor;
} scales[] = {{"GiB", 1024.0 * 1024 * 1024}, {"MiB", 1024.0 * 1024}, {"KiB", 1024}, {"B", 1}};

/* The unit in which @v bytes per min have a digit before the point. */
static size_t scale_of(double v)
{
	size_t s = 0;

	while (s + 1 < ARRAY_SIZE(scales) && !(v >= scales[s].factor * 0.95))
		s++;
	return s;
}

static double in_scale(double per_s, size_t s)
{
	double v = per_s * 60 / scales[s].factor;

	return fabs(v) < 0.05 ? 0 : v; /* and not -0.0 */
}

/* " 1.2 MiB/min (0.9 to 1.5)", downwards as upwards */
static void add_slope(const struct trend *t, struct strbuf *out)
{
	size_t s = scale_of(fabs(t->slope) * 60);
	double low = t->slope < 0 ? -t->high : t->low, high = t->slope < 0 ? -t->low : t->high;

	strbuf_addf(out, " %.1f %s/min (%.1f to %.1f)", in_scale(fabs(t->slope), s), scales[s].name,
		    in_scale(low, s), in_scale(high, s));
}

static void add_range(const struct trend *t, struct strbuf *out)
{
	size_t s = scale_of(greater(fabs(t->low), fabs(t->high)) * 60);

	if (isinf(t->low) || isinf(t->high))
		strbuf_addstr(out, ": too few samples for what they stray");
	else if (t->low == 0 && t->high == 0)
		strbuf_addstr(out, ": no growth");
	else
		strbuf_addf(out, " (%.1f to %.1f %s/min)", in_scale(t->low, s),
			    in_scale(t->high, s), scales[s].name);
}

void trend_words(const struct trend *t, struct strbuf *out)
{
	strbuf_addstr(out, verdict_names[t->verdict]);
	if (t->verdict == VERDICT_TOO_EARLY) {
		strbuf_addf(out, ": %zu sample%s in %.0f s", t->n, t->n == 1 ? "" : "s",
			    t->window_s);
		return;
	}
	if (t->verdict == VERDICT_GROWING || t->verdict == VERDICT_SHRINKING) {
		add_slope(t, out);
	} else if (t->verdict == VERDICT_UNSURE && levelled(t)) {
		strbuf_addstr(out, t->slope > 0 ? ": grew" : ": shrank");
		add_slope(t, out);
		strbuf_addstr(out, ", but not lately");
	} else {
		add_range(t, out);
	}
	strbuf_addf(out, ", %zu samples in %.0f s", t->n, t->window_s);
	if (t->because)
		strbuf_addf(out, "; %s", t->because);
}
