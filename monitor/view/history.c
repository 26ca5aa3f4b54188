/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of a quiet row all that is kept is with the row. Each other has an entry; rows of a frame and
 * entries of the history stand in the same order, by pid and start: one walk over both brings each
 * frame in. An entry has the first and latest RSS and the counters of the frame before, for rates;
 * only when RSS changes does it get a series,
 * at most HISTORY_SAMPLES points whose spacing doubles as they fill. Slopes are judged in turn,
 * some processes a frame.
 */
#include "lib/base.h"
#include "monitor/view/history.h"

#include <stdlib.h>

#include "lib/lesser.h"

struct series_point {
	float t; /* s since the process was first seen */
	uint32_t kb;
};

struct series {
	struct series_point *points;	  /* owned; NULL: its RSS has never changed */
	uint32_t n, cap, stride;	  /* every @stride-th frame is a point */
	uint32_t calls_at, ncalls, quiet; /* next place, how many, frames since the last call */
	float *calls;			  /* owned ring of HISTORY_SAMPLES; NULL: none lately */
	uint32_t judged_n, judged_kb;	  /* points and RSS when @trend was made; 0: it was not */
	bool stale;			  /* there is more to judge since */
	struct trend trend;
};

/* Of a process whose row has figures of its own. */
struct awake {
	double before[ROW_RATES]; /* counters of the frame before */
	struct series *series;	  /* owned; NULL for most */
	uint32_t beside_kb;	  /* of what it holds beside RSS: swap, huge pages */
	bool collected;		  /* ROW_COLLECTED */
	uint8_t strays; /* looks between the latest frames, bit 0 the last: far from the line */
};

struct entry {
	uint64_t start_ns;
	double first_s; /* when its RSS was first known, since the history's first frame */
	uint32_t pid;
	uint32_t frames;     /* with RSS known */
	uint32_t kb;	     /* RSS of the frame before; 4 TiB and more are one */
	struct awake *awake; /* owned; NULL: it is new */
};

struct history {
	struct trend_rule rule;
	struct entry *entries; /* sorted as the rows of a frame: by pid, then start */
	size_t n, cap;
	uint64_t first_ns, latest_ns; /* CLOCK_MONOTONIC; 0: no frame yet */
	/* Judging two thousand slopes takes a process some 15 us: when very many are due in a frame
	 * the rest has its turn in the next ones. */
	size_t judged;		  /* in this frame */
	uint32_t turn, next_turn; /* the lowest pid whose turn it is */
	size_t growing, probes;	  /* in the latest frame: who grows, who wants to be looked at */
};

/* From the frame before to this one. */
struct step {
	double before_s, now_s; /* of the history */
	double dt;		/* 0: the first frame */
};

/* --- points over time in bounded memory --- */

