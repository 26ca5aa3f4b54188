/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records of a ring, and lines that a script prints, against what the definition prints. Each
 * becomes a text; which thread was first nobody knows, so there must be as many of each, in any
 * order. A field that depends on a clock is left out on both sides.
 */
#include "lib/base.h"
#include "harness/subjects/declared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/collect.h"
#include "lib/strbuf.h"

struct list {
	const char **text;
	size_t n;
};

struct judging {
	const struct judge_input *in;
	const struct definition_result *result;
	struct judge_result *out;
	struct arena a;
	const struct figure_record_field *field; /* @n of them */
	size_t n;
	const char *at;	 /* of the manifest: where a record is written */
	size_t printf_n; /* of @at: which printf() that is */
	bool *left_out;	 /* fields in doubt */
};

/* The field of the definition's event that field @f of a record is; NULL: it has none. */
static const struct definition_field *field_of(const struct judging *j,
					       const struct definition_event *e, size_t f)
{
	const char *name = j->at ? j->field[f].field : j->field[f].means;

	for (size_t i = 0; i < e->nfields; i++)
		if (!strcmp(e->fields[i].name, name))
			return &e->fields[i];
	return NULL;
}

/* Records are written where this was printed. */
static bool is_record(const struct judging *j, const struct definition_event *e)
{
	if (e->record == UINT32_MAX || (j->at && e->printf != j->printf_n))
		return false;
	for (size_t f = 0; f < j->n; f++)
		if (!field_of(j, e, f))
			return false;
	return true;
}

static void doubt(struct judging *j, const char *what)
{
	if (!j->out->doubt[0])
		snprintf(j->out->doubt, sizeof(j->out->doubt),
			 "%s cannot be determined: it depends on clocks, or on what nobody knows",
			 what);
}

/* False: whether there is a record at all is in doubt, which was said. */
static bool find_doubts(struct judging *j)
{
	for (size_t i = 0; i < j->result->nevents; i++) {
		const struct definition_event *e = &j->result->events[i];

		if (e->maybe && is_record(j, e)) {
			doubt(j, "which events there are");
			return false;
		}
		for (size_t f = 0; f < j->n && is_record(j, e); f++)
			j->left_out[f] |= field_of(j, e, f)->doubt != DEFINITION_EXACT;
	}
	return true;
}

static void add_field(const struct judging *j, struct strbuf *out, size_t f, const char *value)
{
	if (j->left_out[f])
		return;
	strbuf_addf(out, "%s%s %s%s%s", out->len ? ", " : "", j->field[f].field,
		    j->field[f].text ? "'" : "", value, j->field[f].text ? "'" : "");
}

static const char *text_of(struct judging *j, const struct definition_event *e)
{
	struct strbuf out = STRBUF_INIT, value = STRBUF_INIT;
	const char *text;

	for (size_t f = 0; f < j->n; f++) {
		const struct definition_field *d = field_of(j, e, f);

		strbuf_reset(&value);
		if (d->kind.type == DEFINITION_TEXT)
			strbuf_addstr(&value, d->text ? d->text : "");
		else
			figure_add_number(&value, d->number.lo, d->kind.is_signed);
		add_field(j, &out, f, value.s);
	}
	text = arena_strdup(&j->a, out.s);
	strbuf_release(&out);
	strbuf_release(&value);
	return text;
}

static void push(struct judging *j, struct list *l, const char *text)
{
	arena_push(&j->a, l->text, l->n, text);
}

