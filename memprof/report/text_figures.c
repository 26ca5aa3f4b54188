/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views of numbers: histograms of sizes and lifetimes, threads, processes. */
#include "lib/base.h"
#include "memprof/report/text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/format.h"
#include "lib/printable.h"

/* --- histograms ---------------------------------------------------------------------------------
 */

enum { BAR = 40 };

static void add_bar(struct strbuf *out, uint64_t v, uint64_t most)
{
	uint64_t n = most ? (uint64_t)((double)v / (double)most * BAR + 0.5) : 0;

	if (v)
		strbuf_addstr(out, "  ");
	for (uint64_t i = 0; i < n || (!i && v); i++)
		strbuf_addch(out, '#');
	strbuf_addch(out, '\n');
}

static void add_row(struct strbuf *out, const char *label, uint64_t count, uint64_t whole,
		    const uint64_t *bytes, uint64_t most)
{
	struct strbuf cell = STRBUF_INIT;

	strbuf_addf(out, "  %-22s", label);
	format_count(&cell, count);
	text_cell(out, 14, cell.s);
	text_share_cell(out, 10, (double)count, (double)whole);
	if (bytes)
		text_amount_cell(out, 12, VALUE_BYTES, (double)*bytes);
	add_bar(out, count, most);
	strbuf_release(&cell);
}

/* The lowest number in a bucket. */
static uint64_t lowest(unsigned int bucket)
{
	return bucket ? 1ULL << (bucket - 1) : 0;
}

static void size_label(struct strbuf *out, uint64_t from, uint64_t to)
{
	strbuf_reset(out);
	if (!to) {
		strbuf_addstr(out, "from ");
		format_bytes(out, (double)from);
		return;
	}
	if (!from)
		strbuf_addstr(out, "below ");
	else {
		format_bytes(out, (double)from);
		strbuf_addstr(out, " to ");
	}
	format_bytes(out, (double)to);
}

/* Buckets @from up to @to as one row. */
static void add_sizes(const struct profile *p, struct strbuf *out, unsigned int from,
		      unsigned int to, const char *label, uint64_t most)
{
	struct profile_bucket sum = {0};

	for (unsigned int i = from; i < to; i++) {
		sum.allocs += p->sizes[i].allocs;
		sum.bytes += p->sizes[i].bytes;
	}
	add_row(out, label, sum.allocs, p->total.allocs, &sum.bytes, most);
}

/* The boundaries of the document that began memprof: 16, 32, .. 65536. */
static void add_boundaries(const struct profile *p, struct strbuf *out)
{
	enum { FIRST = 5, LAST = 17 }; /* the buckets from 16 and from 65536 on */
	struct strbuf label = STRBUF_INIT;
	uint64_t most = 0, low = 0, high = 0;

	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++) {
		uint64_t *sum = i < FIRST ? &low : i >= LAST ? &high : NULL;

		if (sum)
			*sum += p->sizes[i].allocs;
		else
			most = MAX(most, p->sizes[i].allocs);
	}
	most = MAX(most, MAX(low, high));
	size_label(&label, 0, 16);
	add_sizes(p, out, 0, FIRST, label.s, most);
	for (unsigned int i = FIRST; i < LAST; i++) {
		size_label(&label, lowest(i), lowest(i + 1));
		add_sizes(p, out, i, i + 1, label.s, most);
	}
	size_label(&label, 65536, 0);
	add_sizes(p, out, LAST, PROFILE_BUCKETS, label.s, most);
	strbuf_release(&label);
}

static void add_powers(const struct profile *p, struct strbuf *out)
{
	struct strbuf label = STRBUF_INIT;
	uint64_t most = 0;

	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++)
		most = MAX(most, p->sizes[i].allocs);
	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++) {
		if (!p->sizes[i].allocs)
			continue;
		strbuf_reset(&label);
		if (i < 2)
			strbuf_addf(&label, "%u", i);
		else
			strbuf_addf(&label, "%llu to %llu", (unsigned long long)lowest(i),
				    (unsigned long long)(lowest(i) * 2 - 1));
		add_sizes(p, out, i, i + 1, label.s, most);
	}
	strbuf_release(&label);
}

static void add_lifetimes(const struct profile *p, struct strbuf *out)
{
	struct strbuf label = STRBUF_INIT;
	uint64_t most = 0, whole = 0;

	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++) {
		most = MAX(most, p->lifetimes[i]);
		whole += p->lifetimes[i];
	}
	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++) {
		if (!p->lifetimes[i])
			continue;
		strbuf_reset(&label);
		strbuf_addstr(&label, "from ");
		format_duration(&label, (double)lowest(i));
		add_row(out, label.s, p->lifetimes[i], whole, NULL, most);
	}
	if (!whole)
		strbuf_addstr(out, "  nothing\n");
	strbuf_release(&label);
}

void text_histogram(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;

	text_heading(out, "sizes asked for");
	strbuf_addf(out, "  %-22s%14s%10s%12s\n", "", "allocations", "", "bytes");
	add_boundaries(p, out);
	text_heading(out, "sizes by powers of two");
	strbuf_addf(out, "  %-22s%14s%10s%12s\n", "bytes", "allocations", "", "bytes");
	add_powers(p, out);
	text_heading(out, "lifetimes of blocks that were freed");
	if (p->lifetimes_known)
		add_lifetimes(p, out);
	else
		strbuf_addstr(out, "  -: lifetimes were not watched\n");
}