static int add_point(struct series *s, double t, uint32_t kb)
{
	if (s->n == s->cap) {
		uint32_t cap = MIN(MAX(2 * s->cap, 8u), (uint32_t)HISTORY_SAMPLES);
		struct series_point *p = realloc(s->points, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		s->points = p;
		s->cap = cap;
	}
	s->points[s->n++] = (struct series_point){(float)t, kb};
	return 0;
}

static int series_unfold(struct series *s, uint32_t frames, uint32_t kb, double span_s)
{
	double last = MAX(frames - 1, 1u);
	int err = 0;

	s->n = 0;
	for (s->stride = 1; (frames - 1) / s->stride + 1 >= HISTORY_SAMPLES;)
		s->stride *= 2;
	for (uint32_t i = 0; i < frames && !err; i += s->stride)
		err = add_point(s, span_s * i / last, kb);
	s->stale = true;
	return err;
}

static void thin(struct series *s)
{
	for (uint32_t i = 0; 2 * i < s->n; i++)
		s->points[i] = s->points[2 * i];
	s->n = (s->n + 1) / 2;
	s->stride *= 2;
}

/* A point that says what is known already changes little: an eighth more of them is waited for. */
static bool worth_judging(const struct series *s, uint32_t kb)
{
	return kb != s->judged_kb || s->n < s->judged_n || s->n - s->judged_n >= MAX(s->n / 8, 1u);
}

static int series_add(struct series *s, uint32_t frame, double t, uint32_t kb)
{
	int err;

	if (s->n == HISTORY_SAMPLES && frame % s->stride == 0)
		thin(s);
	if (frame % s->stride)
		return 0;
	err = add_point(s, t, kb);
	if (!err)
		s->stale |= worth_judging(s, kb);
	return err;
}

static int series_calls(struct series *s, double per_s)
{
	s->quiet = per_s > 0 ? 0 : s->quiet + 1;
	if (s->quiet >= HISTORY_SAMPLES) {
		free(s->calls);
		s->calls = NULL;
		return 0;
	}
	if (!s->calls) {
		s->calls = malloc(HISTORY_SAMPLES * sizeof(*s->calls));
		if (!s->calls)
			return -ENOMEM;
		s->calls_at = s->ncalls = 0;
	}
	s->calls[s->calls_at] = (float)per_s;
	s->calls_at = (s->calls_at + 1) % HISTORY_SAMPLES;
	s->ncalls = MIN(s->ncalls + 1, (uint32_t)HISTORY_SAMPLES);
	return 0;
}

static size_t series_points(const struct series *s, double *t, double *y)
{
	for (uint32_t i = 0; i < s->n; i++) {
		t[i] = s->points[i].t;
		y[i] = s->points[i].kb * 1024.0;
	}
	return s->n;
}

static void series_judge(const struct series *s, const struct trend_rule *rule, struct trend *out)
{
	double t[HISTORY_SAMPLES], y[HISTORY_SAMPLES];

	trend_of(t, y, series_points(s, t, y), rule, out);
}

static size_t series_bytes(const struct series *s)
{
	return sizeof(*s) + s->cap * sizeof(*s->points) +
	       (s->calls ? HISTORY_SAMPLES * sizeof(*s->calls) : 0);
}

static void series_free(struct series *s)
{
	if (!s)
		return;
	free(s->points);
	free(s->calls);
	free(s);
}

/* --- one process --- */

/* Of rate_counters[], total last, which may be known without its parts. */
static const struct {
	enum field rate;
	double factor; /* of the counter's unit per s, to the rate's */
} rates[ROW_RATES] = {
	{FIELD_MMAP_RATE, 1}, {FIELD_MUNMAP_RATE, 1}, {FIELD_BRK_RATE, 1}, {FIELD_SWITCH_RATE, 1},
	{FIELD_USR, 0.1},     {FIELD_SYS, 0.1},	      {FIELD_TOT, 0.1},
};

enum { JUDGED_A_FRAME = 128 };

/* --- rates --- */

static struct series *series_of(const struct entry *e)
{
	return e->awake ? e->awake->series : NULL;
}

static int need_series(struct entry *e)
{
	struct awake *a = e->awake;

	if (!a->series)
		a->series = calloc(1, sizeof(*a->series));
	return a->series ? 0 : -ENOMEM;
}

/* Of a row that was quiet until now they are with its figures. */
static int need_before(struct entry *e, const struct proc_row *row, bool fresh)
{
	if (e->awake)
		return 0;
	e->awake = calloc(1, sizeof(*e->awake));
	if (!e->awake)
		return -ENOMEM;
	for (size_t i = 0; i < ROW_RATES; i++)
		e->awake->before[i] = row->from && !fresh ? row->v[FIELD_COUNT + i] : NAN;
	return 0;
}

/* A new process that started after the frame before has counted from 0; of an older one nobody
 * knows what it had. */
static int set_rates(struct entry *e, struct proc_row *row, double dt, bool fresh)
{
	bool born = fresh && row->v[FIELD_AGE] < dt;
	double *latest;

	if (need_before(e, row, fresh))
		return -ENOMEM;
	latest = e->awake->before;
	for (size_t i = 0; i < ROW_RATES; i++) {
		double now = row->v[rate_counters[i]], before = latest[i];

		if (born)
			before = 0;
		else if (fresh)
			before = NAN;
		/* What runs backwards is another count: this interval's is lost. */
		row->v[rates[i].rate] =
			now >= before && dt > 0 ? (now - before) / dt * rates[i].factor : NAN;
		latest[i] = now;
	}
	if (isnan(row->v[FIELD_TOT]))
		row->v[FIELD_TOT] = row->v[FIELD_USR] + row->v[FIELD_SYS];
	return 0;
}

static int add_calls(struct entry *e, const struct proc_row *row)
{
	static const enum field parts[] = {FIELD_MMAP_RATE, FIELD_MUNMAP_RATE, FIELD_BRK_RATE};
	double sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum += isnan(row->v[parts[i]]) ? 0 : row->v[parts[i]];
	if (sum <= 0 && (!series_of(e) || !series_of(e)->calls))
		return 0;
	return need_series(e) ? -ENOMEM : series_calls(series_of(e), sum);
}

/* --- RSS --- */

static bool entry_has_points(const struct entry *e)
{
	return series_of(e) && series_of(e)->points;
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
			err = series_unfold(series_of(e), e->frames, e->kb, before_s - e->first_s);
		if (err)
			return err;
	}
	e->kb = kb;
	return series_add(series_of(e), e->frames++, now_s - e->first_s, kb);
}