/* --- as many of each --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void missing(struct judging *j, const char *text, bool losses_known)
{
	struct judge_mismatch *m;

	j->out->events_missing++;
	if (losses_known)
		return;
	m = judge_add(j->out, JUDGE_EVENT);
	if (!m)
		return;
	snprintf(m->expected_text, sizeof(m->expected_text), "%s", text);
	snprintf(m->captured_text, sizeof(m->captured_text), "none");
	snprintf(m->text, sizeof(m->text), "an event (%s) is missing, and no loss was counted",
		 text);
}

static void extra(struct judging *j, const char *text)
{
	struct judge_mismatch *m = judge_add(j->out, JUDGE_EVENT);

	if (!m)
		return;
	snprintf(m->expected_text, sizeof(m->expected_text), "none");
	snprintf(m->captured_text, sizeof(m->captured_text), "%s", text);
	snprintf(m->text, sizeof(m->text), "a record (%s) belongs to no call", text);
}

static void check_losses(struct judging *j)
{
	uint64_t full = j->in->losses.ring_full;
	struct judge_mismatch *m;

	if (j->out->events_missing == full || !(m = judge_add(j->out, JUDGE_LOSS)))
		return;
	m->field = "ring_full";
	m->numeric = true;
	m->expected = j->out->events_missing;
	m->captured = full;
	snprintf(m->text, sizeof(m->text),
		 "%" PRIu64 " events are missing, the monitor says that it lost %" PRIu64,
		 j->out->events_missing, full);
}

static void compare(struct judging *j, struct list *want, struct list *got)
{
	uint64_t full = j->in->losses.ring_full;
	bool known = full && full != UINT64_MAX;
	size_t i = 0, k = 0;

	j->out->events_expected = want->n;
	j->out->events_captured = got->n;
	if (want->n)
		qsort(want->text, want->n, sizeof(*want->text), by_text);
	if (got->n)
		qsort(got->text, got->n, sizeof(*got->text), by_text);
	while (i < want->n || k < got->n) {
		int order = i == want->n  ? 1
			    : k == got->n ? -1
					  : strcmp(want->text[i], got->text[k]);

		if (order < 0)
			missing(j, want->text[i], known);
		else if (order > 0)
			extra(j, got->text[k]);
		i += order <= 0;
		k += order >= 0;
	}
	if (known)
		check_losses(j);
}

/* --- records, and lines --- */

static void judge_records(struct judging *j)
{
	const struct figures *f = j->in->figures;
	struct list want = {0}, got = {0};

	j->left_out = arena_array(&j->a, bool, j->n + 1);
	if (!find_doubts(j))
		return;
	for (size_t i = 0; i < j->result->nevents; i++)
		if (is_record(j, &j->result->events[i]))
			push(j, &want, text_of(j, &j->result->events[i]));
	for (size_t i = 0; i < f->nevents; i++) {
		struct strbuf text = STRBUF_INIT;

		for (size_t k = 0; k < j->n; k++)
			add_field(j, &text, k, f->events[i].field[k]);
		push(j, &got, arena_strdup(&j->a, text.s));
		strbuf_release(&text);
	}
	compare(j, &want, &got);
}

static void judge_lines(struct judging *j)
{
	const struct figures *f = j->in->figures;
	struct list want = {0}, got = {0};

	for (size_t i = 0; i < j->result->nevents; i++) {
		const struct definition_event *e = &j->result->events[i];
		const char *text = e->text;

		if (!text || e->maybe) {
			doubt(j, "what it prints");
			return;
		}
		push(j, &want,
		     arena_strndup(&j->a, text, strlen(text) - str_ends_with(text, "\n")));
	}
	for (size_t i = 0; i < f->nlines; i++)
		push(j, &got, f->lines[i]);
	compare(j, &want, &got);
}

void declared_judge_events(const struct judge_input *in, const struct definition *def,
			   const struct definition_result *result, struct judge_result *out)
{
	struct judging j = {.in = in, .result = result, .out = out};

	j.field = monitor_record(in->monitor, &j.n, &j.at);
	j.printf_n = definition_printfs(def) - 1;
	if (j.n)
		judge_records(&j);
	else if (monitor_info(in->monitor)->kind == MONITOR_BPFTRACE && definition_printfs(def))
		judge_lines(&j);
	arena_release(&j.a);
}