/* --- threads and processes ----------------------------------------------------------------------
 */

struct owner {
	uint32_t process, thread;
	struct profile_values v;
};

static int by_bytes(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->v.bytes != y->v.bytes)
		return x->v.bytes > y->v.bytes ? -1 : 1;
	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static struct owner *owner_of(struct owner **owners, size_t *n, uint32_t process, uint32_t thread)
{
	for (size_t i = 0; i < *n; i++)
		if ((*owners)[i].process == process && (*owners)[i].thread == thread)
			return &(*owners)[i];
	*owners = realloc(*owners, (*n + 1) * sizeof(**owners));
	if (!*owners)
		abort();
	(*owners)[*n] = (struct owner){.process = process, .thread = thread};
	return &(*owners)[(*n)++];
}

static void owner_name(const struct profile *p, const struct owner *o, bool threads,
		       struct strbuf *out)
{
	const char *comm = "";

	if (o->process == PROFILE_NONE)
		strbuf_addstr(out, "the kernel");
	else {
		printable_add_line(out, p->processes[o->process].comm);
		strbuf_addf(out, " (%u)", p->processes[o->process].pid);
	}
	if (!threads)
		return;
	for (size_t i = 0; i < p->nthreads; i++)
		if (p->threads[i].process == o->process && p->threads[i].tid == o->thread)
			comm = p->threads[i].comm;
	if (!o->thread) {
		strbuf_addstr(out, ", all threads together");
		return;
	}
	strbuf_addstr(out, ", thread ");
	printable_add_line(out, comm);
	strbuf_addf(out, *comm ? " (%u)" : "%u", o->thread);
}

static void add_owners(const struct report *r, struct strbuf *out, bool threads)
{
	const struct profile *p = r->side[0].p;
	struct owner *owners = NULL;
	size_t n = 0, shown;

	for (size_t i = 0; i < p->nstacks; i++)
		profile_values_add(&owner_of(&owners, &n, p->stacks[i].process,
					     threads ? p->stacks[i].thread : 0)
					    ->v,
				   &p->stacks[i].values);
	if (n)
		qsort(owners, n, sizeof(*owners), by_bytes);
	shown = r->top && r->top < n ? r->top : n;
	strbuf_addf(out, "%12s%10s%14s%14s%12s%12s\n", "bytes", "", "allocations", "live blocks",
		    "live", "peak");
	for (size_t i = 0; i < shown; i++) {
		text_amount_cell(out, 12, VALUE_BYTES, (double)owners[i].v.bytes);
		text_share_cell(out, 10, (double)owners[i].v.bytes, (double)p->total.bytes);
		text_amount_cell(out, 14, VALUE_ALLOCS, (double)owners[i].v.allocs);
		if (p->frees_known) {
			text_amount_cell(out, 14, VALUE_LIVE_BLOCKS,
					 (double)owners[i].v.live_blocks);
			text_amount_cell(out, 12, VALUE_LIVE, (double)owners[i].v.live_bytes);
		} else
			strbuf_addf(out, "%14s%12s", "-", "-");
		if (p->peak_known)
			text_amount_cell(out, 12, VALUE_PEAK, (double)owners[i].v.peak_bytes);
		else
			strbuf_addf(out, "%12s", "-");
		strbuf_addstr(out, "  ");
		owner_name(p, &owners[i], threads, out);
		strbuf_addch(out, '\n');
	}
	if (shown < n)
		strbuf_addf(out, "  and %zu more (--top 0 shows all)\n", n - shown);
	free(owners);
}

void text_threads(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;
	bool apart = false;

	text_heading(out, "threads, by the bytes that they allocated");
	for (size_t i = 0; i < p->nstacks; i++)
		apart |= p->stacks[i].thread != 0;
	if (p->nstacks && !apart)
		strbuf_addstr(out, "  (not kept apart: --by-thread of memprof run and attach does "
				   "it)\n");
	add_owners(r, out, true);
}

void text_processes(const struct report *r, struct strbuf *out)
{
	text_heading(out, "processes, by the bytes that they allocated");
	add_owners(r, out, false);
}

void text_timeline(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;

	text_heading(out, "timeline: what was allocated by then, and live");
	if (!p->npoints) {
		strbuf_addstr(out, "  -: nobody looked while it ran (memprof run --interval)\n");
		return;
	}
	strbuf_addf(out, "%12s%14s%12s%14s%12s\n", "after", "allocations", "bytes", "live blocks",
		    "live");
	for (size_t i = 0; i < p->npoints; i++) {
		const struct profile_point *t = &p->points[i];
		struct strbuf cell = STRBUF_INIT;

		format_duration(&cell, (double)(t->time_ns - MIN(p->start_ns, t->time_ns)));
		text_cell(out, 12, cell.s);
		text_amount_cell(out, 14, VALUE_ALLOCS, (double)t->allocs);
		text_amount_cell(out, 12, VALUE_BYTES, (double)t->bytes);
		text_amount_cell(out, 14, VALUE_LIVE_BLOCKS, (double)t->live_blocks);
		text_amount_cell(out, 12, VALUE_LIVE, (double)t->live_bytes);
		strbuf_addch(out, '\n');
		strbuf_release(&cell);
	}
}
