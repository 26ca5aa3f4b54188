/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section of a report about a matrix: monitors x kernels x processors on one page. */
#include "lib/base.h"
#include "harness/report/report_sections.h"

#include <math.h>
#include <string.h>

#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

static struct json_object *cell_of(const struct run_file *run, const char *kernel,
				   const char *monitor)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "cell")
		if (!strcmp(record_str(o, "kernel", ""), kernel) &&
		    !strcmp(record_str(o, "monitor", ""), monitor))
			return o;
	return NULL;
}

static bool is_false(struct json_object *o, const char *key)
{
	return record_get(o, key) && !record_true(o, key);
}

/* A word for what was found, and its tone. */
static const char *word_of(struct json_object *o, enum doc_tone *tone)
{
	const char *status = record_str(o, "status", ""), *verdict = record_str(o, "verdict", "");

	*tone = TONE_DIM;
	if (!o)
		return "-";
	if (!strcmp(status, "skip"))
		return "not run";
	*tone = TONE_BAD;
	if (is_false(o, "loads"))
		return "refused";
	if (!strcmp(verdict, "mismatch") || !strcmp(status, "fail"))
		return "WRONG";
	*tone = TONE_WARN;
	if (!strcmp(verdict, "skipped") || !strcmp(verdict, "racy"))
		return verdict;
	if (!strcmp(status, "void") || !*verdict)
		return "void";
	*tone = TONE_GOOD;
	return verdict;
}

static void verdict_cell(struct doc *d, struct json_object *o)
{
	enum doc_tone tone;
	const char *word = word_of(o, &tone);

	doc_cell(d, tone, "%s", word);
}

static void figure_cell(struct doc *d, struct json_object *o, const char *path)
{
	struct strbuf key = STRBUF_INIT, text = STRBUF_INIT;
	double added;

	strbuf_addf(&key, "added.%s", path);
	added = record_num(o, key.s);
	if (isfinite(added))
		format_number(&text, added);
	doc_cell(d, isfinite(added) ? TONE_PLAIN : TONE_DIM, "%s", isfinite(added) ? text.s : "-");
	strbuf_release(&key);
	strbuf_release(&text);
}

static void verdicts(struct doc *d, const struct run_file *run, const struct names *kernels,
		     const struct names *monitors)
{
	doc_table(d);
	doc_column(d, false, "kernel");
	for (size_t m = 0; m < monitors->n; m++)
		doc_column(d, false, "%s", monitors->v[m]);
	for (size_t k = 0; k < kernels->n; k++) {
		doc_cell(d, TONE_PLAIN, "%s", kernels->v[k]);
		for (size_t m = 0; m < monitors->n; m++)
			verdict_cell(d, cell_of(run, kernels->v[k], monitors->v[m]));
	}
}

static bool has_figures(const struct run_file *run, const char *path)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "cell")
		if (json_object_object_get_ex(record_get(o, "added"), path, NULL))
			return true;
	return false;
}

static void figures(struct doc *d, const struct run_file *run, const struct names *kernels,
		    const struct names *monitors, const char *path)
{
	doc_table(d);
	doc_column(d, false, "%s", path);
	for (size_t m = 0; m < monitors->n; m++)
		doc_column(d, true, "%s", monitors->v[m]);
	for (size_t k = 0; k < kernels->n; k++) {
		doc_cell(d, TONE_PLAIN, "%s", kernels->v[k]);
		for (size_t m = 0; m < monitors->n; m++)
			figure_cell(d, cell_of(run, kernels->v[k], monitors->v[m]), path);
	}
}

/* Cells that were not run, and the kernels they are of, by their reason. */
static void not_run(struct doc *d, const struct run_file *run)
{
	struct names reasons = {0};
	struct json_object *o;

	record_foreach_type (run->records, o, "cell")
		if (record_status(o) == STATUS_SKIP)
			names_add(&reasons, record_str(o, "reason", "no reason was given"));
	for (size_t i = 0; i < reasons.n; i++) {
		struct names kernels = {0};
		struct strbuf line = STRBUF_INIT;
		size_t n = 0;

		record_foreach_type (run->records, o, "cell") {
			if (record_status(o) != STATUS_SKIP ||
			    strcmp(record_str(o, "reason", "no reason was given"), reasons.v[i]) !=
				    0)
				continue;
			names_add(&kernels, record_str(o, "kernel", "?"));
			n++;
		}
		for (size_t k = 0; k < kernels.n; k++)
			strbuf_addf(&line, "%s%s", k ? ", " : "", kernels.v[k]);
		doc_item(d, "not run, %zu cell%s on %s: %s", n, n == 1 ? "" : "s", line.s,
			 reasons.v[i]);
		strbuf_release(&line);
		names_release(&kernels);
	}
	names_release(&reasons);
}

/* Whatever is not right or was not found out, with its sentence. */
static void sentences(struct doc *d, const struct run_file *run)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "cell") {
		const char *text = record_str(o, "finding", record_str(o, "reason", NULL));
		enum doc_tone tone;

		word_of(o, &tone);
		if (tone != TONE_GOOD && text && record_status(o) != STATUS_SKIP)
			doc_item(d, "%s on %s: %s", record_str(o, "monitor", ""),
				 record_str(o, "kernel", ""), text);
	}
	not_run(d, run);
}

void report_matrix(struct doc *d, const struct run_file *run)
{
	static const char *const paths[] = {"mmap", "munmap", "brk", "other", "switch"};
	struct names kernels = {0}, monitors = {0};
	struct json_object *o;
	bool headed = false;

	record_foreach_type (run->records, o, "cell") {
		names_add(&kernels, record_str(o, "kernel", "?"));
		names_add(&monitors, record_str(o, "monitor", "?"));
	}
	if (!kernels.n)
		goto out;
	doc_heading(d, 2, "Kernels and processors");
	doc_text(d, TONE_PLAIN,
		 "Does it load and do what its definition says? exact: every counter and every "
		 "event; "
		 "bounded: within the bounds of a CPU monitor; refused: the kernel does not take "
		 "it.");
	verdicts(d, run, &kernels, &monitors);
	sentences(d, run);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!has_figures(run, paths[i]))
			continue;
		if (!headed)
			doc_heading(d, 3, "Kernel instructions added to one call");
		headed = true;
		figures(d, run, &kernels, &monitors, paths[i]);
	}
out:
	names_release(&kernels);
	names_release(&monitors);
}
