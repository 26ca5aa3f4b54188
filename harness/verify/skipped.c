/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What runs that the kernel skipped explain, and how that is told. */
#include "lib/base.h"
#include "harness/verify/skipped.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/preempt.h"

/* It counts calls, by its name: "munmap calls = counted". */
static bool of_calls(const struct identity *id)
{
	return strstr(id->name, "calls") != NULL;
}

/* "runs skipped by the kernel = none" */
static bool of_runs(const struct identity *id)
{
	return !strncmp(id->name, "runs skipped", strlen("runs skipped"));
}

static bool sum_explained(const struct identity *id, uint64_t n)
{
	if (id->holds || of_runs(id))
		return true;
	return id->right < id->left && (!of_calls(id) || id->left - id->right <= n);
}

static bool counts(const struct vocabulary *words, uint64_t fields, const char *name)
{
	for (size_t f = 0; name && f < words->nfields; f++)
		if (fields >> f & 1 && !strcmp(words->fields[f].name, name))
			return true;
	return false;
}

static bool mismatch_explained(const struct judge_mismatch *m, const struct vocabulary *words,
			       uint64_t counts_calls, uint64_t n)
{
	switch (m->what) {
	case JUDGE_LOSS: return !strcmp(m->field, "recursion_misses");
	case JUDGE_COUNTER:
		return !m->numeric || !counts(words, counts_calls, m->field) ||
		       (m->captured <= m->expected && m->expected - m->captured <= n);
	/* Whose event it is does not depend on which were lost. */
	case JUDGE_EVENT:
		return !m->field ||
		       (strcmp(m->field, "pid") != 0 && strcmp(m->field, "tgid") != 0 &&
			strcmp(m->field, "comm") != 0);
	default: return true;
	}
}

bool skipped_explain(const struct judge_result *judged, const struct identities *ids,
		     uint64_t counts_calls, const struct vocabulary *words, uint64_t n)
{
	for (size_t i = 0; i < ids->n; i++)
		if (!sum_explained(&ids->v[i], n))
			return false;
	for (size_t i = 0; i < MIN(judged->mismatches, (uint64_t)JUDGE_KEPT); i++)
		if (!mismatch_explained(&judged->kept[i], words, counts_calls, n))
			return false;
	return n > 0 && (judged->mismatches || ids->broken) &&
	       judged->events_captured <= judged->events_expected;
}

/* Calls that were made and calls that were counted, over the sums that do not overlap: that of the
 * events has all of them, where there is one. */
static void size_of_loss(const struct identities *ids, uint64_t *made, uint64_t *counted)
{
	const struct identity *events = NULL;

	*made = *counted = 0;
	for (size_t i = 0; i < ids->n; i++) {
		const struct identity *id = &ids->v[i];

		if (!of_calls(id))
			continue;
		if (strstr(id->name, "event"))
			events = id;
		if (strstr(id->name, "event") || strstr(id->name, "seen"))
			continue;
		*made += id->left;
		*counted += id->right;
	}
	if (*made == *counted && events) {
		*made = events->left;
		*counted = events->right;
	}
}

void skipped_forgive(struct judge_result *judged, struct identities *ids, struct accuracy *accuracy,
		     uint64_t n)
{
	uint64_t made, counted;
	char words[160];
	size_t kept = 0, sums = ids->n;

	size_of_loss(ids, &made, &counted);
	skipped_words(words, sizeof(words), n, "its programs");
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i].holds)
			ids->v[kept++] = ids->v[i];
	ids->n = kept;
	ids->broken = 0;
	judged->verdict = JUDGE_SKIPPED;
	judged->skipped_runs = n;
	judged->mismatches = 0;
	if (!sums)
		accuracy_add(accuracy, "skipped_runs", "runs", 0, n, "%s", words);
	else if (made == counted)
		accuracy_add(accuracy, "skipped_runs", "runs", 0, n, "%s; no call is missing",
			     words);
	else
		accuracy_add(accuracy, "skipped_runs", "calls", made, counted,
			     "%s; lost munmaps look like leaks", words);
}

void skipped_words(char *out, size_t size, uint64_t n, const char *whose)
{
	snprintf(out, size, "the kernel skipped %" PRIu64 " runs of %s: %s", n, whose,
		 preempt_tracepoints() ? "preempted, Linux 7 (docs/linux7.md)"
				       : "another BPF program was active on that CPU");
}
