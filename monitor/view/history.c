/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Brings each frame to what is kept of its processes, in one walk, and answers about that. */
#include "lib/base.h"
#include "monitor/view/history_entry.h"

#include <stdlib.h>

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
	series_free(e->series);
	e->series = NULL;
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
		bytes += h->entries[i].series ? series_bytes(h->entries[i].series) : 0;
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
	for (size_t i = FIELD_MMAP_RATE; i <= FIELD_TREND_WINDOW; i++)
		row->v[i] = NAN;
	row->verdict = VERDICT_TOO_EARLY;
}

/* Entries and rows stand in the same order: one walk over both. Returns the rows that have no entry
 * yet. */
static size_t update_known(struct history *h, struct frame *f, const struct step *s, int *err)
{
	size_t from = 0, to = 0, births = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct proc_row *row = &f->rows[i];

		while (from < h->n && compare(&h->entries[from], row) < 0)
			forget(&h->entries[from++]);
		if (from < h->n && !compare(&h->entries[from], row)) {
			int e;

			if (to != from)
				h->entries[to] = h->entries[from];
			from++;
			e = entry_update(h, &h->entries[to++], row, s, false);
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

		if (known && !compare(&h->entries[known - 1], row)) {
			h->entries[--to] = h->entries[--known];
			continue;
		}
		if (refused) {
			refused--;
			continue;
		}
		h->entries[--to] = (struct entry){.start_ns = row->start_ns, .pid = row->pid};
		e = entry_update(h, &h->entries[to], row, s, true);
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
	entry_offer(f);
	h->judged = 0;
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

/* --- what is asked for --- */

size_t history_rss(const struct history *h, const struct proc_row *row, double *bytes,
		   double *age_s)
{
	const struct entry *e = find(h, row);
	double now_s = (double)(h->latest_ns - h->first_ns) / NSEC_PER_SEC;
	size_t n;

	if (!e || !e->frames)
		return 0;
	if (!entry_has_points(e)) {
		n = e->frames > 1 ? 2 : 1;
		bytes[0] = bytes[n - 1] = e->kb * 1024.0;
		age_s[0] = now_s - e->first_s;
		age_s[n - 1] = 0;
		return n;
	}
	n = series_points(e->series, age_s, bytes);
	for (size_t i = 0; i < n; i++)
		age_s[i] = fmax(now_s - e->first_s - age_s[i], 0);
	return n;
}

size_t history_calls(const struct history *h, const struct proc_row *row, double *per_s)
{
	const struct entry *e = find(h, row);
	const struct series *b = e ? e->series : NULL;
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
	if (e && e->series && e->series->stale)
		series_judge(e->series, &h->rule, out);
	else if (e)
		entry_trend(h, e, out);
}
