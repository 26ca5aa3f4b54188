/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lists the cells of suites. A cell's id is words for people and 64 bits of FNV-1a over all that
 * the file says of it (options and seconds, too): it depends on neither the machine nor the order
 * in the file, and a cell that is measured otherwise is another cell.
 */
#include "lib/base.h"
#include "harness/suite/suite_cells.h"

#include <stdlib.h>
#include <string.h>

#include "collector/registry.h"
#include "harness/measure.h"
#include "harness/record_put.h"
#include "lib/fnv.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"

/* Measures that `beebench run` has, and what of the suite's lists is a cell of its own for each. */
static const struct {
	const char *name;
	bool kernels, workloads, events;
} measures[] = {{"verify", true, true, false},
		{"overhead", false, false, true},
		{"ringbuf", false, false, false},
		{"exact", true, false, false}};

enum { WORDS_LENGTH = 80 };

static void hash_text(uint64_t *hash, const char *s)
{
	/* With its terminator: "a", "bc" is not "ab", "c". NULL is not "". */
	*hash = fnv_add(*hash, s, s ? strlen(s) + 1 : 0);
	*hash = fnv_add(*hash, s ? "\1" : "\2", 1);
}

/* All of a list that is no cell for each of its members, sorted: their order says nothing. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void hash_names(uint64_t *hash, const struct names *names)
{
	char **sorted = calloc(names->n + 1, sizeof(*sorted));

	if (!sorted)
		abort();
	for (size_t i = 0; i < names->n; i++)
		sorted[i] = names->v[i];
	qsort(sorted, names->n, sizeof(*sorted), by_text);
	for (size_t i = 0; i < names->n; i++)
		hash_text(hash, sorted[i]);
	hash_text(hash, NULL);
	free(sorted);
}

/* "-WORD" of what a file's name can have. */
static void add_word(struct strbuf *id, const char *word)
{
	if (!word || id->len >= WORDS_LENGTH)
		return;
	if (id->len)
		strbuf_addch(id, '-');
	for (; *word && id->len < WORDS_LENGTH; word++) {
		bool plain = (*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z') ||
			     (*word >= '0' && *word <= '9') || *word == '.';

		strbuf_addch(id, plain ? *word : '_');
	}
}

static const char *base_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	/* "6.12/arm64" stays; of a path the last word. */
	return slash && (*path == '/' || *path == '.') ? slash + 1 : path;
}

static char *make_id(const struct suite_cell *c)
{
	const struct suite *s = c->suite;
	uint64_t hash = FNV_BEGIN;
	struct strbuf id = STRBUF_INIT, seconds = STRBUF_INIT;
	char *monitor = registry_display_name(c->monitor);
	const char *const texts[] = {s->name,	  c->measure, c->monitor, c->kernel,
				     c->workload, c->event,   s->means};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		hash_text(&hash, texts[i]);
	if (!c->workload)
		hash_names(&hash, &s->workloads);
	if (!c->event)
		hash_names(&hash, &s->events);
	if (!c->kernel)
		hash_names(&hash, &s->kernels);
	strbuf_addf(&seconds, "%.17g %d", s->seconds, s->quick);
	hash_text(&hash, seconds.s);
	hash_text(&hash, suite_options_of(s, measure_find(c->measure)));
	for (const char *const *w =
		     (const char *const[]){s->name, c->measure, monitor,
					   base_of(c->kernel) ? base_of(c->kernel) : "host",
					   c->workload ? c->workload : c->event, NULL};
	     *w; w++)
		add_word(&id, *w);
	strbuf_addf(&id, "-%016" PRIx64, hash);
	strbuf_release(&seconds);
	free(monitor);
	return strbuf_detach(&id);
}

static void add_cell(struct suite_cells *c, struct suite_cell one)
{
	struct suite_cell *all = reallocarray(c->cell, c->n + 1, sizeof(*all));

	if (!all)
		abort();
	c->cell = all;
	one.id = make_id(&one);
	all[c->n++] = one;
}

/* Those of a measure and a monitor. */
static void add_cells(struct suite_cells *c, struct suite_cell one, size_t measure)
{
	const struct suite *s = one.suite;
	size_t kernels = measures[measure].kernels ? s->kernels.n : 0;
	size_t workloads = measures[measure].workloads && !kernels ? s->workloads.n : 0;
	size_t events = measures[measure].events ? s->events.n : 0;

	for (size_t k = 0; k < MAX(kernels, 1U); k++)
		for (size_t w = 0; w < MAX(workloads, 1U); w++)
			for (size_t e = 0; e < MAX(events, 1U); e++) {
				one.kernel = kernels ? s->kernels.v[k] : NULL;
				one.workload = workloads ? s->workloads.v[w] : NULL;
				one.event = events ? s->events.v[e] : NULL;
				add_cell(c, one);
			}
}

void suite_cells_list(struct suite_cells *c, const struct suite_file *f, const char *const *chosen)
{
	*c = (struct suite_cells){0};
	for (size_t i = 0; i < f->n; i++)
		for (size_t m = 0; m < ARRAY_SIZE(measures); m++) {
			const struct suite *s = &f->suites[i];

			if (!suite_is_chosen(s, chosen, measures[m].name))
				continue;
			for (size_t k = 0; k < s->monitors.n; k++)
				add_cells(c,
					  (struct suite_cell){.suite = s,
							      .measure = measures[m].name,
							      .monitor = s->monitors.v[k]},
					  m);
		}
}

void suite_cells_release(struct suite_cells *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->cell[i].id);
	free(c->cell);
	*c = (struct suite_cells){0};
}

const struct suite_cell *suite_cells_find(const struct suite_cells *c, const struct suite_file *f,
					  const char *id)
{
	const char **ids = calloc(c->n + 1, sizeof(*ids)), *near;

	if (!ids)
		abort();
	for (size_t i = 0; i < c->n; i++) {
		ids[i] = c->cell[i].id;
		if (!strcmp(ids[i], id)) {
			free(ids);
			return &c->cell[i];
		}
	}
	near = suggest_nearest(id, ids, c->n);
	log_err("%s has no cell '%s'%s%s%s", f->path, id, near ? "; did you mean '" : "",
		near ? near : "; 'beebench plan --cells' lists them", near ? "'?" : "");
	free(ids);
	return NULL;
}

struct json_object *suite_cell_json(const struct suite_cell *c)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "id", c->id);
	record_put_str(o, "suite", c->suite->name);
	record_put_str(o, "measure", c->measure);
	record_put_str(o, "monitor", c->monitor);
	record_put_str(o, "kernel", c->kernel);
	record_put_str(o, "workload", c->workload);
	record_put_str(o, "event", c->event);
	return o;
}

static void only(struct names *names, const char *chosen, const struct names *all)
{
	*names = (struct names){0};
	if (chosen)
		names_add(names, chosen);
	for (size_t i = 0; !chosen && i < all->n; i++)
		names_add(names, all->v[i]);
}

void suite_cell_alone(const struct suite_cell *c, struct suite *one)
{
	*one = *c->suite;
	only(&one->monitors, c->monitor, NULL);
	only(&one->measures, c->measure, NULL);
	only(&one->kernels, c->kernel, &c->suite->kernels);
	only(&one->workloads, c->workload, &c->suite->workloads);
	only(&one->events, c->event, &c->suite->events);
}

void suite_cell_release(struct suite *one)
{
	names_release(&one->monitors);
	names_release(&one->measures);
	names_release(&one->kernels);
	names_release(&one->workloads);
	names_release(&one->events);
	*one = (struct suite){0};
}
