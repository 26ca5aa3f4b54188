/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sorts trials into rows and columns. */
#include "lib/base.h"
#include "harness/report/report_grid.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <stdlib.h>
#include <string.h>

enum { COMMAND_WIDTH = 40 };

static void add_argv(struct json_object *trial, struct strbuf *out)
{
	struct json_object *argv = record_get(trial, "command.argv"), *word;
	size_t start = out->len;

	record_foreach (argv, word) {
		const char *text = record_text(word), *slash = strrchr(text, '/');

		if (out->len > start)
			strbuf_addch(out, ' ');
		strbuf_addstr(out, out->len == start && slash ? slash + 1 : text);
	}
}

/* What makes a row: the workload, its parameters, the command the user gave. */
static size_t row_of(const struct trial_grid *g, struct json_object *trial, struct names *add)
{
	struct json_object *params = record_unpacked(record_get(trial, "params"));
	struct strbuf id = STRBUF_INIT;
	size_t row;

	strbuf_addf(&id, "%s\t", record_str(trial, "workload", "?"));
	if (params)
		strbuf_addstr(&id, json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN));
	if (!strcmp(record_str(trial, "workload", ""), "command"))
		add_argv(trial, &id);
	row = add ? names_add(add, id.s) : names_find(&g->rows, id.s);
	strbuf_release(&id);
	json_object_put(params);
	return row;
}

static int gravity(struct json_object *trial)
{
	static const char *const order[] = {"skip", "ok", "void", "fail"};
	const char *status = record_str(trial, "status", "");

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (!strcmp(status, order[i]))
			return (int)i;
	return (int)ARRAY_SIZE(order);
}

/* Parameters of the rows, by workload: how many have the key, and in how many it is as in the
 * first. */
struct shared {
	struct names keys; /* "WORKLOAD\tKEY", and "WORKLOAD" for its rows */
	struct shared_key {
		struct json_object *first; /* a reference is held */
		size_t n, same;
	} * v;
};

static struct shared_key *shared_key(struct shared *s, const char *workload, const char *key)
{
	struct strbuf name = STRBUF_INIT;
	size_t i, n = s->keys.n;

	strbuf_addf(&name, "%s\t%s", workload, key);
	i = names_add(&s->keys, name.s);
	strbuf_release(&name);
	if (i == n && !(n & (n - 1)))
		s->v = realloc(s->v, (n ? 2 * n : 1) * sizeof(*s->v));
	if (!s->v)
		abort();
	if (i == n)
		s->v[i] = (struct shared_key){0};
	return &s->v[i];
}

static void shared_count(struct shared *s, struct json_object *first)
{
	const char *workload = record_str(first, "workload", "?");
	struct json_object *params = record_unpacked(record_get(first, "params"));

	shared_key(s, workload, "")->n++;
	if (record_is_object(params)) {
		json_object_object_foreach (params, key, value) {
			struct shared_key *k = shared_key(s, workload, key);

			if (!k->n++)
				k->first = json_object_get(value);
			k->same += json_object_equal(k->first, value);
		}
	}
	json_object_put(params);
}

/* Appends the parameters of @trial that another row of the same workload has otherwise, or has not.
 */
static void add_differing(struct strbuf *out, struct json_object *trial, struct shared *s,
			  const char *workload)
{
	struct json_object *params = record_unpacked(record_get(trial, "params"));
	size_t rows = shared_key(s, workload, "")->n;
	const char *mark = ":";

	if (record_is_object(params)) {
		json_object_object_foreach (params, key, value) {
			const struct shared_key *k = shared_key(s, workload, key);

			if (k->same == rows)
				continue;
			strbuf_addf(out, "%s%s=%s", mark, key, record_text(value));
			mark = ",";
		}
	}
	json_object_put(params);
}

static void make_labels(struct trial_grid *g, struct json_object *const *firsts)
{
	struct shared shared = {0};
	size_t n = g->rows.n;

	for (size_t i = 0; i < n; i++)
		shared_count(&shared, firsts[i]);
	g->labels = calloc(n + 1, sizeof(*g->labels));
	if (!g->labels)
		abort();
	for (size_t i = 0; i < n; i++) {
		const char *workload = record_str(firsts[i], "workload", "?");
		struct strbuf label = STRBUF_INIT;

		if (!strcmp(workload, "command"))
			add_argv(firsts[i], &label);
		if (label.len > COMMAND_WIDTH) {
			label.len = COMMAND_WIDTH - 2;
			label.s[label.len] = '\0';
			strbuf_addstr(&label, "..");
		}
		if (!label.len) {
			strbuf_addstr(&label, workload);
			add_differing(&label, firsts[i], &shared, workload);
		}
		strbuf_trim(&label);
		g->labels[i] = strbuf_detach(&label);
	}
	for (size_t i = 0; i < shared.keys.n; i++)
		json_object_put(shared.v[i].first);
	names_release(&shared.keys);
	free(shared.v);
}

