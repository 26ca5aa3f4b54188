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

/* Texts by key, in the order of their first. */
struct texts {
	struct names keys;
	struct strbuf *v;
};

/* Adds @what to the list of the key "@group\t@name", behind @between. */
static void texts_add(struct texts *t, size_t group, const char *name, const char *between,
		      const char *what)
{
	struct strbuf key = STRBUF_INIT;
	size_t i, n = t->keys.n;

	strbuf_addf(&key, "%zu\t%s", group, name);
	i = names_add(&t->keys, key.s);
	if (i == n) {
		if (!(n & (n - 1)))
			t->v = realloc(t->v, (n ? 2 * n : 1) * sizeof(*t->v));
		if (!t->v)
			abort(); /* as lib/strbuf.h */
		t->v[i] = (struct strbuf)STRBUF_INIT;
	}
	strbuf_addf(&t->v[i], "%s%s", t->v[i].len ? between : "", what);
	strbuf_release(&key);
}

/* The group and the name of a key. */
static size_t texts_key(const struct texts *t, size_t i, const char **name)
{
	*name = strchr(t->keys.v[i], '\t') + 1;
	return strtoul(t->keys.v[i], NULL, 10);
}

static void texts_release(struct texts *t)
{
	for (size_t i = 0; i < t->keys.n; i++)
		strbuf_release(&t->v[i]);
	free(t->v);
	names_release(&t->keys);
}

/* Its reason, which says "the monitor" where it names its own: what is alike is told once. */
static void reason_of(struct json_object *o, struct strbuf *out)
{
	const char *reason = record_str(o, "reason", "no reason given"), *at;
	struct strbuf own = STRBUF_INIT;

	strbuf_addf(&own, " that %s counts", record_str(o, "monitor", "?"));
	at = strstr(reason, own.s);
	if (at)
		strbuf_addf(out, "%.*s that the monitor counts%s", (int)(at - reason), reason,
			    at + own.len);
	else
		strbuf_addstr(out, reason);
	strbuf_release(&own);
}

/* "A, B beside X, Y": monitors that share their workloads, by reason. */
static void join_monitors(const struct texts *beside, struct texts *out)
{
	struct texts shared = {0};
	const char *name;
	size_t group;

	for (size_t i = 0; i < beside->keys.n; i++) {
		group = texts_key(beside, i, &name);
		texts_add(&shared, group, *name ? beside->v[i].s : "", ", ",
			  *name ? name : beside->v[i].s);
	}
	for (size_t i = 0; i < shared.keys.n; i++) {
		struct strbuf text = STRBUF_INIT;

		group = texts_key(&shared, i, &name);
		strbuf_addf(&text, "%s%s%s", shared.v[i].s, *name ? " beside " : "", name);
		texts_add(out, group, "", "; ", text.s);
		strbuf_release(&text);
	}
	texts_release(&shared);
}

/* Trials that give no verdict, by reason. */
static void reasons(struct doc *d, const struct run_file *run, const struct trial_grid *g,
		    const char *status)
{
	struct texts beside = {0}, lists = {0};
	struct names seen = {0}, told = {0};
	struct json_object *o;

	record_foreach (run->records, o) {
		struct strbuf why = STRBUF_INIT, subject = STRBUF_INIT, key = STRBUF_INIT;
		bool trial = record_is(o, "trial");
		size_t i, before = told.n;

		if (!status_is(o, status))
			continue;
		reason_of(o, &why);
		i = names_add(&seen, why.s);
		record_subject(o, g, &subject);
		strbuf_addf(&key, "%zu\t%s", i, subject.s);
		if (names_add(&told, key.s) == before)
			texts_add(&beside, i, trial ? record_str(o, "monitor", "?") : "", ", ",
				  trial ? trial_grid_label(g, o) : subject.s);
		strbuf_release(&why);
		strbuf_release(&key);
		strbuf_release(&subject);
	}
	join_monitors(&beside, &lists);
	for (size_t i = 0; i < lists.keys.n; i++) {
		const char *none;

		doc_item(d, "%s: %s (%s)", status, seen.v[texts_key(&lists, i, &none)],
			 lists.v[i].s);
	}
	texts_release(&beside);
	texts_release(&lists);
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
