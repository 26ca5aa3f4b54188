/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the records of comparisons: which two monitors are compared, whose each record is, which is
 * the verdict in all, and what each `gate` record is called.
 *
 * A run may hold many comparisons. They are found in one pass, and in a second each record goes to
 * those that it belongs to, so that a report takes time and memory in proportion to the records.
 */
#include "lib/base.h"
#include "harness/report/record_pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "lib/format.h"
#include "lib/strbuf.h"

/* Places of a monitor's comparisons. */
struct places {
	size_t *v, n;
};

/* What is needed while they are found. */
struct finder {
	struct pairs *pairs;
	struct names keys;     /* "A\tB" of each */
	struct names monitors; /* names of either */
	struct places *of;     /* comparisons of each monitor */
	const char *type;      /* whose a and b are taken */
	size_t room, monitors_room;
};

static void *grow(void *old, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return old;
	*room = n ? 2 * n : 16;
	old = realloc(old, *room * size);
	if (!old)
		abort();
	return old;
}

static size_t find_key(const struct finder *f, const char *a, const char *b)
{
	struct strbuf key = STRBUF_INIT;
	size_t at;

	strbuf_addf(&key, "%s\t%s", a, b);
	at = names_find(&f->keys, key.s);
	strbuf_release(&key);
	return at;
}

/* @monitor takes part in comparison @place. */
static void add_place(struct finder *f, const char *monitor, size_t place)
{
	size_t i = names_find(&f->monitors, monitor);
	struct places *of;

	if (i == f->monitors.n) {
		f->of = grow(f->of, i, &f->monitors_room, sizeof(*f->of));
		f->of[i] = (struct places){0};
		names_add(&f->monitors, monitor);
	}
	of = &f->of[i];
	if (of->n && of->v[of->n - 1] == place)
		return; /* both are called alike */
	/* Powers of two. */
	if (!(of->n & (of->n - 1)))
		of->v = realloc(of->v, (of->n ? 2 * of->n : 1) * sizeof(*of->v));
	if (!of->v)
		abort();
	of->v[of->n++] = place;
}

static void add_pair(struct finder *f, struct json_object *o)
{
	const char *a = record_str(o, "a", "A"), *b = record_str(o, "b", "B");
	struct strbuf key = STRBUF_INIT;
	size_t n = f->pairs->n;

	strbuf_addf(&key, "%s\t%s", a, b);
	if (names_add(&f->keys, key.s) == n) {
		f->pairs->v = grow(f->pairs->v, n, &f->room, sizeof(*f->pairs->v));
		f->pairs->v[n] = (struct pair){.name = {a, b}, .records = json_object_new_array()};
		f->pairs->n++;
		add_place(f, a, n);
		add_place(f, b, n);
	}
	strbuf_release(&key);
}

static void count_key(struct strbuf *key, const char *kernel, const char *path)
{
	strbuf_addf(key, "%s\t%s", kernel, path);
}

/*
 * Two monitors of one name are told apart by their place in the boot, or by the order of records: A
 * comes first.
 */
static void add_figure(struct pair *p, struct json_object *o)
{
	const char *monitor = record_str(o, "monitor", "");
	bool alike = !strcmp(p->name[0], p->name[1]);
	struct strbuf key = STRBUF_INIT;
	size_t k, at, before;

	count_key(&key, record_str(o, "kernel", ""), record_str(o, "path", ""));
	if (!alike)
		k = strcmp(monitor, p->name[0]) != 0;
	else if (record_get(o, "index"))
		k = record_u64(o, "index", 0);
	else
		k = names_find(&p->counted[0], key.s) < p->counted[0].n;
	before = k < 2 ? p->counted[k].n : 0;
	at = k < 2 ? names_add(&p->counted[k], key.s) : 0;
	if (k < 2 && at == before) {
		size_t room = before & (before - 1) ? before + 1 : before;

		p->added[k] = grow(p->added[k], before, &room, sizeof(*p->added[k]));
		p->added[k][at] = record_num(o, "added");
	}
	strbuf_release(&key);
}

static void add_static(struct pair *p, struct json_object *o)
{
	bool alike = !strcmp(p->name[0], p->name[1]);
	size_t k = !alike		    ? strcmp(record_str(o, "monitor", ""), p->name[0]) != 0
		   : record_get(o, "index") ? record_u64(o, "index", 0)
					    : p->statics[0] != NULL;

	if (k < 2 && !p->statics[k])
		p->statics[k] = o;
}

static void add_exchanged(struct pair *p, struct json_object *o)
{
	size_t n = p->timed.n, room = n & (n - 1) ? n + 1 : n;

	if (names_add(&p->timed, record_str(o, "event", "")) < n)
		return;
	p->exchanged = grow(p->exchanged, n, &room, sizeof(struct json_object *));
	p->exchanged[n] = o;
}