void trial_grid_build(struct trial_grid *g, const struct run_file *run)
{
	struct json_object **firsts, *o;

	*g = (struct trial_grid){0};
	firsts = calloc(json_object_array_length(run->records) + 1, sizeof(struct json_object *));
	if (!firsts)
		abort();
	record_foreach_type (run->records, o, "trial") {
		size_t row = row_of(g, o, &g->rows);

		if (!firsts[row])
			firsts[row] = o;
		names_add(&g->monitors, record_str(o, "monitor", "?"));
	}
	make_labels(g, firsts);
	free(firsts);
	g->cells = calloc(g->rows.n * g->monitors.n + 1, sizeof(struct json_object *));
	if (!g->cells)
		abort();
	record_foreach_type (run->records, o, "trial") {
		size_t column = names_find(&g->monitors, record_str(o, "monitor", "?"));
		struct json_object **cell = &g->cells[row_of(g, o, NULL) * g->monitors.n + column];

		if (!*cell || gravity(o) > gravity(*cell))
			*cell = o;
	}
}

struct json_object *trial_grid_cell(const struct trial_grid *g, size_t row, size_t monitor)
{
	return g->cells[row * g->monitors.n + monitor];
}

const char *trial_grid_label(const struct trial_grid *g, struct json_object *trial)
{
	return g->labels[row_of(g, trial, NULL)];
}

void trial_grid_release(struct trial_grid *g)
{
	for (size_t i = 0; i < g->rows.n; i++)
		free(g->labels[i]);
	free(g->labels);
	free(g->cells);
	names_release(&g->rows);
	names_release(&g->monitors);
}

void ring_label(struct json_object *o, struct strbuf *out)
{
	uint64_t producers = record_u64(o, "producers", 1);
	const char *wakeup = record_str(o, "wakeup", "none");

	strbuf_addf(out, "%llu B", (unsigned long long)record_u64(o, "record_bytes", 0));
	if (producers != 1)
		strbuf_addf(out, ", %llu producers", (unsigned long long)producers);
	if (!strcmp(record_str(o, "rings", ""), "percpu"))
		strbuf_addstr(out, ", ring per CPU");
	strbuf_addf(out, ", %s", record_str(o, "consumer", "?"));
	if (!strcmp(wakeup, "each"))
		strbuf_addstr(out, ", wake each");
	else if (!strcmp(wakeup, "pending"))
		strbuf_addstr(out, ", wake pending");
	else if (strcmp(wakeup, "none"))
		strbuf_addf(out, ", wake %s", wakeup);
}

void record_subject(struct json_object *o, const struct trial_grid *g, struct strbuf *out)
{
	if (record_is(o, "trial")) {
		strbuf_addf(out, "%s beside %s", record_str(o, "monitor", "?"),
			    trial_grid_label(g, o));
		return;
	}
	if (record_is(o, "equivalence")) {
		strbuf_addf(out, "equivalence of %s and %s beside %s", record_str(o, "a", "?"),
			    record_str(o, "b", "?"), record_str(o, "workload", "?"));
		return;
	}
	if (record_is(o, "ringbuf") || record_is(o, "losscurve")) {
		strbuf_addf(out, "%s ", record_str(o, "mode", "loss curve"));
		ring_label(o, out);
		return;
	}
	strbuf_addf(out, "%s of %s", record_str(o, "type", "?"), record_str(o, "monitor", "?"));
	if (record_get(o, "event"))
		strbuf_addf(out, " at %s", record_str(o, "event", "?"));
	if (record_get(o, "path"))
		strbuf_addf(out, " on %s", record_str(o, "path", "?"));
}

void record_index_add(struct record_index *x, const char *a, const char *b, struct json_object *o)
{
	struct strbuf key = STRBUF_INIT;
	size_t n = x->keys.n;

	strbuf_addf(&key, "%s\t%s", a, b);
	if (names_add(&x->keys, key.s) == n) {
		if (!(n & (n - 1)))
			x->first =
				realloc(x->first, (n ? 2 * n : 1) * sizeof(struct json_object *));
		if (!x->first)
			abort();
		x->first[n] = o;
	}
	strbuf_release(&key);
}

struct json_object *record_index_get(const struct record_index *x, const char *a, const char *b)
{
	struct strbuf key = STRBUF_INIT;
	size_t at;

	strbuf_addf(&key, "%s\t%s", a, b);
	at = names_find(&x->keys, key.s);
	strbuf_release(&key);
	return at < x->keys.n ? x->first[at] : NULL;
}

void record_index_release(struct record_index *x)
{
	names_release(&x->keys);
	free(x->first);
}
