/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A group is all records of one thing (a monitor beside a workload, a ring case) that came out
 * alike; its key is made of the texts of the members that name the thing, and of those that say how
 * it came out. The first record of a group is kept; of the others what sums up (counters compared,
 * losses) is added to it. A time has one record, which is what all machines say together
 * (`combined`); an exact figure that machines differ in has no value.
 */
#include "lib/base.h"
#include "harness/result_merged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result_objects.h"
#include "harness/result_scan.h"
#include "lib/names.h"
#include "lib/strbuf.h"

enum { KEYS = 11, MACHINES_NAMED = 5 };

/* What names a thing, by type of record. Others that are known to nobody stay as they are. */
static const struct kind {
	const char *type;
	const char *keys[KEYS]; /* up to a NULL */
	bool figure;		/* one that was measured is more than one that was not */
} kinds[] = {
	{"trial", {"monitor", "workload", "params", "command", "kernel"}, false},
	{"equivalence", {"a", "b", "workload", "params"}, false},
	{"static", {"monitor", "kernel", "index"}, true},
	{"overhead", {"event", "monitor"}, true},
	{"exact", {"kernel", "monitor", "path", "index"}, true},
	{"cell", {"monitor", "kernel", "processor", "measure"}, false},
	{"sharp", {"event", "monitor", "other"}, true},
	{"gate", {"a", "b", "lane", "subject", "kernel"}, false},
	{"base", {"revision", "commit"}, false},
	{"suite", {"suite", "measure"}, false},
	{"calibrate", {"part", "regime"}, true},
	{"slowdown", {"workload", "command", "monitor"}, true},
	{"collector", {"monitor", "workload", "process"}, true},
	{"ringbuf",
	 {"mode", "placement", "record_bytes", "producers", "rings", "wakeup", "consumer",
	  "ring_bytes", "batch", "pending_bytes"},
	 true},
	{"losscurve",
	 {"monitor", "consumer", "wakeup", "record_bytes", "ring_bytes", "batch", "target_per_s"},
	 true},
};

/* Objects whose numbers sum up. */
static const char *const summed[] = {"conformance", "losses"};

struct sum {
	const char *object;
	char *name; /* owned */
	uint64_t v;
};

/* All groups of one thing: a monitor beside a workload, however that came out. */
struct thing {
	uint64_t runs;
	size_t last_run, outcomes;
	unsigned char *on; /* a bit a machine */
};

struct group {
	struct json_object *first; /* NULL until it was read */
	const struct kind *kind;   /* NULL: it stays as it is */
	size_t thing;		   /* in merged.of_things; groups of one stand together */
	uint64_t records, runs;
	size_t last_run;
	unsigned char *on; /* a bit a machine */
	struct sum *sums;
	size_t nsums;
};

struct merged {
	struct names runs, machines, things, keys;
	struct strbuf id, key;	      /* of the record at hand: its run's id */
	size_t run;		      /* that has @id */
	size_t *machine_of;	      /* by run */
	const char **titles;	      /* of machines, for people; borrowed from the header */
	struct json_object **headers; /* by run; borrowed likewise */
	struct result_objects objects;
	struct thing *of_things;
	struct group *groups; /* a group for each of @keys, in their order */
	size_t n, at;	      /* @at: of the record at hand */
};

const char *result_machine(struct json_object *header)
{
	return record_str(header, "host.id", record_str(header, "host.name", "?"));
}

static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

struct merged *merged_begin(struct json_object *header)
{
	struct json_object *list, *o;
	struct merged *m;
	size_t n;

	if (!json_object_object_get_ex(header, "merged", &list))
		return NULL;
	m = checked(calloc(1, sizeof(*m)));
	m->id = m->key = (struct strbuf)STRBUF_INIT;
	m->run = SIZE_MAX;
	n = record_length(list) + 1;
	m->machine_of = checked(calloc(n, sizeof(*m->machine_of)));
	m->titles = checked(calloc(n, sizeof(*m->titles)));
	m->headers = checked(calloc(n, sizeof(struct json_object *)));
	record_foreach (list, o) {
		struct json_object *h = record_get(o, "header");
		size_t run = names_add(&m->runs, record_str(h, "id", "?")),
		       machine = names_add(&m->machines, result_machine(h));

		m->machine_of[run] = machine;
		m->headers[run] = h;
		result_objects_add(&m->objects, h);
		m->titles[machine] = record_str(h, "host.name", record_str(h, "host.id", "?"));
	}
	return m;
}

/* The members of a record that matter here. */
struct seen {
	const struct kind *kind;
	struct span keys[KEYS], status, reason, vacuous, accounted, run, objects[2], verdict;
};

static const struct kind *kind_of(struct span type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (type.s && type.len > 2 &&
		    span_is((struct span){type.s + 1, type.len - 2}, kinds[i].type))
			return &kinds[i];
	return NULL;
}

