/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The answer in one table: is each monitor right, what does it add, what did it lose? What is right
 * comes first, and of that what adds least. A figure of several events is their mean; the events
 * are those that every monitor of the table has, so that no row is of others.
 */
#include "lib/base.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"

/* A mean of intervals: the half widths of independent ones add up by their squares. */
struct mean {
	double sum, squares;
	size_t n;
};

struct row {
	const char *name;
	uint64_t judged, wrong, racy, lost;
	bool tried; /* its losses are known */
	struct mean ns;
	double instructions;
	size_t counted;
};

static const char *const loss_paths[] = {"losses.ring_full", "losses.map_full",
					 "losses.lost_events", "losses.recursion_misses",
					 "losses.bad_records"};

static void add_trial(struct row *r, struct json_object *o)
{
	const char *verdict = record_str(o, "conformance.verdict", "none");

	r->judged += strcmp(verdict, "none") ? record_times(o) : 0;
	r->racy += strcmp(verdict, "racy") ? 0 : record_times(o);
	r->wrong += record_status(o) == STATUS_FAIL ? record_times(o) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(loss_paths); i++) {
		r->tried |= record_get(o, loss_paths[i]) != NULL;
		r->lost += record_u64(o, loss_paths[i], 0);
	}
}

/* @event of every monitor is there; "other" is no event that anybody watches. */
static bool is_shared(const struct names *monitors, const struct record_index *x, const char *event)
{
	struct stats_interval i;

	if (!strcmp(event, "other"))
		return false;
	for (size_t m = 0; m < monitors->n; m++)
		if (!record_interval(record_index_get(x, event, monitors->v[m]), "added_ns", &i))
			return false;
	return true;
}

static void add_times(struct row *rows, const struct run_file *run, struct names *events)
{
	struct names monitors = {0}, all = {0};
	struct record_index x = {0};
	struct json_object *o;

	record_foreach_type (run->records, o, "overhead") {
		const char *monitor = record_str(o, "monitor", "");

		if (!strcmp(monitor, "none") || record_status(o) == STATUS_SKIP)
			continue;
		names_add(&monitors, monitor);
		names_add(&all, record_str(o, "event", ""));
		record_index_add(&x, record_str(o, "event", ""), monitor, o);
	}
	for (size_t e = 0; e < all.n; e++)
		if (is_shared(&monitors, &x, all.v[e]))
			names_add(events, all.v[e]);
	for (struct row *r = rows; r->name; r++)
		for (size_t e = 0; e < events->n; e++) {
			struct stats_interval i;

			o = record_index_get(&x, events->v[e], r->name);
			if (!record_interval(o, "added_ns", &i))
				continue;
			r->ns.sum += i.centre;
			r->ns.squares += pow((i.high - i.low) / 2, 2);
			r->ns.n++;
		}
	record_index_release(&x);
	names_release(&monitors);
	names_release(&all);
}

static bool is_event(const struct names *events, const char *path)
{
	static const char *const usual[] = {"mmap", "munmap", "brk"};

	for (size_t i = 0; !events->n && i < ARRAY_SIZE(usual); i++)
		if (!strcmp(usual[i], path))
			return true;
	return names_find(events, path) < events->n;
}

static struct stats_interval mean_of(const struct mean *m)
{
	double n = (double)m->n, centre = m->n ? m->sum / n : NAN;
	double half = m->n ? sqrt(m->squares) / n : NAN;

	return (struct stats_interval){centre, centre - half, centre + half, 0.95};
}

/* Right first; of those what adds less, by time or where nothing was timed by instructions. */
static int by_worth(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double p, q;

	if (!x->wrong != !y->wrong)
		return x->wrong ? 1 : -1;
	p = mean_of(&x->ns).centre;
	q = mean_of(&y->ns).centre;
	if (isnan(p) && isnan(q)) {
		p = x->counted ? x->instructions / (double)x->counted : NAN;
		q = y->counted ? y->instructions / (double)y->counted : NAN;
	}
	if (isnan(p) || isnan(q))
		return isnan(p) - isnan(q);
	return (p > q) - (p < q);
}

