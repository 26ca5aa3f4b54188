/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For people: what the profile is, its totals with the error of what was sampled, what it cannot
 * know; then the views that were asked for, each a row of a table. The views of lists and trees
 * are in text_stacks.c, those of numbers in text_figures.c.
 */
#include "lib/base.h"
#include "memprof/report/text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/format.h"
#include "lib/log.h"
#include "lib/printable.h"
#include "lib/suggest.h"

static const struct view {
	const char *name;
	void (*render)(const struct report *r, struct strbuf *out);
	bool two; /* shows the difference of two profiles */
} views[] = {
	{"top", text_top, true},
	{"stacks", text_stacks, true},
	{"tree", text_tree, true},
	{"leaks", text_leaks, false},
	{"peak", text_peak, false},
	{"temporary", text_temporary, false},
	{"histogram", text_histogram, false},
	{"threads", text_threads, false},
	{"processes", text_processes, false},
	{"timeline", text_timeline, false},
};

void report_text_views(struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		strbuf_addf(out, "%s%s", i ? ", " : "", views[i].name);
}

void text_amount(struct strbuf *out, size_t value, double v)
{
	bool negative = v < 0;

	if (negative)
		strbuf_addch(out, '-');
	if (!strcmp(report_values[value].unit, "bytes"))
		format_bytes(out, fabs(v));
	else
		format_count(out, (uint64_t)fabs(v));
}

void text_cell(struct strbuf *out, int width, const char *text)
{
	strbuf_addf(out, "%*s", width, text);
}

void text_amount_cell(struct strbuf *out, int width, size_t value, double v)
{
	struct strbuf cell = STRBUF_INIT;

	text_amount(&cell, value, v);
	text_cell(out, width, cell.s);
	strbuf_release(&cell);
}

void text_share_cell(struct strbuf *out, int width, double part, double whole)
{
	struct strbuf cell = STRBUF_INIT;

	if (whole > 0)
		strbuf_addf(&cell, "%.1f %%", 100 * part / whole);
	else
		strbuf_addch(&cell, '-');
	text_cell(out, width, cell.s);
	strbuf_release(&cell);
}

void text_heading(struct strbuf *out, const char *title)
{
	strbuf_addf(out, "\n%s\n", title);
}

/* --- the head -----------------------------------------------------------------------------------
 */

static void add_process(struct strbuf *out, const struct profile_process *p)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s (%u)", p->comm, p->pid);
	if (p->generation)
		strbuf_addf(&line, " after exec %u", p->generation);
	if (*p->command_line)
		strbuf_addf(&line, ": %.120s", p->command_line);
	if (*p->ended)
		strbuf_addf(&line, ", %s", p->ended);
	strbuf_addstr(out, "  ");
	printable_add_line(out, line.s);
	strbuf_addch(out, '\n');
	strbuf_release(&line);
}

static void add_mode(struct strbuf *out, const struct profile *p)
{
	static const char *const words[PROFILE_MODES] = {
		[PROFILE_COUNTS] = "counted without stacks",
		[PROFILE_SAMPLED] = "sampled",
		[PROFILE_EXACT] = "each allocation",
	};

	strbuf_addstr(out, words[p->mode]);
	if (p->rate) {
		strbuf_addstr(out, ", a sample each ");
		format_bytes(out, (double)p->rate);
	}
	if (p->end_ns > p->start_ns) {
		strbuf_addstr(out, ", ");
		format_duration(out, (double)(p->end_ns - p->start_ns));
	}
	strbuf_addch(out, '\n');
}

static void add_head(const struct report_side *side, struct strbuf *out)
{
	const struct profile *p = side->p;
	enum { SHOWN = 5 };

	printable_add_line(out, side->name);
	strbuf_addstr(out, ": memprof ");
	printable_add_line(out, p->source);
	strbuf_addstr(out, ", ");
	add_mode(out, p);
	for (size_t i = 0; i < p->nprocesses && i < SHOWN; i++)
		add_process(out, &p->processes[i]);
	if (p->nprocesses > SHOWN)
		strbuf_addf(out, "  and %zu more processes\n", p->nprocesses - SHOWN);
	if (p->note) {
		strbuf_addstr(out, "note: ");
		printable_add_line(out, p->note);
		strbuf_addch(out, '\n');
	}
}

static void add_error(struct strbuf *out, size_t value, const struct profile_values *v)
{
	double error = report_error_of(value, v), of = (double)report_value_of(value, v);

	if (error > 0 && of > 0)
		strbuf_addf(out, " +-%.1f %%", 100 * error / of);
}

static void add_total(struct strbuf *out, const char *what, bool known, size_t blocks, size_t bytes,
		      const struct profile_values *v)
{
	struct strbuf cell = STRBUF_INIT;

	strbuf_addf(out, "  %-10s", what);
	if (!known) {
		strbuf_addf(out, "%20s%20s\n", "-", "-");
		return;
	}
	format_count(&cell, report_value_of(blocks, v));
	add_error(&cell, blocks, v);
	text_cell(out, 20, cell.s);
	strbuf_reset(&cell);
	format_count(&cell, report_value_of(bytes, v));
	add_error(&cell, bytes, v);
	text_cell(out, 26, cell.s);
	strbuf_addch(out, '\n');
	strbuf_release(&cell);
}