static void take_member(struct seen *s, struct span key, struct span value)
{
	static const struct {
		const char *name;
		size_t at;
	} others[] = {
		{"status", offsetof(struct seen, status)},
		{"reason", offsetof(struct seen, reason)},
		{"vacuous", offsetof(struct seen, vacuous)},
		{"accounted", offsetof(struct seen, accounted)},
		{"run", offsetof(struct seen, run)},
		{"verdict", offsetof(struct seen, verdict)},
		{"conformance", offsetof(struct seen, objects[0])},
		{"losses", offsetof(struct seen, objects[1])},
	};

	for (size_t i = 0; i < KEYS && s->kind->keys[i]; i++)
		if (span_is(key, s->kind->keys[i])) {
			/* Of a command its words; what it printed and how it ended are no name. */
			s->keys[i] = span_is(key, "command") && *value.s == '{'
					     ? span_member(value, "argv")
					     : value;
			return;
		}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (span_is(key, others[i].name)) {
			*(struct span *)(void *)((char *)s + others[i].at) = value;
			return;
		}
}

/* False: this is no record whose place is known. */
static bool look(struct seen *s, struct span text)
{
	struct span key, value;
	struct scan scan;
	int more = 0;

	*s = (struct seen){0};
	if (!scan_object(&scan, text) || scan_next(&scan, &key, &value) != 1 ||
	    !span_is(key, "type"))
		return false;
	s->kind = kind_of(value);
	if (!s->kind)
		return false;
	while ((more = scan_next(&scan, &key, &value)) == 1)
		take_member(s, key, value);
	if (s->objects[0].s)
		s->verdict = span_member(s->objects[0], "verdict");
	return !more;
}

static void add_text(struct strbuf *out, struct span s)
{
	strbuf_add(out, s.s ? s.s : "-", s.s ? s.len : 1);
	strbuf_addch(out, '\t');
}

static size_t run_of(struct merged *m, struct span run)
{
	if (!run.s || run.len < 2)
		return m->runs.n;
	/* Most records are of the run that the one before was of. */
	if (m->id.len != run.len - 2 || memcmp(m->id.s, run.s + 1, m->id.len) != 0) {
		strbuf_reset(&m->id);
		strbuf_add(&m->id, run.s + 1, run.len - 2);
		m->run = names_find(&m->runs, m->id.s);
	}
	return m->run;
}

static void add_sum(struct group *g, size_t k, const char *object, struct span name, uint64_t v)
{
	size_t i = k;

	/* They come in the same order each time. */
	if (i >= g->nsums || g->sums[i].object != object || !span_is(name, g->sums[i].name))
		for (i = 0; i < g->nsums; i++)
			if (g->sums[i].object == object && span_is(name, g->sums[i].name))
				break;
	if (i == g->nsums) {
		g->sums = checked(realloc(g->sums, (i + 1) * sizeof(*g->sums)));
		g->sums[i] = (struct sum){object, checked(strndup(name.s, name.len)), 0};
		g->nsums++;
	}
	g->sums[i].v += v;
}

static void add_sums(struct group *g, const struct seen *s)
{
	struct span name, value;
	struct scan scan;
	size_t k = 0;

	for (size_t i = 0; i < ARRAY_SIZE(summed); i++) {
		if (!scan_object(&scan, s->objects[i]))
			continue;
		while (scan_next(&scan, &name, &value) == 1)
			if (*value.s >= '0' && *value.s <= '9')
				add_sum(g, k++, summed[i], name, strtoull(value.s, NULL, 10));
	}
}

/* Room for one more where @n are, which doubles at powers of two. */
static void *grown(void *v, size_t n, size_t size)
{
	return n & (n - 1) ? v : checked(realloc(v, (n ? 2 * n : 1) * size));
}

static size_t thing_of(struct merged *m, const char *key)
{
	size_t n = m->things.n, at = names_add(&m->things, key);

	if (at == n) {
		m->of_things = grown(m->of_things, n, sizeof(*m->of_things));
		m->of_things[n] = (struct thing){.last_run = SIZE_MAX,
						 .on = checked(calloc(m->machines.n / 8 + 1, 1))};
	}
	return at;
}

/* A monitor's name stands for one object each. */
static void add_object(struct merged *m, const struct seen *s)
{
	size_t run = m->objects.several ? run_of(m, s->run) : m->runs.n;
	struct strbuf name = STRBUF_INIT;

	for (size_t i = 0; run < m->runs.n && i < KEYS && s->kind->keys[i]; i++) {
		if (strcmp(s->kind->keys[i], "monitor") || !s->keys[i].s || s->keys[i].len < 2)
			continue;
		strbuf_add(&name, s->keys[i].s + 1, s->keys[i].len - 2);
		result_objects_suffix(&m->objects, m->headers[run], name.s, &m->key);
	}
	strbuf_release(&name);
}

