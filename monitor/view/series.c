/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Points over time in bounded memory. */
#include "lib/base.h"
#include "monitor/view/series.h"

#include <stdlib.h>

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

int series_unfold(struct series *s, uint32_t frames, uint32_t kb, double span_s)
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

int series_add(struct series *s, uint32_t frame, double t, uint32_t kb)
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

int series_calls(struct series *s, double per_s)
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

size_t series_points(const struct series *s, double *t, double *y)
{
	for (uint32_t i = 0; i < s->n; i++) {
		t[i] = s->points[i].t;
		y[i] = s->points[i].kb * 1024.0;
	}
	return s->n;
}

void series_judge(const struct series *s, const struct trend_rule *rule, struct trend *out)
{
	double t[HISTORY_SAMPLES], y[HISTORY_SAMPLES];

	trend_of(t, y, series_points(s, t, y), rule, out);
}

size_t series_bytes(const struct series *s)
{
	return sizeof(*s) + s->cap * sizeof(*s->points) +
	       (s->calls ? HISTORY_SAMPLES * sizeof(*s->calls) : 0);
}

void series_free(struct series *s)
{
	if (!s)
		return;
	free(s->points);
	free(s->calls);
	free(s);
}