static void judge_in_turn(struct history *h, struct entry *e)
{
	struct series *s = series_of(e);

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

/* Of a process whose RSS never changed, and is known in @frames since @first_s, nothing has to be
 * computed. */
static void flat_trend(const struct history *h, uint32_t frames, double first_s, struct trend *out)
{
	double now_s = (double)(h->latest_ns - h->first_ns) / NSEC_PER_SEC;

	*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN};
	if (!frames)
		return;
	out->n = frames;
	out->window_s = now_s - first_s;
	if (frames < h->rule.min_samples || out->window_s < h->rule.min_window_s)
		return;
	out->slope = out->low = out->high = out->late = 0;
	out->verdict = VERDICT_STEADY;
}

/*
 * A heap that is collected fills up to the next collection whatever of it is needed, and what it
 * held at the last one is not known before there was one. So growth is told when it has once come
 * to a rest (or fallen) and what came after is well above that.
 */
#define REST_S 4.0f
static bool grew_past_a_rest(const struct series *s)
{
	const struct series_point *p = s->points;
	uint32_t low = p[0].kb, high = p[s->n - 1].kb, rest = 0;
	float rest_s = (float)greater(REST_S, (p[s->n - 1].t - p[0].t) / 64);
	/* A quarter of the mean growth is none. */
	double step = high > low ? (high - low) / 4.0 / s->n : 0;

	for (uint32_t i = 1, from = 0; i < s->n; i++) {
		if (p[i].kb > p[i - 1].kb + step)
			from = i;
		else if (p[i].t - p[from].t >= rest_s)
			rest = MAX(rest, p[i].kb);
	}
	return rest && high > rest + (high - low) / 4;
}

/* The growth of frames may be none: of a heap before its first collection, of something that comes
 * and goes nearly as often as frames do. */
static void temper(const struct entry *e, struct trend *out)
{
	if ((out->verdict != VERDICT_GROWING && out->verdict != VERDICT_SHRINKING) || !series_of(e))
		return;
	if (e->awake->collected && out->verdict == VERDICT_GROWING &&
	    !grew_past_a_rest(series_of(e)))
		out->because = "it collects its garbage, and has not come to a rest yet";
	else if (__builtin_popcount(e->awake->strays & 0xf) >= 2)
		out->because = "between the frames it holds much more or less than in them";
	if (out->because)
		out->verdict = VERDICT_UNSURE;
}

static void entry_trend(const struct history *h, const struct entry *e, struct trend *out)
{
	if (!entry_has_points(e))
		flat_trend(h, e->frames, e->first_s, out);
	else if (series_of(e)->judged_n)
		*out = series_of(e)->trend;
	else /* its turn has not come */
		*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN};
	temper(e, out);
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
	row->v[FIELD_LEFT] = row->v[FIELD_LEFT_LOW] = row->v[FIELD_LEFT_HIGH] = NAN;
	if (t.verdict != VERDICT_GROWING || isnan(row->v[FIELD_ROOM]))
		return;
	row->v[FIELD_LEFT] = row->v[FIELD_ROOM] * 1024 / t.slope;
	row->v[FIELD_LEFT_LOW] = isinf(t.high) ? 0 : row->v[FIELD_ROOM] * 1024 / t.high;
	row->v[FIELD_LEFT_HIGH] = t.low > 0 ? row->v[FIELD_ROOM] * 1024 / t.low : NAN;
}

/* --- a frame --- */

static bool wants_probe(const struct entry *e)
{
	return entry_has_points(e) && series_of(e)->n > 2 && e->kb != series_of(e)->points[0].kb;
}

