/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data of the picture `lanes`: B less A by event, and the instructions that each adds. */
#include "lib/base.h"
#include "harness/report/plot_data.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_sides.h"

/* A row for each event: B less A, a second load of A less A, the margin. What is void says so. */
static int time_rows(struct json_object *records, const struct sides *s, struct strbuf *out)
{
	struct json_object *o;
	int rows = 0;

	strbuf_addstr(out, "\"time\" B-A low high A/A low high margin event\n");
	record_foreach_type (records, o, "sharp") {
		const char *event = record_str(o, "event", "?");
		struct stats_interval difference, aa;
		struct strbuf label = STRBUF_INIT;

		if (o != sides_sharp(records, s, event) ||
		    !record_interval(o, "diff_ns", &difference))
			continue;
		record_interval(o, "aa_ns", &aa);
		strbuf_addf(out, "%d", rows++);
		plot_interval(out, &difference, 1);
		plot_interval(out, &aa, 1);
		plot_value(out, record_num(o, "margin_ns"));
		strbuf_addstr(&label, event);
		if (strcmp(record_str(o, "status", "ok"), "ok"))
			strbuf_addf(&label, " (%s)", record_str(o, "status", "?"));
		strbuf_addch(out, ' ');
		plot_word(out, label.s);
		strbuf_addch(out, '\n');
		strbuf_release(&label);
	}
	return rows;
}

/* A row for each path and kernel that both have a figure for. */
static int instruction_rows(struct json_object *records, const struct sides *s,
			    const struct names *kernels, const struct names *paths, size_t side,
			    struct strbuf *out)
{
	int rows = 0;

	strbuf_addstr(out, "\n\n");
	plot_word(out, s->name[side]);
	strbuf_addstr(out, " added path\n");
	for (size_t k = 0; k < kernels->n; k++) {
		for (size_t p = 0; p < paths->n; p++) {
			double v[2];
			struct strbuf label = STRBUF_INIT;

			for (size_t i = 0; i < 2; i++)
				v[i] = sides_added(records, s, i, kernels->v[k], paths->v[p]);
			if (isnan(v[0]) || isnan(v[1]))
				continue;
			strbuf_addstr(&label, paths->v[p]);
			if (kernels->n > 1) {
				strbuf_addstr(&label, ", ");
				format_kernel(&label, kernels->v[k]);
			}
			strbuf_addf(out, "%d", rows++);
			plot_value(out, v[side]);
			strbuf_addch(out, ' ');
			plot_word(out, label.s);
			strbuf_addch(out, '\n');
			strbuf_release(&label);
		}
	}
	return rows;
}

int plot_lanes_data(const struct run_file *run, struct strbuf *out)
{
	struct names kernels = {0}, paths = {0};
	struct json_object *o;
	struct sides s;
	int points;

	strbuf_addstr(out,
		      "# Two monitors compared. The first block is the time lane, ns; then a block "
		      "for each "
		      "monitor, instructions:\n# row B-A low high A/A low high margin \"event\"\n"
		      "# row added \"path\"\n");
	if (!sides_find(run->records, &s))
		return 0;
	record_foreach_type (run->records, o, "exact") {
		names_add(&kernels, record_str(o, "kernel", ""));
		names_add(&paths, record_str(o, "path", ""));
	}
	points = time_rows(run->records, &s, out);
	for (size_t side = 0; side < 2; side++)
		points += instruction_rows(run->records, &s, &kernels, &paths, side, out);
	names_release(&kernels);
	names_release(&paths);
	return points;
}

bool plot_lanes_has(const struct run_file *run)
{
	struct strbuf data = STRBUF_INIT;
	bool has = plot_lanes_data(run, &data) > 0;

	strbuf_release(&data);
	return has;
}