static void add_totals(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;
	/* Frees are no figure that is ordered by: they take the place of allocations here. */
	struct profile_values freed = {.allocs = p->total.frees, .bytes = p->total.freed_bytes};

	strbuf_addf(out, "\n  %-10s%20s%26s\n", "", "blocks", "bytes");
	add_total(out, "allocated", true, VALUE_ALLOCS, VALUE_BYTES, &p->total);
	add_total(out, "freed", p->frees_known, VALUE_ALLOCS, VALUE_BYTES, &freed);
	add_total(out, "live", p->frees_known, VALUE_LIVE_BLOCKS, VALUE_LIVE, &p->total);
	add_total(out, "peak", p->peak_known, VALUE_PEAK_BLOCKS, VALUE_PEAK, &p->total);
	if (p->peak_known && p->peak_slack) {
		strbuf_addstr(out, "  the true peak is at most ");
		format_bytes(out, (double)p->peak_slack);
		strbuf_addstr(out, " more\n");
	}
	if (p->temporary_known && p->total.allocs)
		strbuf_addf(out, "  %-10s%20llu (%.1f %% of allocations)\n", "temporary",
			    (unsigned long long)p->total.temporary,
			    100 * (double)p->total.temporary / (double)p->total.allocs);
	if (p->mode == PROFILE_SAMPLED)
		strbuf_addstr(out, "  +-: half of the 95 % interval, from the theory of the "
				   "sampling (docs/memprof.md)\n");
}

/* How much of the bytes is in stacks with a frame that has no name. */
static double unresolved_share(const struct report_side *side)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < side->p->nstacks; i++) {
		const struct profile_stack *s = &side->p->stacks[i];
		bool all = true;

		for (uint32_t k = 0; k < s->nframes && all; k++)
			all = side->s->frames[s->frames[k]].resolved;
		bytes += all ? 0 : s->values.bytes;
	}
	return side->p->total.bytes ? 100 * (double)bytes / (double)side->p->total.bytes : 0;
}

static void add_limits(const struct report *r, struct strbuf *out)
{
	const struct report_side *side = &r->side[0];
	struct strbuf count = STRBUF_INIT;

	if (side->s->unresolved)
		strbuf_addf(out,
			    "  unresolved: %zu of %zu frames have no name; %.1f %% of the bytes "
			    "have one in their stack\n",
			    side->s->unresolved, side->s->n, unresolved_share(side));
	if (side->s->stale)
		strbuf_addf(out,
			    "  %zu of the files that ran are not there, or are others by now: "
			    "their frames are module+offset\n",
			    side->s->stale);
	if (side->s->refused == 1)
		strbuf_addf(out, "  a JIT compiler's names are not believed: %s\n",
			    side->s->refused_why);
	else if (side->s->refused)
		strbuf_addf(out,
			    "  %zu lists of JIT compilers' names are not believed; the first: %s\n",
			    side->s->refused, side->s->refused_why);
	for (size_t i = 0; i < side->p->nlosses; i++) {
		const struct profile_loss *l = &side->p->losses[i];

		if (!l->count)
			continue;
		strbuf_reset(&count);
		format_count(&count, l->count);
		strbuf_addf(out, "  %s ", count.s);
		printable_add_line(out, *l->sentence ? l->sentence : l->name);
		strbuf_addch(out, '\n');
	}
	strbuf_release(&count);
}

static void add_difference(const struct report *r, struct strbuf *out)
{
	const struct profile_values *a = &r->side[0].p->total, *b = &r->side[1].p->total;

	strbuf_addf(out, "\n  %-22s%16s%16s%16s\n", "", "A", "B", "B - A");
	for (size_t k = 0; k < REPORT_VALUES; k++) {
		double from = (double)report_value_of(k, a), to = (double)report_value_of(k, b);

		if (!report_value_known(k, r->side[0].p) || !report_value_known(k, r->side[1].p))
			continue;
		strbuf_addf(out, "  %-22s", report_values[k].title);
		text_amount_cell(out, 16, k, from);
		text_amount_cell(out, 16, k, to);
		text_amount_cell(out, 16, k, to - from);
		strbuf_addch(out, '\n');
	}
}

/* --- views --------------------------------------------------------------------------------------
 */

static const struct view *find_view(const char *name, size_t len)
{
	const char *names[ARRAY_SIZE(views)], *near;
	char word[32];

	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		if (strlen(views[i].name) == len && !strncmp(views[i].name, name, len))
			return &views[i];
		names[i] = views[i].name;
	}
	snprintf(word, sizeof(word), "%.*s", (int)MIN(len, sizeof(word) - 1), name);
	near = suggest_nearest(word, names, ARRAY_SIZE(names));
	log_err("report: no view '%s'%s%s%s", word, near ? "; did you mean '" : "",
		near ? near : "; see 'memprof report --help'", near ? "'?" : "");
	return NULL;
}

static int add_views(const struct report *r, struct strbuf *out)
{
	bool two = r->side[1].p != NULL;
	const char *list = r->views ? r->views : "top,stacks";

	if (!strcmp(list, "all")) {
		for (size_t i = 0; i < ARRAY_SIZE(views); i++)
			if (!two || views[i].two)
				views[i].render(r, out);
		return 0;
	}
	for (const char *at = list; *at;) {
		size_t len = strcspn(at, ",");
		const struct view *v = find_view(at, len);

		if (!v)
			return -EINVAL;
		if (two && !v->two) {
			log_err("report: the view '%s' shows one profile; two are held against "
				"each other as top, stacks or tree",
				v->name);
			return -EINVAL;
		}
		v->render(r, out);
		at += len + (at[len] == ',');
	}
	return 0;
}

int report_text(const struct report *r, struct strbuf *out)
{
	add_head(&r->side[0], out);
	if (r->side[1].p) {
		add_head(&r->side[1], out);
		add_difference(r, out);
	} else {
		add_totals(r, out);
		add_limits(r, out);
	}
	return add_views(r, out);
}
