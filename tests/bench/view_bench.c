/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Prints what ordering, filtering and judging a frame of many processes takes, in time and memory.
 */
#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/rng.h"
#include "monitor/view/history.h"
#include "monitor/view/view.h"
#include "tests/unit/figures_fixture.h"

enum { ROUNDS = 101 };

static struct rng rng = {.state = 1};

/* Sessions of some thirty processes below the first one, names as they are on servers. */
static void fill(struct proc_row *rows, size_t n)
{
	static const char *const names[] = {"postgres", "nginx",  "kworker/1:2", "bash",
					    "python3",	"chrome", "systemd",	 "node"};

	for (uint32_t i = 0; i < n; i++) {
		struct proc_row *row = &rows[i];

		*row = (struct proc_row){
			.pid = i + 1, .state = 'S', .start_ns = i + 1, .v = figures()};
		row->ppid = i % 30 == 1 ? 1 : i ? i / 30 * 30 + 2 : 0;
		row->ppid = row->ppid >= row->pid ? 1 : row->ppid;
		row->uid = (uint32_t)rng_below(&rng, 4);
		snprintf(row->name, sizeof(row->name), "%s", names[rng_below(&rng, 8)]);
		for (size_t k = 0; k < FIELD_COUNT; k++)
			row->v[k] = k < FIELD_MMAP_RATE ? (double)rng_below(&rng, 1000000) : NAN;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double us[ROUNDS])
{
	qsort(us, ROUNDS, sizeof(us[0]), compare);
	printf("%-52s %9.1f %9.1f\n", what, us[ROUNDS / 2], us[ROUNDS * 9 / 10]);
}

static void time_view(const char *what, const struct frame *f, struct view_options o,
		      const char *filter)
{
	struct query_error e;
	struct query *q = NULL;
	struct view v = {0};
	double us[ROUNDS];

	if (filter && query_parse(&q, filter, &e)) {
		fprintf(stderr, "%s: %s\n", filter, e.text);
		exit(EXIT_BAD);
	}
	o.query = q;
	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t before = clock_ns();

		if (view_build(&v, f, &o))
			exit(EXIT_USAGE);
		us[i] = (double)(clock_ns() - before) / 1e3;
	}
	print(what, us);
	view_release(&v);
	query_free(q);
}

/* @share of the processes change their RSS and call mmap in each frame of 1 s. */
static void time_history(const char *what, struct frame *f, double share)
{
	struct history *h = NULL;
	double us[ROUNDS];

	if (history_new(&h, NULL))
		exit(EXIT_USAGE);
	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t before;

		for (size_t k = 0; k < f->n; k++)
			if ((double)rng_below(&rng, 1000) < share * 1000) {
				f->rows[k].v[FIELD_RSS] += (double)rng_below(&rng, 64);
				f->rows[k].v[FIELD_MMAP] += 5;
			}
		f->mono_ns = (i + 1) * NSEC_PER_SEC;
		before = clock_ns();
		if (history_update(h, f))
			exit(EXIT_USAGE);
		us[i] = (double)(clock_ns() - before) / 1e3;
	}
	print(what, us);
	printf("%-52s %9zu kB\n", "  it takes", history_bytes(h) / 1024);
	history_free(h);
}

int main(int argc, char *argv[])
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	struct proc_row *rows = calloc(n ? n : 1, sizeof(*rows));
	struct frame f = {.rows = rows, .n = n};
	struct view_options rss = {.sort = column_find("rss"), .descending = true},
			    name = {.sort = column_find("name")}, top = rss, tree = rss,
			    tree_top = rss;

	if (!rows)
		return EXIT_USAGE;
	top.top = tree_top.top = 100;
	tree.tree = tree_top.tree = true;
	fill(rows, n);
	printf("%-52s %9s %9s\n", "", "median us", "90 % us");
	printf("%zu processes\n", n);
	time_view("sort all by RSS", &f, rss, NULL);
	time_view("sort all by name", &f, name, NULL);
	time_view("the first 100 by RSS", &f, top, NULL);
	time_view("filter rss > 500M, sort", &f, rss, "rss > 500M");
	time_view("filter postgres, sort", &f, rss, "postgres");
	time_view("filter name ~ ^(postgres|nginx)$, sort", &f, rss, "name ~ ^(postgres|nginx)$");
	time_view("filter rss > 100M and (name ~ ^post or user = root)", &f, top,
		  "rss > 100M and (name ~ ^post or user = root)");
	time_view("tree, all", &f, tree, NULL);
	time_view("tree, the first 100 lines", &f, tree_top, NULL);
	time_history("history, nothing changes", &f, 0);
	time_history("history, 1 % change", &f, 0.01);
	time_history("history, 10 % change", &f, 0.1);
	time_history("history, all change", &f, 1);
	free(rows);
	return EXIT_OK;
}
