/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Folded stacks: "main;work 4096", as flamegraph.pl, inferno, speedscope and /ingest of Pyroscope
 * read them. Stacks that read alike are one line, in the order of their text; stacks of 0 are none.
 */
#include "lib/base.h"
#include "memprof/report/folded.h"

#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "monitor/sink/put.h"

void folded_add_path(struct strbuf *out, const struct report_path *path)
{
	for (size_t i = 0; i < path->n; i++) {
		if (i)
			strbuf_addch(out, ';');
		for (const char *c = path->at[i].name; *c; c++)
			strbuf_addch(out, *c == ';' ? ':' : *c);
		if (path->at[i].kernel)
			strbuf_addstr(out, "_[k]");
	}
}

struct line {
	const char *text;
	uint64_t sum;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

int report_folded(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;
	struct line *lines = calloc(p->nstacks + 1, sizeof(*lines));
	struct strbuf text = STRBUF_INIT;
	struct report_path path = {0};
	struct names names = {0};

	if (!lines)
		abort();
	for (size_t i = 0; i < p->nstacks; i++) {
		strbuf_reset(&text);
		report_path_of(&path, &r->side[0], &p->stacks[i], r->split);
		folded_add_path(&text, &path);
		lines[names_add(&names, text.s)].sum +=
			report_value_of(r->value, &p->stacks[i].values);
	}
	for (size_t i = 0; i < names.n; i++)
		lines[i].text = names.v[i];
	if (names.n)
		qsort(lines, names.n, sizeof(*lines), by_text);
	for (size_t i = 0; i < names.n; i++) {
		if (!lines[i].sum)
			continue;
		strbuf_addstr(out, lines[i].text);
		strbuf_addch(out, ' ');
		put_u64(out, lines[i].sum);
		strbuf_addch(out, '\n');
	}
	free(lines);
	names_release(&names);
	strbuf_release(&text);
	report_path_release(&path);
	return 0;
}
