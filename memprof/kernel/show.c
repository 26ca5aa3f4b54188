/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A page of text: sums with their error bars, sizes, stacks, and what is not known. */
#include "lib/base.h"
#include "memprof/kernel/show.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "lib/format.h"

uint64_t show_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* "1,234 (+- 56)": the error is two standard deviations. */
static void add_estimate(struct strbuf *out, uint64_t v, double variance)
{
	format_count(out, v);
	if (variance > 0) {
		strbuf_addstr(out, " (+- ");
		format_count(out, (uint64_t)(2 * sqrt(variance)));
		strbuf_addstr(out, ")");
	}
}

static void show_sums(const struct profile *p, FILE *out)
{
	const struct profile_values *v = &p->total;
	struct strbuf s = STRBUF_INIT;

	strbuf_addstr(&s, "allocations  ");
	add_estimate(&s, v->allocs, v->allocs_var);
	strbuf_addstr(&s, "\nbytes        ");
	add_estimate(&s, v->bytes, v->bytes_var);
	strbuf_addstr(&s, "\nfrees        ");
	format_count(&s, v->frees);
	if (p->mode != PROFILE_COUNTS) {
		strbuf_addstr(&s, "\nlive blocks  ");
		add_estimate(&s, v->live_blocks, v->live_blocks_var);
		strbuf_addstr(&s, "\nlive bytes   ");
		add_estimate(&s, v->live_bytes, v->live_bytes_var);
	}
	fprintf(out, "%s\n", s.s);
	strbuf_release(&s);
}

static void show_sizes(const struct profile *p, FILE *out)
{
	struct strbuf s = STRBUF_INIT;

	fprintf(out, "\n%12s  %14s  %16s\n", "SIZE BELOW", "ALLOCATIONS", "BYTES");
	for (unsigned int b = 0; b < PROFILE_BUCKETS; b++) {
		if (!p->sizes[b].allocs)
			continue;
		strbuf_reset(&s);
		format_count(&s, p->sizes[b].allocs);
		fprintf(out, "%12" PRIu64 "  %14s", b < 64 ? (uint64_t)1 << b : UINT64_MAX, s.s);
		strbuf_reset(&s);
		format_count(&s, p->sizes[b].bytes);
		fprintf(out, "  %16s\n", s.s);
	}
	strbuf_release(&s);
}

static int by_bytes(const void *a, const void *b)
{
	const struct profile_stack *x = *(const struct profile_stack *const *)a;
	const struct profile_stack *y = *(const struct profile_stack *const *)b;

	if (x->values.bytes != y->values.bytes)
		return x->values.bytes > y->values.bytes ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void show_stack(const struct profile *p, const struct profile_stack *s, FILE *out)
{
	const struct profile_process *who = &p->processes[s->process];
	struct strbuf text = STRBUF_INIT;

	format_count(&text, s->values.bytes);
	strbuf_addstr(&text, " bytes in ");
	format_count(&text, s->values.allocs);
	strbuf_addstr(&text, " allocations, live ");
	format_count(&text, s->values.live_bytes);
	strbuf_addstr(&text, " in ");
	format_count(&text, s->values.live_blocks);
	fprintf(out, "\n%s: %s (%u)\n", text.s, who->comm, who->pid);
	strbuf_release(&text);
	for (uint32_t i = 0; i < s->nframes; i++) {
		const struct profile_frame *f = &p->frames[s->frames[i]];

		if (f->name)
			fprintf(out, "  %s\n", f->name);
		else
			fprintf(out, "  0x%" PRIx64 "\n", f->address);
	}
	if (!s->nframes)
		fprintf(out, "  (no stack)\n");
	if (s->flags & PROFILE_STACK_CUT)
		fprintf(out, "  (cut)\n");
}

static void show_stacks(const struct profile *p, uint64_t top, FILE *out)
{
	const struct profile_stack **order = calloc(p->nstacks + 1, sizeof(*order));

	if (!order)
		return;
	for (size_t i = 0; i < p->nstacks; i++)
		order[i] = &p->stacks[i];
	qsort(order, p->nstacks, sizeof(*order), by_bytes);
	for (size_t i = 0; i < p->nstacks && i < top; i++)
		show_stack(p, order[i], out);
	free(order);
}

static void show_losses(const struct profile *p, FILE *out)
{
	struct strbuf s = STRBUF_INIT;

	fputc('\n', out);
	for (size_t i = 0; i < p->nlosses; i++) {
		strbuf_reset(&s);
		format_count(&s, p->losses[i].count);
		fprintf(out, "%-24s %12s  %s\n", p->losses[i].name, s.s, p->losses[i].sentence);
	}
	strbuf_release(&s);
}

void show_profile(const struct profile *p, uint64_t top, FILE *out)
{
	if (p->note)
		fprintf(out, "%s\n", p->note);
	show_sums(p, out);
	show_sizes(p, out);
	if (p->mode != PROFILE_COUNTS)
		show_stacks(p, top, out);
	show_losses(p, out);
}
