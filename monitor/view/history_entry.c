/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One process of the history: its rates since the frame before, and the trend of its RSS. */
#include "lib/base.h"
#include "monitor/view/history_entry.h"

#include <stdlib.h>

/* The counters whose rates are wanted: total last, which may be known without its parts. */
static const struct {
	enum field counter, rate;
	double factor; /* of the counter's unit per s, to the rate's */
} rates[] = {
	{FIELD_MMAP, FIELD_MMAP_RATE, 1}, {FIELD_MUNMAP, FIELD_MUNMAP_RATE, 1},
	{FIELD_BRK, FIELD_BRK_RATE, 1},	  {FIELD_SWITCHES, FIELD_SWITCH_RATE, 1},
	{FIELD_USER_MS, FIELD_USR, 0.1},  {FIELD_SYSTEM_MS, FIELD_SYS, 0.1},
	{FIELD_TOTAL_MS, FIELD_TOT, 0.1},
};
_Static_assert(ARRAY_SIZE(rates) == HISTORY_RATES, "one counter for each rate");

enum { JUDGED_A_FRAME = 128 };

/* --- rates --- */

static int need_series(struct entry *e)
{
	if (!e->series)
		e->series = calloc(1, sizeof(*e->series));
	return e->series ? 0 : -ENOMEM;
}

/* A new process that started after the frame before has counted from 0; of an older one nobody
 * knows what it had. */
static void set_rates(struct entry *e, struct proc_row *row, double dt, bool fresh)
{
	bool born = fresh && row->v[FIELD_AGE] < dt;

	for (size_t i = 0; i < HISTORY_RATES; i++) {
		double now = row->v[rates[i].counter], before = e->before[i];

		if (born)
			before = 0;
		else if (fresh)
			before = NAN;
		/* What runs backwards is another count: this interval's is lost. */
		row->v[rates[i].rate] =
			now >= before && dt > 0 ? (now - before) / dt * rates[i].factor : NAN;
		e->before[i] = now;
	}
	if (isnan(row->v[FIELD_TOT]))
		row->v[FIELD_TOT] = row->v[FIELD_USR] + row->v[FIELD_SYS];
}

static int add_calls(struct entry *e, const struct proc_row *row)
{
	static const enum field parts[] = {FIELD_MMAP_RATE, FIELD_MUNMAP_RATE, FIELD_BRK_RATE};
	double sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum += isnan(row->v[parts[i]]) ? 0 : row->v[parts[i]];
	if (sum <= 0 && (!e->series || !e->series->calls))
		return 0;
	return need_series(e) ? -ENOMEM : series_calls(e->series, sum);
}

/* --- RSS --- */

bool entry_has_points(const struct entry *e)
{
	return e->series && e->series->points;
}

static int add_rss(struct entry *e, double rss_kb, double before_s, double now_s)
{
	uint32_t kb = rss_kb < UINT32_MAX ? (uint32_t)rss_kb : UINT32_MAX;
	int err;

	if (!e->frames) {
		e->first_s = now_s;
		e->kb = kb;
	}
	/* While it is what it was the first and the latest sample are enough. */
	if (!entry_has_points(e)) {
		if (kb == e->kb) {
			e->frames++;
			return 0;
		}
		err = need_series(e);
		if (!err)
			err = series_unfold(e->series, e->frames, e->kb, before_s - e->first_s);
		if (err)
			return err;
	}
	e->kb = kb;
	return series_add(e->series, e->frames++, now_s - e->first_s, kb);
}

static void judge_in_turn(struct history *h, struct entry *e)
{
	struct series *s = e->series;

	if (!s || !s->stale || e->pid < h->turn)
		return;
	if (h->judged == JUDGED_A_FRAME) {
		h->next_turn = h->next_turn ? h->next_turn : e->pid;
		return;
	}
	h->judged++;
	series_judge(s, &h->rule, &s->trend);
	s->stale = false;
	s->judged_n = s->n;
	s->judged_kb = e->kb;
}

/* Of a process whose RSS never changed nothing has to be computed. */
static void flat_trend(const struct history *h, const struct entry *e, struct trend *out)
{
	double now_s = (double)(h->latest_ns - h->first_ns) / NSEC_PER_SEC;

	*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN};
	if (!e->frames)
		return;
	out->n = e->frames;
	out->window_s = now_s - e->first_s;
	if (e->frames < h->rule.min_samples || out->window_s < h->rule.min_window_s)
		return;
	out->slope = out->low = out->high = out->late = 0;
	out->verdict = VERDICT_STEADY;
}

void entry_trend(const struct history *h, const struct entry *e, struct trend *out)
{
	if (!entry_has_points(e))
		flat_trend(h, e, out);
	else if (e->series->judged_n)
		*out = e->series->trend;
	else /* its turn has not come */
		*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN};
}

static double finite_or_nan(double v)
{
	return isfinite(v) ? v : NAN;
}

static void set_trend(const struct history *h, const struct entry *e, struct proc_row *row)
{
	struct trend t;

	entry_trend(h, e, &t);
	row->v[FIELD_TREND] = t.slope;
	row->v[FIELD_TREND_LOW] = finite_or_nan(t.low);
	row->v[FIELD_TREND_HIGH] = finite_or_nan(t.high);
	row->v[FIELD_TREND_WINDOW] = t.n ? t.window_s : NAN;
	row->verdict = (uint8_t)t.verdict;
}

/* --- a frame --- */

int entry_update(struct history *h, struct entry *e, struct proc_row *row, const struct step *s,
		 bool fresh)
{
	int err;

	set_rates(e, row, s->dt, fresh);
	err = add_calls(e, row);
	if (!err && !isnan(row->v[FIELD_RSS]) && row->v[FIELD_RSS] >= 0 &&
	    (s->dt > 0 || !e->frames))
		err = add_rss(e, row->v[FIELD_RSS], s->before_s, s->now_s);
	judge_in_turn(h, e);
	set_trend(h, e, row);
	return err;
}

/* What is computed here is offered where what it is computed from is. */
void entry_offer(struct frame *f)
{
	const uint32_t both = 1u << FIELD_USER_MS | 1u << FIELD_SYSTEM_MS;

	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (f->fields & 1u << field_made_of((enum field)i))
			f->fields |= 1u << i;
	if ((f->fields & both) == both)
		f->fields |= 1u << FIELD_TOT;
}