static uint32_t whole_kb(double kb)
{
	return (uint32_t)lesser(greater(kb, 0), UINT32_MAX);
}

/* What sums say how many there are of. */
static void set_numbers(struct proc_row *row)
{
	row->v[FIELD_PROCESSES] = row->flags & ROW_ENDED ? 0 : 1;
	row->v[FIELD_UNCOUNTED] = row_is_uncounted(row);
}

static int awake_update(struct history *h, struct entry *e, struct proc_row *row,
			const struct step *s, bool fresh)
{
	/* Recordings of old have RSS alone. */
	double held_kb = isnan(row->v[FIELD_HELD]) ? row->v[FIELD_RSS] : row->v[FIELD_HELD];
	int err = set_rates(e, row, s->dt, fresh);

	err = err ? err : add_calls(e, row);
	if (!err && held_kb >= 0 && (s->dt > 0 || !e->frames)) {
		err = add_rss(e, held_kb, s->before_s, s->now_s);
		e->awake->collected = row->flags & ROW_COLLECTED;
		e->awake->beside_kb = whole_kb(held_kb - row->v[FIELD_RSS]);
	}
	set_numbers(row);
	judge_in_turn(h, e);
	set_trend(h, e, row);
	h->growing += row->verdict == VERDICT_GROWING;
	h->probes += wants_probe(e);
	return err;
}

/* It has counted since it began, in this interval. */
static bool has_begun(const struct proc_row *row, double dt)
{
	if (!(row_value(row, FIELD_AGE) < dt))
		return false;
	for (size_t i = 0; i < ROW_RATES; i++)
		if (row_value(row, rate_counters[i]) > 0)
			return true;
	return false;
}

/* Its rates are 0 and its trend is flat, and both are made where they are shown. False: there is
 * more to say of it. */
static bool quiet_update(struct history *h, struct proc_row *row, const struct step *s)
{
	double held_kb = row_value(row, FIELD_HELD);
	struct row_told *t = &row->told;
	struct trend flat;

	if ((t->frames && held_kb >= 0 && whole_kb(held_kb) != t->held_kb) ||
	    (!t->known && has_begun(row, s->dt)))
		return false;
	if (held_kb >= 0 && !t->frames) {
		t->first_s = s->now_s;
		t->held_kb = whole_kb(held_kb);
	}
	t->frames += held_kb >= 0 && (s->dt > 0 || !t->frames);
	t->rated = t->known || row_value(row, FIELD_AGE) < s->dt;
	t->known = true;
	flat_trend(h, t->frames, t->first_s, &flat);
	row->verdict = (uint8_t)flat.verdict;
	return true;
}

/* As in the frame before, and flat for as long as it takes to say so. */
static bool is_settled(const struct proc_row *row, const struct step *s)
{
	return row->told.same && row->told.rated && row->verdict == VERDICT_STEADY && s->dt > 0;
}

/* False: it needs an entry. */
static bool stays_quiet(struct history *h, struct proc_row *row, const struct step *s)
{
	if (row->v)
		return false;
	if (!row->told.known || !is_settled(row, s))
		return quiet_update(h, row, s);
	row->told.frames++;
	return true;
}

/* It begins with what was kept of the row while it was quiet. */
static struct entry entry_of(const struct proc_row *row)
{
	const struct row_told *t = &row->told;

	return (struct entry){
		.start_ns = row->start_ns,
		.pid = row->pid,
		.first_s = t->frames ? t->first_s : 0,
		.frames = t->frames,
		.kb = t->held_kb,
	};
}

/* What is computed here is offered where what it is computed from is. */
static void entry_offer(struct frame *f)
{
	const uint64_t both = FIELD_BIT(FIELD_USER_MS) | FIELD_BIT(FIELD_SYSTEM_MS);
	const uint64_t calls = FIELD_BIT(FIELD_FAILED + 1) - FIELD_BIT(FIELD_MMAP);

	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (f->fields & 1ULL << field_made_of((enum field)i))
			f->fields |= FIELD_BIT(i);
	if ((f->fields & both) == both)
		f->fields |= FIELD_BIT(FIELD_TOT);
	f->fields |= FIELD_BIT(FIELD_PROCESSES);
	if (f->fields & calls)
		f->fields |= FIELD_BIT(FIELD_UNCOUNTED);
}

/* --- all processes --- */

