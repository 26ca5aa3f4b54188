/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From blocks to loads, from loads to intervals and verdicts. */
#include "lib/base.h"
#include "harness/exchange/exchange_estimate.h"

#include <math.h>

/* 3.9 us: what kept the truth and cut interrupts in the trials behind the method; 250 us. */
const double exchange_cut_ns[CUTS] = {[CUT_TIGHT] = 3900, [CUT_LOOSE] = 250000};

#define EPOCH_S 1.0

/* Two modes: their means are this far from each other, and the slow one is not rarer than that. */
#define MODES_APART 1.7
#define MODES_RARE  0.001
enum { STRETCHES = 10 };

struct exchange_block exchange_block_estimate(const uint64_t *t, unsigned int n,
					      const uint64_t cut_ticks[CUTS])
{
	struct exchange_block b = {.cut = {0}};

	for (int c = 0; c < CUTS; c++) {
		uint64_t sum = 0;

		for (unsigned int i = 0; i < n; i++) {
			uint64_t d = t[i + 1] - t[i];
			bool keep = d <= cut_ticks[c];

			sum += keep ? d : 0;
			b.cut[c] += !keep;
		}
		b.ticks[c] = b.cut[c] < n ? (float)((double)sum / (n - b.cut[c])) : NAN;
	}
	return b;
}

double exchange_load_effect(const struct exchange_block (*blocks)[EXCHANGE_ARMS_MAX],
			    unsigned int rounds, unsigned int x, unsigned int y, enum cut cut,
			    double ns_per_tick)
{
	double diff[EXCHANGE_ROUNDS];
	size_t n = 0;

	for (unsigned int r = 0; r < rounds && n < EXCHANGE_ROUNDS; r++) {
		double d = (double)blocks[r][x].ticks[cut] - (double)blocks[r][y].ticks[cut];

		if (!isnan(d))
			diff[n++] = d * ns_per_tick;
	}
	return stats_trimmed_mean(diff, n, EXCHANGE_ROUND_TRIM);
}

void exchange_split_add(struct exchange_split *s, const uint64_t *t, unsigned int n,
			uint64_t woke_ticks, uint64_t loose_ticks)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t d = t[i + 1] - t[i];

		if (d > loose_ticks)
			continue;
		s->calls++;
		if (d > woke_ticks) {
			s->woke++;
			s->woke_ticks += (double)d;
		} else {
			s->fast_ticks += (double)d;
		}
	}
}

/* What the slow mode adds to the mean of all calls. */
static double waking(const struct exchange_split *s, double fast)
{
	return (s->woke_ticks - (double)s->woke * fast) / (double)s->calls;
}

struct exchange_whole exchange_load_whole(const struct exchange_split *arm,
					  const struct exchange_split *empty, double ns_per_tick)
{
	struct exchange_whole w = {NAN, NAN, NAN, NAN};
	double fast, base;

	if (arm->calls == arm->woke || empty->calls == empty->woke)
		return w;
	fast = arm->fast_ticks / (double)(arm->calls - arm->woke);
	base = empty->fast_ticks / (double)(empty->calls - empty->woke);
	w.program = (fast - base) * ns_per_tick;
	w.waking = (waking(arm, fast) - waking(empty, base)) * ns_per_tick;
	w.total = w.program + w.waking;
	w.share =
		(double)arm->woke / (double)arm->calls - (double)empty->woke / (double)empty->calls;
	return w;
}

/* Means of stretches of loads: of turns or, where these are few, of ten equal ones. */
static void stretch_means(const struct samples *loads, const struct samples *turn,
			  struct samples *means)
{
	size_t from = 0;

	for (size_t i = 1; turn && i <= loads->n; i++) {
		if (i < loads->n && turn->v[i] == turn->v[from])
			continue;
		samples_add(means, stats_mean(loads->v + from, i - from));
		from = i;
	}
	if (means->n >= EXCHANGE_TURNS_MIN)
		return;
	means->n = 0;
	for (size_t i = 0; i < STRETCHES && loads->n >= 2 * STRETCHES; i++) {
		size_t to = (i + 1) * loads->n / STRETCHES;

		from = i * loads->n / STRETCHES;
		samples_add(means, stats_mean(loads->v + from, to - from));
	}
}

struct stats_interval exchange_whole_interval(const struct samples *loads,
					      const struct samples *turn)
{
	struct stats_interval one =
		stats_trimmed_interval(loads->v, loads->n, 0, OVERHEAD_CONFIDENCE);
	struct samples means = {0};
	struct stats_interval far;
	double half;

	stretch_means(loads, turn, &means);
	if (means.n) {
		far = stats_trimmed_interval(means.v, means.n, 0, OVERHEAD_CONFIDENCE);
		half = MAX(far.high - far.low, one.high - one.low) / 2;
		one.low = one.centre - half;
		one.high = one.centre + half;
	}
	samples_release(&means);
	return one;
}