static void right_cell(struct doc *d, const struct row *r)
{
	if (r->wrong)
		doc_cell(d, TONE_BAD, "WRONG in %llu of %llu", (unsigned long long)r->wrong,
			 (unsigned long long)MAX(r->judged, r->wrong));
	else if (!r->judged)
		doc_cell(d, TONE_DIM, "-");
	else if (r->racy)
		doc_cell(d, TONE_WARN, "loses updates, as declared");
	else
		doc_cell(d, TONE_GOOD, "in %llu of %llu", (unsigned long long)r->judged,
			 (unsigned long long)r->judged);
}

static void put_row(struct doc *d, const struct row *r, bool best, const struct row *nop)
{
	struct stats_interval ns = mean_of(&r->ns), none = {NAN, NAN, NAN, NAN};
	struct strbuf sb = STRBUF_INIT;

	doc_cell(d, best ? TONE_STRONG : TONE_PLAIN, "%s%s", r->name, best ? " (best)" : "");
	right_cell(d, r);
	format_interval(&sb, &ns, 1);
	doc_cell(d, TONE_PLAIN, "%s", isfinite(ns.centre) ? sb.s : "-");
	strbuf_reset(&sb);
	if (nop)
		none = mean_of(&nop->ns);
	if (none.centre > 0 && isfinite(ns.centre))
		doc_cell(d, TONE_PLAIN, "%.1f", ns.centre / none.centre);
	else
		doc_cell(d, TONE_DIM, "-");
	cell_number(d, r->counted ? round(r->instructions / (double)r->counted) : NAN, "");
	if (r->tried)
		format_count(&sb, r->lost);
	doc_cell(d, r->lost ? TONE_WARN : TONE_PLAIN, "%s", r->tried ? sb.s : "-");
	strbuf_release(&sb);
}

static void put_table(struct doc *d, const struct row *rows, size_t n, const struct names *events)
{
	struct strbuf list = STRBUF_INIT;
	const struct row *nop = NULL;
	bool marked = false;

	for (size_t e = 0; e < events->n; e++)
		strbuf_addf(&list, "%s%s", e ? ", " : "", events->v[e]);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].name, "nop"))
			nop = &rows[i];
	doc_table(d);
	doc_column(d, false, "monitor");
	doc_column(d, false, "right?");
	doc_column(d, true, "adds, ns%s%s%s", list.len ? " (mean of " : "", list.s,
		   list.len ? ")" : "");
	doc_column(d, true, "times nop");
	doc_column(d, true, "instructions");
	doc_column(d, true, "lost");
	for (size_t i = 0; i < n; i++) {
		bool can_be_best = !marked && &rows[i] != nop && rows[i].judged && !rows[i].wrong &&
				   (rows[i].ns.n || rows[i].counted);

		put_row(d, &rows[i], can_be_best, nop);
		marked |= can_be_best;
	}
	strbuf_release(&list);
}

void report_summary(struct doc *d, const struct run_file *run)
{
	static const char *const types[] = {"trial", "overhead", "exact"};
	struct names monitors = {0}, events = {0};
	struct json_object *o;
	struct row *rows;

	for (size_t t = 0; t < ARRAY_SIZE(types); t++)
		record_foreach_type (run->records, o, types[t])
			if (strcmp(record_str(o, "monitor", "none"), "none") != 0)
				names_add(&monitors, record_str(o, "monitor", ""));
	rows = calloc(monitors.n + 1, sizeof(*rows));
	if (!rows)
		abort();
	for (size_t m = 0; m < monitors.n; m++)
		rows[m].name = monitors.v[m];
	record_foreach_type (run->records, o, "trial") {
		size_t m = names_find(&monitors, record_str(o, "monitor", "none"));

		if (m < monitors.n)
			add_trial(&rows[m], o);
	}
	add_times(rows, run, &events);
	record_foreach_type (run->records, o, "exact") {
		size_t m = names_find(&monitors, record_str(o, "monitor", "none"));

		if (m == monitors.n || !is_event(&events, record_str(o, "path", "")) ||
		    !isfinite(record_num(o, "added")))
			continue;
		rows[m].instructions += record_num(o, "added");
		rows[m].counted++;
	}
	/* One monitor alone is said in the sentences. */
	if (monitors.n > 1) {
		qsort(rows, monitors.n, sizeof(*rows), by_worth);
		put_table(d, rows, monitors.n, &events);
	}
	free(rows);
	names_release(&monitors);
	names_release(&events);
}