int history_new(struct history **out, const struct trend_rule *rule)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->rule = rule ? *rule : trend_default;
	return 0;
}

static void forget(struct entry *e)
{
	series_free(series_of(e));
	free(e->awake);
	e->awake = NULL;
}

static void forget_all(struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		forget(&h->entries[i]);
	h->n = 0;
	h->first_ns = h->latest_ns = 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	forget_all(h);
	free(h->entries);
	free(h);
}

size_t history_bytes(const struct history *h)
{
	size_t bytes = sizeof(*h) + h->cap * sizeof(*h->entries);

	for (size_t i = 0; i < h->n; i++)
		if (h->entries[i].awake) {
			const struct series *s = h->entries[i].awake->series;

			bytes += sizeof(*h->entries[i].awake) + (s ? series_bytes(s) : 0);
		}
	return bytes;
}

static int compare(const struct entry *e, const struct proc_row *row)
{
	if (e->pid != row->pid)
		return e->pid < row->pid ? -1 : 1;
	return (e->start_ns > row->start_ns) - (e->start_ns < row->start_ns);
}

static struct entry *find(const struct history *h, const struct proc_row *row)
{
	size_t low = 0, high = h->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&h->entries[mid], row) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < h->n && !compare(&h->entries[low], row) ? &h->entries[low] : NULL;
}

/* --- frames --- */

static void nothing_known(struct proc_row *row)
{
	for (size_t i = FIELD_MMAP_RATE; row->v && i < FIELD_COUNT; i++)
		row->v[i] = NAN;
	if (row->v)
		set_numbers(row);
	row->told.rated = false;
	row->verdict = VERDICT_TOO_EARLY;
}

/* Entries and rows stand in the same order: one walk over both. Returns how many rows that are not
 * quiet have no entry yet. */
static size_t update_known(struct history *h, struct frame *f, const struct step *s, int *err)
{
	size_t from = 0, to = 0, births = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct proc_row *row = &f->rows[i];

		if (stays_quiet(h, row, s))
			continue;
		if (row_wake(row)) {
			*err = -ENOMEM;
			continue;
		}
		while (from < h->n && compare(&h->entries[from], row) < 0)
			forget(&h->entries[from++]);
		if (from < h->n && !compare(&h->entries[from], row)) {
			int e;

			if (to != from)
				h->entries[to] = h->entries[from];
			from++;
			e = awake_update(h, &h->entries[to++], row, s, false);
			*err = *err ? *err : e;
		} else {
			nothing_known(row);
			births++;
		}
	}
	while (from < h->n)
		forget(&h->entries[from++]);
	h->n = to;
	return births;
}

/* Makes room from the end, so that nothing is copied twice. */
static int add_births(struct history *h, struct frame *f, const struct step *s, size_t births,
		      size_t refused)
{
	size_t want = h->n + births, known = h->n, to = want;
	int err = 0;

	if (want > h->cap) {
		size_t cap = want + want / 8;
		struct entry *p = realloc(h->entries, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		h->entries = p;
		h->cap = cap;
	}
	h->n = want;
	for (size_t i = f->n; i-- > 0 && to > known;) {
		struct proc_row *row = &f->rows[i];
		int e;

		if (!row->v)
			continue;
		if (known && !compare(&h->entries[known - 1], row)) {
			h->entries[--to] = h->entries[--known];
			continue;
		}
		if (refused) {
			refused--;
			continue;
		}
		h->entries[--to] = entry_of(row);
		e = awake_update(h, &h->entries[to], row, s, !row->told.known);
		err = err ? err : e;
	}
	return err;
}

/* After a burst of processes its memory is given back. */
static void shrink(struct history *h)
{
	size_t cap = h->n + h->n / 8 + 64;
	struct entry *p;

	if (h->cap <= 4 * cap)
		return;
	p = realloc(h->entries, cap * sizeof(*p));
	if (!p)
		return;
	h->entries = p;
	h->cap = cap;
}

int history_update(struct history *h, struct frame *f)
{
	struct step s = {0};
	size_t births, refused;
	int err = 0;

	/* A recording that was wound back begins anew. */
	if (h->latest_ns && f->mono_ns < h->latest_ns)
		forget_all(h);
	if (!h->latest_ns) {
		h->first_ns = f->mono_ns;
	} else {
		s.before_s = (double)(h->latest_ns - h->first_ns) / NSEC_PER_SEC;
		s.dt = (double)(f->mono_ns - h->latest_ns) / NSEC_PER_SEC;
	}
	h->latest_ns = f->mono_ns;
	s.now_s = (double)(h->latest_ns - h->first_ns) / NSEC_PER_SEC;
	if (f->from)
		f->from->now_s = s.now_s;
	entry_offer(f);
	h->judged = h->growing = h->probes = 0;
	h->turn = h->next_turn;
	h->next_turn = 0;
	births = update_known(h, f, &s, &err);
	refused = h->n + births > HISTORY_PROCESSES ? h->n + births - HISTORY_PROCESSES : 0;
	f->losses.history_full = refused;
	if (births > refused) {
		int e = add_births(h, f, &s, births - refused, refused);

		err = err ? err : e;
	}
	shrink(h);
	return err;
}

size_t history_growing(const struct history *h)
{
	return h->growing;
}

/* --- between frames --- */

size_t history_probes(const struct history *h, struct history_probe *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n && n < MIN(max, h->probes); i++)
		if (wants_probe(&h->entries[i]))
			out[n++] = (struct history_probe){.pid = h->entries[i].pid,
							  .start_ns = h->entries[i].start_ns};
	return n;
}

