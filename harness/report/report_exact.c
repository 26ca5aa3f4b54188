/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section of a report about the exact lane: kernel instructions of one call, counted in a guest. */
#include "lib/base.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

/* "+1,204 (own 1,121)": with what being attached at all costs, and without. */
static void figure_cell(struct doc *d, struct json_object *o)
{
	double added = record_num(o, "added"), own = record_num(o, "own");
	const char *status = record_str(o, "status", "ok");
	struct strbuf sb = STRBUF_INIT;

	if (isfinite(added)) {
		strbuf_addstr(&sb, added > 0 ? "+" : "");
		format_number(&sb, added);
		if (isfinite(own)) {
			strbuf_addstr(&sb, " (own ");
			format_number(&sb, own);
			strbuf_addch(&sb, ')');
		}
	} else if (o) {
		bool unstable = record_get(o, "stable") && !record_true(o, "stable");

		strbuf_addstr(&sb, strcmp(status, "ok") ? status : unstable ? "not stable" : "-");
	}
	doc_cell(d, isfinite(added) ? TONE_PLAIN : TONE_WARN, "%s", sb.s);
	strbuf_release(&sb);
}

static void kernel_table(struct doc *d, const struct record_index *x, const char *kernel,
			 const struct names *monitors, const struct names *paths)
{
	doc_heading(d, 3, "Linux %s", kernel);
	doc_table(d);
	doc_column(d, false, "path");
	doc_column(d, true, "untraced");
	for (size_t m = 0; m < monitors->n; m++)
		doc_column(d, true, "%s", monitors->v[m]);
	for (size_t p = 0; p < paths->n; p++) {
		struct strbuf none = STRBUF_INIT, place = STRBUF_INIT;

		strbuf_addf(&place, "%s\t%s", kernel, paths->v[p]);
		if (!record_index_get(x, place.s, "")) {
			strbuf_release(&place);
			continue;
		}
		format_number(&none, record_num(record_index_get(x, place.s, "\n"), "none"));
		doc_cell(d, TONE_PLAIN, "%s", paths->v[p]);
		doc_cell(d, TONE_PLAIN, "%s", none.s);
		for (size_t m = 0; m < monitors->n; m++)
			figure_cell(d, record_index_get(x, place.s, monitors->v[m]));
		strbuf_release(&none);
		strbuf_release(&place);
	}
}

/* By kernel and path, and each monitor; and the first that knows what the path takes untraced. */
static void index_exact(struct record_index *x, struct json_object *o)
{
	struct strbuf place = STRBUF_INIT;

	strbuf_addf(&place, "%s\t%s", record_str(o, "kernel", ""), record_str(o, "path", ""));
	record_index_add(x, place.s, record_str(o, "monitor", ""), o);
	record_index_add(x, place.s, "", o);
	if (isfinite(record_num(o, "none")))
		record_index_add(x, place.s, "\n", o);
	strbuf_release(&place);
}

void report_exact(struct doc *d, const struct run_file *run)
{
	struct names kernels = {0}, monitors = {0}, paths = {0};
	struct record_index x = {0};
	struct json_object *o;

	/* A record without a path is a reason why there is no figure: report_skips() names it. */
	record_foreach_type (run->records, o, "exact") {
		if (!record_get(o, "path") || !record_get(o, "kernel"))
			continue;
		index_exact(&x, o);
		names_add(&kernels, record_str(o, "kernel", "?"));
		/* "none" is the column `untraced`. */
		if (strcmp(record_str(o, "monitor", "?"), "none"))
			names_add(&monitors, record_str(o, "monitor", "?"));
		names_add(&paths, record_str(o, "path", "?"));
	}
	if (kernels.n) {
		doc_heading(d, 2, "Exact cost");
		doc_text(d, TONE_PLAIN,
			 "Kernel instructions that a monitor adds to one call, counted in an "
			 "emulated machine: exact to the instruction, and no time (docs/exact.md). "
			 "\"own\" is without what empty programs on the same hooks cost.");
	}
	for (size_t k = 0; k < kernels.n; k++)
		kernel_table(d, &x, kernels.v[k], &monitors, &paths);
	record_index_release(&x);
	names_release(&kernels);
	names_release(&monitors);
	names_release(&paths);
}