/* The groups of a thing are told apart by how it came out. */
static size_t group_of(struct merged *m, const struct seen *s)
{
	bool reason = !span_is(s->status, "\"ok\"") && !span_is(s->status, "\"fail\"");
	size_t thing, at, named;

	strbuf_reset(&m->key);
	strbuf_addstr(&m->key, s->kind->type);
	for (size_t i = 0; i < KEYS && s->kind->keys[i]; i++)
		add_text(&m->key, s->keys[i]);
	add_object(m, s);
	named = m->key.len;
	add_text(&m->key, s->status);
	add_text(&m->key, s->verdict);
	add_text(&m->key, s->vacuous);
	add_text(&m->key, s->accounted);
	if (reason)
		add_text(&m->key, s->reason);
	at = names_add(&m->keys, m->key.s);
	if (at == m->n) {
		m->key.s[named] = '\0';
		thing = thing_of(m, m->key.s);
		m->groups = grown(m->groups, m->n, sizeof(*m->groups));
		m->of_things[thing].outcomes++;
		m->groups[m->n++] = (struct group){
			.kind = s->kind,
			.thing = thing,
			.last_run = SIZE_MAX,
			.on = checked(calloc(m->machines.n / 8 + 1, 1)),
		};
	}
	return at;
}

/* One that is like no other: each is a group. */
static void group_alone(struct merged *m)
{
	static const struct kind alone = {.type = "?"};
	struct seen s = {.kind = &alone};
	char number[24];

	snprintf(number, sizeof(number), "%zu", m->n);
	s.status = (struct span){number, strlen(number)};
	m->at = group_of(m, &s);
	m->groups[m->at].kind = NULL;
}

bool merged_counts(struct merged *m, const char *text, size_t len)
{
	struct thing *thing;
	struct group *g;
	struct seen s;
	size_t run, machine;

	if (!look(&s, (struct span){text, len})) {
		group_alone(m);
		return false;
	}
	m->at = group_of(m, &s);
	g = &m->groups[m->at];
	run = run_of(m, s.run);
	g->records++;
	thing = &m->of_things[g->thing];
	g->runs += run != g->last_run;
	thing->runs += run != thing->last_run;
	g->last_run = thing->last_run = run;
	if (run < m->runs.n) {
		machine = m->machine_of[run];
		g->on[machine / 8] |= (unsigned char)(1u << machine % 8);
		thing->on[machine / 8] |= (unsigned char)(1u << machine % 8);
	}
	add_sums(g, &s);
	return g->first != NULL;
}

void merged_keep(struct merged *m, struct json_object *record)
{
	struct strbuf name = STRBUF_INIT;
	size_t run = names_find(&m->runs, record_str(record, "run", ""));

	m->groups[m->at].first = json_object_get(record);
	if (!m->objects.several || run == m->runs.n || !record_str(record, "monitor", NULL))
		return;
	strbuf_addstr(&name, record_str(record, "monitor", ""));
	result_objects_suffix(&m->objects, m->headers[run], record_str(record, "monitor", ""),
			      &name);
	record_put_str(record, "monitor", name.s);
	strbuf_release(&name);
}

static size_t bits(const struct merged *m, const unsigned char *on)
{
	size_t n = 0;

	for (size_t i = 0; i < m->machines.n; i++)
		n += on[i / 8] >> i % 8 & 1u;
	return n;
}

/* Where that happened. */
static struct json_object *met(const struct merged *m, const struct group *g)
{
	struct json_object *o = json_object_new_object(), *on = json_object_new_array();
	const struct thing *t = &m->of_things[g->thing];

	for (size_t i = 0; i < m->machines.n && record_length(on) < MACHINES_NAMED; i++)
		if (g->on[i / 8] >> i % 8 & 1u)
			record_add_str(on, m->titles[i]);
	record_put_u64(o, "records", g->records);
	record_put_u64(o, "outcomes", t->outcomes);
	record_put_u64(o, "runs", g->runs);
	record_put_u64(o, "of_runs", t->runs);
	record_put_u64(o, "machines", bits(m, g->on));
	record_put_u64(o, "of_machines", bits(m, t->on));
	record_put(o, "on", on);
	return o;
}

static void put_sums(struct group *g)
{
	for (size_t i = 0; i < g->nsums; i++)
		record_put_u64(record_get(g->first, g->sums[i].object), g->sums[i].name,
			       g->sums[i].v);
}

/* `combined` and `agreement` records by what they speak of. */
struct said {
	struct names keys;
	struct json_object **of;
};

