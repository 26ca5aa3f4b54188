/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections of a report about what is missing: lost events, and what was not judged. */
#include "lib/base.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *path, *text;
} loss_kinds[] = {
	{"losses.ring_full", "ring full"},     {"losses.map_full", "map full"},
	{"losses.lost_events", "lost events"}, {"losses.recursion_misses", "recursion misses"},
	{"losses.bad_records", "bad records"},
};

void report_losses(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	uint64_t held = 0, broken = 0;
	size_t lossy = 0;
	struct json_object *o, *id;

	record_foreach_type (run->records, o, "trial")
		held += record_count(o, "identities");
	if (!held)
		return;
	held = 0;
	doc_heading(d, 2, "Losses");
	doc_table(d);
	doc_column(d, false, "workload");
	doc_column(d, false, "monitor");
	for (size_t k = 0; k < ARRAY_SIZE(loss_kinds); k++)
		doc_column(d, true, "%s", loss_kinds[k].text);
	record_foreach_type (run->records, o, "trial") {
		uint64_t sum = 0;

		record_foreach (record_get(o, "identities"), id) {
			uint64_t n = record_get(id, "holds") ? record_times(o) : 0;

			*(record_true(id, "holds") ? &held : &broken) += n;
		}
		for (size_t k = 0; k < ARRAY_SIZE(loss_kinds); k++)
			sum += record_u64(o, loss_kinds[k].path, 0);
		if (!sum)
			continue;
		lossy++;
		doc_cell(d, TONE_PLAIN, "%s", trial_grid_label(g, o));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "monitor", "?"));
		for (size_t k = 0; k < ARRAY_SIZE(loss_kinds); k++) {
			struct strbuf sb = STRBUF_INIT;

			format_number(&sb, record_num(o, loss_kinds[k].path));
			doc_cell(d, TONE_PLAIN, "%s", sb.s);
			strbuf_release(&sb);
		}
	}
	if (held + broken)
		doc_text(d, broken ? TONE_BAD : TONE_PLAIN,
			 "%s %llu of %llu loss identities hold (what was seen is what was counted, "
			 "filtered or lost).",
			 lossy ? "Trials not named here lost nothing." : "No trial lost anything.",
			 (unsigned long long)held, (unsigned long long)(held + broken));
}

/* A `gate` record has no place below: its verdict and reason stand on top of the report. */
static bool status_is(struct json_object *trial, const char *status)
{
	return !record_is(trial, "gate") && !strcmp(record_str(trial, "status", ""), status);
}

/* Trials that give no verdict, by reason. */
static void reasons(struct doc *d, const struct run_file *run, const struct trial_grid *g,
		    const char *status)
{
	struct names seen = {0}, told = {0};
	struct strbuf *lists = NULL;
	struct json_object *o;
	size_t before;

	record_foreach (run->records, o) {
		struct strbuf key = STRBUF_INIT, subject = STRBUF_INIT;
		size_t i, n = seen.n;

		if (!status_is(o, status))
			continue;
		i = names_add(&seen, record_str(o, "reason", "no reason given"));
		if (i == n && !(n & (n - 1)))
			lists = realloc(lists, (n ? 2 * n : 1) * sizeof(*lists));
		if (!lists)
			abort();
		if (i == n)
			lists[i] = (struct strbuf)STRBUF_INIT;
		record_subject(o, g, &subject);
		strbuf_addf(&key, "%zu\t%s", i, subject.s);
		before = told.n;
		if (names_add(&told, key.s) == before)
			strbuf_addf(&lists[i], "%s%s", lists[i].len ? ", " : "", subject.s);
		strbuf_release(&key);
		strbuf_release(&subject);
	}
	for (size_t i = 0; i < seen.n; i++) {
		doc_item(d, "%s: %s (%s)", status, seen.v[i], lists[i].s);
		strbuf_release(&lists[i]);
	}
	free(lists);
	names_release(&seen);
	names_release(&told);
}

void report_skips(struct doc *d, const struct run_file *run, const struct trial_grid *g)
{
	struct json_object *o;
	bool any = false;

	record_foreach (run->records, o)
		any |= status_is(o, "skip") || status_is(o, "void");
	if (!any)
		return;
	doc_heading(d, 2, "Not judged");
	reasons(d, run, g, "skip");
	reasons(d, run, g, "void");
}