void history_probed(struct history *h, const struct history_probe *p, uint64_t mono_ns)
{
	const struct proc_row key = {.pid = p->pid, .start_ns = p->start_ns};
	struct entry *e = find(h, &key);
	const struct series_point *first, *last;
	double window_s, slope, since_s, far_kb, line_kb;

	if (!e || !wants_probe(e) || mono_ns < h->latest_ns)
		return;
	first = &series_of(e)->points[0];
	last = &series_of(e)->points[series_of(e)->n - 1];
	window_s = (double)(last->t - first->t);
	if (!(window_s > 0))
		return;
	slope = ((double)e->kb - first->kb) / window_s;
	since_s = (double)(mono_ns - h->latest_ns) / NSEC_PER_SEC;
	line_kb = e->kb + slope * since_s;
	/* A quarter of all growth, and more than it may have grown since. */
	far_kb = greater(greater(fabs(slope) * window_s / 4, 3 * fabs(slope) * since_s), 64);
	e->awake->strays = (uint8_t)(e->awake->strays << 1 |
				     (fabs(p->rss_kb + e->awake->beside_kb - line_kb) > far_kb));
}

/* --- what is asked for --- */

size_t history_rss(const struct history *h, const struct proc_row *row, double *bytes,
		   double *age_s)
{
	const struct entry quiet = entry_of(row), *known = find(h, row),
			   *e = known ? known : &quiet;
	double now_s = (double)(h->latest_ns - h->first_ns) / NSEC_PER_SEC;
	size_t n;

	if (!e->frames)
		return 0;
	if (!entry_has_points(e)) {
		n = e->frames > 1 ? 2 : 1;
		bytes[0] = bytes[n - 1] = e->kb * 1024.0;
		age_s[0] = now_s - e->first_s;
		age_s[n - 1] = 0;
		return n;
	}
	n = series_points(series_of(e), age_s, bytes);
	for (size_t i = 0; i < n; i++)
		age_s[i] = greater(now_s - e->first_s - age_s[i], 0);
	return n;
}

size_t history_calls(const struct history *h, const struct proc_row *row, double *per_s)
{
	const struct entry *e = find(h, row);
	const struct series *b = e ? series_of(e) : NULL;
	size_t first;

	if (!b || !b->calls)
		return 0;
	first = b->calls_at + HISTORY_SAMPLES - b->ncalls;
	for (size_t i = 0; i < b->ncalls; i++)
		per_s[i] = b->calls[(first + i) % HISTORY_SAMPLES];
	return b->ncalls;
}

void history_trend(const struct history *h, const struct proc_row *row, struct trend *out)
{
	const struct entry *e = find(h, row);

	*out = (struct trend){.slope = NAN, .low = NAN, .high = NAN, .late = NAN};
	if (e && series_of(e) && series_of(e)->stale) {
		series_judge(series_of(e), &h->rule, out);
		temper(e, out);
	} else if (e) {
		entry_trend(h, e, out);
	} else {
		flat_trend(h, row->told.frames, row->told.first_s, out);
	}
}