/* Two bits below the leading one choose the quarter. */
unsigned int exchange_mode_of(uint64_t ticks)
{
	unsigned int log;

	if (ticks < 4)
		return (unsigned int)ticks;
	log = 63 - (unsigned int)__builtin_clzll(ticks);
	return MIN(4 * (log - 1) + (unsigned int)(ticks >> (log - 2) & 3),
		   (unsigned int)EXCHANGE_MODES - 1);
}

double exchange_mode_ticks(unsigned int mode)
{
	return mode < 4 ? mode : ldexp(1 + (mode % 4) / 4.0, (int)(mode / 4 + 1));
}

uint64_t exchange_modes_part(const uint64_t counts[EXCHANGE_MODES])
{
	double n = 0, sum = 0, below = 0, below_sum = 0, best = 0, apart = 0, rare = 0;
	unsigned int at = 0, last = 0;

	for (unsigned int m = 4; m < EXCHANGE_MODES; m++) {
		n += (double)counts[m];
		sum += (double)counts[m] * log2(exchange_mode_ticks(m));
	}
	for (unsigned int m = 4; m < EXCHANGE_MODES - 1; m++) {
		double between, slow;

		below += (double)counts[m];
		below_sum += (double)counts[m] * log2(exchange_mode_ticks(m));
		if (below <= 0 || below >= n)
			continue;
		slow = (sum - below_sum) / (n - below) - below_sum / below;
		between = below * (n - below) * slow * slow;
		/* Between the groups nothing is counted and nothing changes: the middle of it. */
		if (between > best * (1 + 1e-12)) {
			best = between;
			at = last = m;
			apart = slow;
			rare = (n - below) / n;
		} else if (between >= best * (1 - 1e-12)) {
			last = m;
		}
	}
	if (apart < MODES_APART || rare < MODES_RARE)
		return 0;
	return (uint64_t)exchange_mode_ticks((at + last) / 2 + 1);
}

/* Trimmed means of the loads of each second. */
static void epoch_means(const struct samples *effect, const struct samples *at_s,
			struct samples *out)
{
	size_t from = 0;

	for (size_t i = 0; i < effect->n; i++) {
		if (at_s->v[i] - at_s->v[from] < EPOCH_S)
			continue;
		samples_add(out,
			    stats_trimmed_mean(effect->v + from, i - from, EXCHANGE_LOAD_TRIM));
		from = i;
	}
}

struct exchange_result exchange_summarise(const struct samples *effect, const struct samples *at_s)
{
	struct samples epochs = {0};
	struct exchange_result r;
	double half;

	r.mean = stats_trimmed_interval(effect->v, effect->n, EXCHANGE_LOAD_TRIM,
					OVERHEAD_CONFIDENCE);
	r.anytime = stats_trimmed_sequence(effect->v, effect->n, EXCHANGE_LOAD_TRIM,
					   OVERHEAD_CONFIDENCE, EXCHANGE_LOADS_TUNED);
	epoch_means(effect, at_s, &epochs);
	r.epochs = stats_trimmed_interval(epochs.v, epochs.n, 0, OVERHEAD_CONFIDENCE);
	samples_release(&epochs);
	r.reported = r.mean;
	half = (r.epochs.high - r.epochs.low) / 2;
	if (isfinite(half) && half > (r.mean.high - r.mean.low) / 2) {
		r.reported.low = r.mean.centre - half;
		r.reported.high = r.mean.centre + half;
	}
	r.load_low = stats_quantile(effect->v, effect->n, 0.025);
	r.load_high = stats_quantile(effect->v, effect->n, 0.975);
	return r;
}

enum exchange_verdict exchange_decide(const struct samples *effect, double margin, double alpha)
{
	struct stats_interval iv;

	if (effect->n < EXCHANGE_LOADS_MIN)
		return EXCHANGE_UNDECIDED;
	/* Two sides, each at @alpha. */
	iv = stats_trimmed_sequence(effect->v, effect->n, EXCHANGE_LOAD_TRIM, 1 - 2 * alpha,
				    EXCHANGE_LOADS_TUNED);
	if (iv.low > margin)
		return EXCHANGE_BEYOND;
	return iv.high < margin ? EXCHANGE_WITHIN : EXCHANGE_UNDECIDED;
}

double exchange_histogram_quantile(const uint64_t *counts, double q)
{
	uint64_t total = 0, below = 0;
	double want;

	for (int i = 0; i < EXCHANGE_BUCKETS; i++)
		total += counts[i];
	want = q * (double)total;
	for (int i = 0; i < EXCHANGE_BUCKETS - 1; i++) {
		if (counts[i] && (double)(below + counts[i]) >= want)
			return EXCHANGE_BUCKET *
			       (i + MAX(want - (double)below, 0) / (double)counts[i]);
		below += counts[i];
	}
	return NAN;
}