/* A record of one monitor goes to each comparison that it takes part in. */
static void give(struct finder *f, struct json_object *o,
		 void (*index)(struct pair *p, struct json_object *o))
{
	size_t m = names_find(&f->monitors, record_str(o, "monitor", ""));

	for (size_t i = 0; m < f->monitors.n && i < f->of[m].n; i++) {
		struct pair *p = &f->pairs->v[f->of[m].v[i]];

		json_object_array_add(p->records, json_object_get(o));
		if (index)
			index(p, o);
	}
}

static void sort_in(struct finder *f, struct json_object *o)
{
	bool is_gate = record_is(o, "gate"), is_exchange = record_is(o, "sharp");
	size_t at;

	if (record_is(o, "static"))
		give(f, o, add_static);
	else if (record_is(o, "exact"))
		give(f, o, add_figure);
	else if (record_is(o, "overhead"))
		give(f, o, NULL);
	if (!is_gate && !is_exchange)
		return;
	at = is_gate ? find_key(f, record_str(o, "a", "A"), record_str(o, "b", "B"))
		     : find_key(f, record_str(o, "monitor", ""), record_str(o, "other", ""));
	if (at == f->pairs->n)
		return;
	json_object_array_add(f->pairs->v[at].records, json_object_get(o));
	if (is_exchange)
		add_exchanged(&f->pairs->v[at], o);
	else if (record_is_all(o) && !f->pairs->v[at].all)
		f->pairs->v[at].all = o;
}

void pairs_find(struct pairs *p, struct json_object *records)
{
	struct finder f = {.pairs = p};
	struct json_object *o;

	*p = (struct pairs){0};
	f.type = record_has_gate(records) ? "gate" : "equivalence";
	record_foreach_type (records, o, f.type)
		add_pair(&f, o);
	if (p->n)
		record_foreach (records, o)
			sort_in(&f, o);
	for (size_t i = 0; i < f.monitors.n; i++)
		free(f.of[i].v);
	free(f.of);
	names_release(&f.keys);
	names_release(&f.monitors);
}

void pairs_release(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct pair *one = &p->v[i];

		json_object_put(one->records);
		for (size_t k = 0; k < 2; k++) {
			names_release(&one->counted[k]);
			free(one->added[k]);
		}
		names_release(&one->timed);
		free(one->exchanged);
	}
	free(p->v);
	*p = (struct pairs){0};
}

double pair_added(const struct pair *p, size_t k, const char *kernel, const char *path)
{
	struct strbuf key = STRBUF_INIT;
	size_t at;

	count_key(&key, kernel, path);
	at = names_find(&p->counted[k], key.s);
	strbuf_release(&key);
	return at < p->counted[k].n ? p->added[k][at] : NAN;
}

struct json_object *pair_exchanged(const struct pair *p, const char *event)
{
	size_t at = names_find(&p->timed, event);

	return at < p->timed.n ? p->exchanged[at] : NULL;
}

bool record_has_gate(struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "gate")
		return true;
	return false;
}

bool record_is_all(struct json_object *gate)
{
	return !strcmp(record_str(gate, "lane", ""), "all");
}

static int gravity(const char *verdict)
{
	static const char *const order[] = {"skip", "pass", "inconclusive", "environment",
					    "regression"};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (!strcmp(verdict, order[i]))
			return (int)i;
	return (int)ARRAY_SIZE(order);
}

const char *record_gate_worst(struct json_object *records)
{
	const char *worst = NULL;
	struct json_object *o;

	record_foreach_type (records, o, "gate") {
		const char *verdict = record_str(o, "verdict", "no verdict");

		if (record_is_all(o) && (!worst || gravity(verdict) > gravity(worst)))
			worst = verdict;
	}
	return worst;
}

const char *record_gate_subject(struct json_object *gate)
{
	return record_str(gate, "subject", NULL);
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && slash[1] ? slash + 1 : name;
}

void record_gate_name(struct json_object *gate, bool several, struct strbuf *out)
{
	const char *lane = record_str(gate, "lane", "?"),
		   *kernel = record_str(gate, "kernel", NULL);

	if (several)
		strbuf_addf(out, "%s: ", last_part(record_str(gate, "b", "?")));
	if (record_is_all(gate))
		strbuf_addstr(out, "in all");
	else if (record_gate_subject(gate))
		strbuf_addf(out, "%s, %s", lane, record_gate_subject(gate));
	else
		strbuf_addf(out, "the %s lane", lane);
	if (kernel) {
		strbuf_addstr(out, " on Linux ");
		format_kernel(out, kernel);
	}
}

void pair_name(const struct pair *p, struct strbuf *out)
{
	const char *a = last_part(p->name[0]), *b = last_part(p->name[1]);

	if (!strcmp(a, b)) {
		a = p->name[0];
		b = p->name[1];
	}
	strbuf_addf(out, "%s against %s", b, a);
}