static void said_key(struct strbuf *key, const char *type, struct json_object *o)
{
	strbuf_reset(key);
	strbuf_addf(key, "%s\t%s\t%s\t%s", type, record_str(o, "monitor", "-"),
		    record_str(o, !strcmp(type, "combined") ? "event" : "path", "-"),
		    !strcmp(type, "combined") ? "" : record_str(o, "kernel", "-"));
}

static void said_fill(struct said *s, const struct merged *m)
{
	static const char *const types[] = {"combined", "agreement"};
	struct strbuf key = STRBUF_INIT;
	size_t at;

	s->of = checked(calloc(m->n + 1, sizeof(struct json_object *)));
	for (size_t i = 0; i < m->n; i++)
		for (size_t t = 0; t < ARRAY_SIZE(types); t++)
			if (record_is(m->groups[i].first, types[t])) {
				said_key(&key, types[t], m->groups[i].first);
				at = names_add(&s->keys, key.s);
				/* One that differs counts, where there are several. */
				if (record_status(s->of[at]) != STATUS_FAIL)
					s->of[at] = m->groups[i].first;
			}
	strbuf_release(&key);
}

static struct json_object *said_of(const struct said *s, const char *type, struct json_object *o)
{
	struct strbuf key = STRBUF_INIT;
	size_t at;

	said_key(&key, type, o);
	at = names_find(&s->keys, key.s);
	strbuf_release(&key);
	return at < s->keys.n ? s->of[at] : NULL;
}

/* An `overhead` record gets the time of all machines, and loses what is of one. */
static void put_together(struct json_object *o, struct json_object *said)
{
	struct json_object *warnings;

	if (!said)
		return;
	warnings = json_object_new_array();
	for (const char *const *gone = (const char *const[]){"whole", "floor_ns", "attached_ns",
							     "aa_ns", "base_ns", NULL};
	     *gone; gone++)
		json_object_object_del(o, *gone);
	record_put(o, "added_ns", json_object_get(record_get(said, "added_ns")));
	record_addf(warnings, "of %" PRIu64 " runs of %" PRIu64 " machines",
		    record_u64(said, "runs", 0), record_u64(said, "machines", 0));
	record_put(o, "warnings", warnings);
}

/* An `exact` record that the runs differ in has no value. */
static void put_in_doubt(struct json_object *o, struct json_object *said)
{
	if (record_status(said) != STATUS_FAIL)
		return;
	for (const char *const *gone =
		     (const char *const[]){"instructions", "added", "own", "none", "nop", NULL};
	     *gone; gone++)
		record_put(o, *gone, NULL);
	record_put_str(o, "status", "void");
	record_put_str(o, "reason", "the runs that were merged differ in it");
}

/* Things as they came first; of each what weighs most: of a check the gravest, of a figure one that
 * was measured. */
static int by_thing(const void *a, const void *b)
{
	static const int grave[STATUS_COUNT + 1] = {2, 0, 3, 1, 4},
					      good[STATUS_COUNT + 1] = {0, 1, 3, 2, 4};
	const struct group *x = a, *y = b;
	const int *order = x->kind && x->kind->figure ? good : grave;

	if (x->thing != y->thing)
		return x->thing < y->thing ? -1 : 1;
	return order[record_status(x->first)] - order[record_status(y->first)];
}

void merged_end(struct merged *m, struct run_file *r)
{
	struct json_object *all = json_object_new_array();
	struct said said = {0};

	said_fill(&said, m);
	if (m->n)
		qsort(m->groups, m->n, sizeof(*m->groups), by_thing);
	for (size_t i = 0; i < m->n; i++) {
		struct group *g = &m->groups[i];
		struct json_object *o = g->first;

		if (!o)
			continue;
		if (g->kind) {
			put_sums(g);
			record_put(o, "met", met(m, g));
		}
		if (record_is(o, "overhead"))
			put_together(o, said_of(&said, "combined", o));
		else if (record_is(o, "exact"))
			put_in_doubt(o, said_of(&said, "agreement", o));
		json_object_array_add(all, json_object_get(o));
	}
	names_release(&said.keys);
	free(said.of);
	json_object_put(r->records);
	r->records = all;
}

void merged_free(struct merged *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		struct group *g = &m->groups[i];

		for (size_t k = 0; k < g->nsums; k++)
			free(g->sums[k].name);
		free(g->sums);
		free(g->on);
		json_object_put(g->first);
	}
	for (size_t i = 0; i < m->things.n; i++)
		free(m->of_things[i].on);
	free(m->of_things);
	free(m->groups);
	free(m->machine_of);
	free(m->titles);
	free(m->headers);
	result_objects_release(&m->objects);
	names_release(&m->runs);
	names_release(&m->machines);
	names_release(&m->things);
	names_release(&m->keys);
	strbuf_release(&m->id);
	strbuf_release(&m->key);
	free(m);
}
