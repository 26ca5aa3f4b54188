/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures for Prometheus: sums by process, the greatest functions, what was lost. */
#include "lib/base.h"
#include "memprof/serve/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/openmetrics.h"
#include "memprof/report/tree.h"

enum { DIGITS = 15 };

/* A process as its labels tell it: two images of one pid with one name are one. */
struct owner {
	uint32_t pid;
	const char *comm;
	struct profile_values v;
};

static size_t owners_of(const struct profile *p, struct owner owners[FIGURES_PROCESSES])
{
	size_t n = 0;

	for (size_t i = 0; i < p->nstacks; i++) {
		const struct profile_stack *s = &p->stacks[i];
		bool owned = s->process != PROFILE_NONE;
		uint32_t pid = owned ? p->processes[s->process].pid : 0;
		const char *comm = owned ? p->processes[s->process].comm : "kernel";
		size_t at = 0;

		while (at < n && (owners[at].pid != pid || strcmp(owners[at].comm, comm) != 0))
			at++;
		if (at == FIGURES_PROCESSES)
			continue;
		if (at == n)
			owners[n++] = (struct owner){.pid = pid, .comm = comm};
		profile_values_add(&owners[at].v, &s->values);
	}
	return n;
}

static uint64_t at(const struct profile_values *v, size_t offset)
{
	uint64_t n;

	memcpy(&n, (const char *)v + offset, sizeof(n));
	return n;
}

static void add_processes(const struct openmetrics *m, const struct profile *p)
{
	static const struct {
		struct openmetrics_family family;
		size_t offset;
		bool frees, peak; /* known where these are */
	} figures[] = {
		{{"allocations", "Blocks allocated since the start.", NULL, true},
		 offsetof(struct profile_values, allocs),
		 false,
		 false},
		{{"allocated_bytes", "Bytes allocated since the start.", "bytes", true},
		 offsetof(struct profile_values, bytes),
		 false,
		 false},
		{{"frees", "Blocks freed since the start.", NULL, true},
		 offsetof(struct profile_values, frees),
		 true,
		 false},
		{{"freed_bytes", "Bytes freed since the start.", "bytes", true},
		 offsetof(struct profile_values, freed_bytes),
		 true,
		 false},
		{{"live_blocks", "Blocks allocated and not freed.", NULL, false},
		 offsetof(struct profile_values, live_blocks),
		 true,
		 false},
		{{"live_bytes", "Bytes allocated and not freed.", "bytes", false},
		 offsetof(struct profile_values, live_bytes),
		 true,
		 false},
		{{"peak_bytes", "Bytes live when most were.", "bytes", false},
		 offsetof(struct profile_values, peak_bytes),
		 false,
		 true},
	};
	struct owner *owners = calloc(FIGURES_PROCESSES, sizeof(*owners));
	struct strbuf labels = STRBUF_INIT;
	char pid[16];
	size_t n;

	if (!owners)
		abort();
	n = owners_of(p, owners);
	for (size_t f = 0; f < ARRAY_SIZE(figures); f++) {
		if ((figures[f].frees && !p->frees_known) || (figures[f].peak && !p->peak_known))
			continue;
		openmetrics_head(m, &figures[f].family);
		for (size_t i = 0; i < n; i++) {
			strbuf_reset(&labels);
			snprintf(pid, sizeof(pid), "%u", owners[i].pid);
			openmetrics_label(&labels, "pid", pid);
			openmetrics_label(&labels, "name", owners[i].comm);
			openmetrics_sample(m, &figures[f].family, labels.s,
					   (double)at(&owners[i].v, figures[f].offset));
		}
	}
	free(owners);
	strbuf_release(&labels);
}

struct place {
	uint64_t live;
	uint32_t name;
};

static int by_live(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->live != y->live)
		return x->live > y->live ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void add_functions(const struct openmetrics *m, const struct report *r)
{
	static const struct openmetrics_family family = {
		"function_live_bytes", "Live bytes that the function itself allocated.", "bytes",
		false};
	struct tree_function *functions;
	struct strbuf labels = STRBUF_INIT;
	struct place *places;
	struct tree t;

	tree_of(&t, r);
	functions = tree_functions(&t);
	places = calloc(t.names.n + 1, sizeof(*places));
	if (!places)
		abort();
	for (uint32_t i = 0; i < t.names.n; i++)
		places[i] = (struct place){functions[i].self[0][VALUE_LIVE], i};
	qsort(places, t.names.n, sizeof(*places), by_live);
	openmetrics_head(m, &family);
	for (size_t i = 0; i < MIN(t.names.n, (size_t)FIGURES_FUNCTIONS) && places[i].live; i++) {
		strbuf_reset(&labels);
		openmetrics_label(&labels, "function", t.names.v[places[i].name]);
		openmetrics_sample(m, &family, labels.s, (double)places[i].live);
	}
	free(places);
	free(functions);
	tree_release(&t);
	strbuf_release(&labels);
}

static void add_losses(const struct openmetrics *m, const struct profile *p)
{
	static const struct openmetrics_family family = {
		"losses", "What the profile does not know or has lost.", NULL, true};
	struct strbuf labels = STRBUF_INIT;

	openmetrics_head(m, &family);
	for (size_t i = 0; i < p->nlosses; i++) {
		strbuf_reset(&labels);
		openmetrics_label(&labels, "what", p->losses[i].name);
		openmetrics_sample(m, &family, labels.s, (double)p->losses[i].count);
	}
	strbuf_release(&labels);
}

void figures_render(const struct report *r, bool openmetrics, struct strbuf *out)
{
	static const struct openmetrics_family unresolved = {
		"unresolved_frames", "Frames that have no name.", NULL, false};
	static const struct openmetrics_family age = {"profile_time_seconds",
						      "When the profile was written, since 1970.",
						      "seconds", false};
	const struct openmetrics m = {
		.out = out, .prefix = "memprof_", .older = !openmetrics, .digits = DIGITS};
	const struct report_side *side = &r->side[0];

	add_processes(&m, side->p);
	if (side->p->frees_known)
		add_functions(&m, r);
	add_losses(&m, side->p);
	openmetrics_head(&m, &unresolved);
	openmetrics_sample(&m, &unresolved, "", (double)side->s->unresolved);
	openmetrics_head(&m, &age);
	openmetrics_sample(&m, &age, "", (double)side->p->end_ns / NSEC_PER_SEC);
	openmetrics_end(&m);
}
