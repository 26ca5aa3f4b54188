/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data of the picture `lanes`: B less A by event, and the instructions that each adds. */
#include "lib/base.h"
#include "harness/report/plot_data.h"

#include <math.h>
#include <string.h>

#include "harness/report/record_sides.h"
#include "lib/format.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

/* With several kernels or comparisons, paths that are equal in both leave no room for the others.
 */
enum { ROWS_MAX = 32 };

/* "memmon: brk, 6.12": what tells it from the other rows. */
static void add_label(struct strbuf *out, const struct sides *s, bool several, const char *what)
{
	const char *slash = strrchr(s->name[1], '/');

	if (several)
		strbuf_addf(out, "%s: ", slash ? slash + 1 : s->name[1]);
	strbuf_addstr(out, what);
}

/* A row for each event: B less A, a second load of A less A, the margin. What is void says so. */
static int time_rows(struct json_object *records, const struct sides *s, int row, bool several,
		     struct strbuf *out)
{
	struct json_object *o;
	int rows = 0;

	record_foreach_type (records, o, "sharp") {
		const char *event = record_str(o, "event", "?");
		struct stats_interval difference, aa;
		struct strbuf label = STRBUF_INIT;

		if (o != sides_exchange(records, s, event) ||
		    !record_interval(o, "diff_ns", &difference))
			continue;
		record_interval(o, "aa_ns", &aa);
		strbuf_addf(out, "%d", row + rows++);
		plot_interval(out, &difference, 1);
		plot_interval(out, &aa, 1);
		plot_value(out, record_num(o, "margin_ns"));
		add_label(&label, s, several, event);
		if (strcmp(record_str(o, "status", "ok"), "ok"))
			strbuf_addf(&label, " (%s)", record_str(o, "status", "?"));
		strbuf_addch(out, ' ');
		plot_word(out, label.s);
		strbuf_addch(out, '\n');
		strbuf_release(&label);
	}
	return rows;
}

/* What was counted: all kernels and paths of the run. */
struct counted {
	struct json_object *records;
	struct names kernels, paths;
	bool several;	/* comparisons */
	bool differing; /* only what differs is drawn */
};

/* A row for each path and kernel that both have a figure for. */
static int instruction_rows(const struct counted *c, const struct sides *s, size_t side, int row,
			    struct strbuf *out)
{
	int rows = 0;

	for (size_t k = 0; k < c->kernels.n; k++) {
		for (size_t p = 0; p < c->paths.n; p++) {
			double v[2];
			struct strbuf label = STRBUF_INIT;

			for (size_t i = 0; i < 2; i++)
				v[i] = sides_added(c->records, s, i, c->kernels.v[k],
						   c->paths.v[p]);
			if (isnan(v[0]) || isnan(v[1]) || (c->differing && v[0] == v[1]))
				continue;
			add_label(&label, s, c->several, c->paths.v[p]);
			if (c->kernels.n > 1) {
				strbuf_addstr(&label, ", ");
				format_kernel(&label, c->kernels.v[k]);
			}
			strbuf_addf(out, "%d", row + rows++);
			plot_value(out, v[side]);
			strbuf_addch(out, ' ');
			plot_word(out, label.s);
			strbuf_addch(out, '\n');
			strbuf_release(&label);
		}
	}
	return rows;
}

/* Both blocks of instructions. Returns the rows of one. */
static int instruction_blocks(const struct counted *c, struct strbuf *out)
{
	struct sides s;
	int rows = 0;

	for (size_t side = 0; side < 2; side++) {
		rows = 0;
		strbuf_addstr(out, "\n\n");
		sides_nth(c->records, 0, &s);
		plot_word(out, c->several ? side ? "B" : "A" : s.name[side]);
		strbuf_addstr(out, " added path\n");
		for (size_t i = 0; sides_nth(c->records, i, &s); i++)
			rows += instruction_rows(c, &s, side, rows, out);
	}
	return rows;
}

int plot_lanes_data(const struct run_file *run, struct strbuf *out)
{
	struct counted c = {.records = run->records, .several = sides_count(run->records) > 1};
	struct json_object *o;
	struct sides s;
	int points = 0, rows;
	size_t end;

	strbuf_addstr(out, "# Two monitors compared. The first block is the time lane, ns; then a "
			   "block for each monitor, instructions:\n"
			   "# row B-A low high A/A low high margin \"event\"\n"
			   "# row added \"path\"\n");
	if (!sides_nth(run->records, 0, &s))
		return 0;
	record_foreach_type (run->records, o, "exact") {
		names_add(&c.kernels, record_str(o, "kernel", ""));
		names_add(&c.paths, record_str(o, "path", ""));
	}
	strbuf_addstr(out, "\"time\" B-A low high A/A low high margin event\n");
	for (size_t i = 0; sides_nth(run->records, i, &s); i++)
		points += time_rows(run->records, &s, points, c.several, out);
	end = out->len;
	rows = instruction_blocks(&c, out);
	if (rows > ROWS_MAX) {
		out->len = end;
		c.differing = true;
		rows = instruction_blocks(&c, out);
	}
	names_release(&c.kernels);
	names_release(&c.paths);
	return points + 2 * rows;
}

bool plot_lanes_has(const struct run_file *run)
{
	struct strbuf data = STRBUF_INIT;
	bool has = plot_lanes_data(run, &data) > 0;

	strbuf_release(&data);
	return has;
}
