/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Observations are kept as they come, each with a key ("exact 6.12.. memmon mmap"), and sorted at
 * the end: by key, machine, value and run, so that the order in which runs came does not show.
 *
 * Random effects: DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188. With w_i the
 * inverse variance of machine i, Q = sum w_i (y_i - y)^2 and k machines,
 * tau^2 = max(0, (Q - (k - 1)) / (sum w_i - sum w_i^2 / sum w_i)); I^2 = max(0, (Q - (k - 1)) / Q).
 */
#include "lib/base.h"
#include "harness/merge/agree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/names.h"
#include "lib/stats.h"

enum { MACHINES_NAMED = 5 };

#define MOST_INSTRUCTIONS 0x1p53 /* whole numbers up to there are doubles */

/* Of the 95 % interval of a normal estimate. */
#define Z95 1.959963984540054

struct seen {
	const char *key; /* one of the agreement's */
	const struct part *run;
	bool exact;
	double value, variance; /* of an exact figure: the instructions, 0 */
};

struct agreement {
	struct names keys;
	struct seen *seen; /* @n */
	size_t n, cap;
};

struct agreement *agreement_new(void)
{
	struct agreement *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	return a;
}

static void keep(struct agreement *a, const struct part *run, struct strbuf *key, bool exact,
		 double value, double variance)
{
	size_t at = names_add(&a->keys, key->s);

	if (a->n == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 256;
		a->seen = realloc(a->seen, a->cap * sizeof(*a->seen));
		if (!a->seen)
			abort();
	}
	a->seen[a->n++] = (struct seen){.key = a->keys.v[at],
					.run = run,
					.exact = exact,
					.value = value,
					.variance = variance};
}

void agreement_add(struct agreement *a, const struct result_objects *objects,
		   const struct part *run, struct json_object *o)
{
	struct strbuf key = STRBUF_INIT, monitor = STRBUF_INIT;
	double instructions = record_num(o, "instructions");
	struct stats_interval i;

	if (record_status(o) != STATUS_OK)
		return;
	strbuf_addstr(&monitor, record_str(o, "monitor", "?"));
	result_objects_suffix(objects, run->shared, record_str(o, "monitor", "?"), &monitor);
	/* What is no number of instructions is equal to nothing, not even to itself. */
	if (record_is(o, "exact") && instructions >= 0 && instructions < MOST_INSTRUCTIONS) {
		strbuf_addf(&key, "exact\t%s\t%s\t%s\t%" PRIu64, record_str(o, "kernel", "?"),
			    monitor.s, record_str(o, "path", "?"), record_u64(o, "index", 0));
		keep(a, run, &key, true, instructions, 0);
	} else if (record_is(o, "overhead") && !record_true(o, "aa") &&
		   record_interval(o, "added_ns", &i) && i.high > i.low) {
		double sd = (i.high - i.low) / 2 / Z95;

		strbuf_addf(&key, "time\t%s\t%s", monitor.s, record_str(o, "event", "?"));
		keep(a, run, &key, false, (i.high + i.low) / 2, sd * sd);
	}
	strbuf_release(&monitor);
	strbuf_release(&key);
}

static int order(const void *x, const void *y)
{
	const struct seen *a = x, *b = y;
	int c = strcmp(a->key, b->key);

	if (!c && !a->exact)
		c = strcmp(part_machine(a->run), part_machine(b->run));
	if (!c)
		c = (a->value > b->value) - (a->value < b->value);
	return c ? c : strcmp(a->run->id, b->run->id);
}

/* Field @i of a key, as a record's member. */
static void put_field(struct json_object *o, const char *name, const char *key, int i)
{
	while (i-- > 0)
		key += strcspn(key, "\t") + 1;
	record_putf(o, name, "%.*s", (int)strcspn(key, "\t"), key);
}

/* The machines of @n observations: how many, and the names of the first. */
static void put_machines(struct json_object *o, const struct seen *s, size_t n)
{
	struct json_object *on = json_object_new_array();
	struct names ids = {0};

	for (size_t i = 0, before; i < n; i++) {
		before = ids.n;
		if (names_add(&ids, part_machine(s[i].run)) == before && before < MACHINES_NAMED)
			record_add_str(on, part_host(s[i].run));
	}
	record_put_u64(o, "machines", ids.n);
	record_put(o, "on", on);
	names_release(&ids);
}

/* Equal values lie side by side; the one most often seen is what the others are held against. */
static struct json_object *agree(const struct seen *s, size_t n, bool *differ, struct strbuf *text)
{
	struct json_object *o = record_new("agreement"), *values = json_object_new_array();
	size_t best = 0, best_n = 0;

	for (size_t i = 0, j; i < n; i = j) {
		struct json_object *v = json_object_new_object();

		for (j = i; j < n && s[j].value == s[i].value; j++)
			;
		record_put_u64(v, "instructions", (uint64_t)s[i].value);
		record_put_u64(v, "runs", j - i);
		record_put_str(v, "first_run", s[i].run->id);
		put_machines(v, s + i, j - i);
		json_object_array_add(values, v);
		if (j - i > best_n) {
			best = i;
			best_n = j - i;
		}
	}
	*differ = json_object_array_length(values) > 1;
	put_field(o, "kernel", s->key, 1);
	put_field(o, "monitor", s->key, 2);
	put_field(o, "path", s->key, 3);
	record_put_str(o, "status", *differ ? "fail" : "ok");
	record_put_u64(o, "runs", n);
	record_put_u64(o, "instructions", (uint64_t)s[best].value);
	record_put(o, "values", values);
	for (size_t i = 0; *differ && i < n; i++) {
		if (s[i].value == s[best].value)
			continue;
		strbuf_addf(text,
			    "%s at %s on %s: %.0f instructions in %zu of %zu runs, %.0f in %s\n",
			    record_str(o, "monitor", ""), record_str(o, "path", ""),
			    record_str(o, "kernel", ""), s[best].value, best_n, n, s[i].value,
			    s[i].run->id);
	}
	return o;
}

/* The estimate of @n of them with these variances, each more by @tau2. */
static void weigh(const double *y, const double *var, size_t n, double tau2, double *centre,
		  double *weight)
{
	double sum = 0;

	*weight = 0;
	for (size_t i = 0; i < n; i++) {
		*weight += 1 / (var[i] + tau2);
		sum += y[i] / (var[i] + tau2);
	}
	*centre = sum / *weight;
}

/* The machine where it takes the least (@sign -1) or the most, alone. */
static void put_extreme(struct json_object *to, const char *key, const double *y, const double *var,
			const char *const *names, size_t machines, int sign)
{
	struct json_object *o = json_object_new_object();
	size_t at = 0;
	double half;

	for (size_t i = 1; i < machines; i++)
		if (sign * (y[i] - y[at]) > 0)
			at = i;
	half = Z95 * sqrt(var[at]);
	record_put_str(o, "machine", names[at]);
	record_put_interval(o, "added_ns",
			    (struct stats_interval){y[at], y[at] - half, y[at] + half, 0.95});
	record_put(to, key, o);
}

static struct json_object *combine(const struct seen *s, size_t n)
{
	struct json_object *o = record_new("combined");
	double *y = calloc(n, sizeof(*y)), *var = calloc(n, sizeof(*var));
	double *own_y = calloc(n, sizeof(*own_y)), *own_var = calloc(n, sizeof(*own_var));
	const char **names = calloc(n, sizeof(*names));
	double centre, weight, q = 0, squares = 0, tau2 = 0, half;
	size_t machines = 0;

	if (!y || !var || !own_y || !own_var || !names)
		abort();
	for (size_t i = 0, j; i < n; i = j, machines++) {
		for (j = i; j < n && !strcmp(part_machine(s[j].run), part_machine(s[i].run)); j++) {
			own_y[j - i] = s[j].value;
			own_var[j - i] = s[j].variance;
		}
		weigh(own_y, own_var, j - i, 0, &y[machines], &weight);
		var[machines] = 1 / weight;
		names[machines] = part_host(s[i].run);
	}
	weigh(y, var, machines, 0, &centre, &weight);
	for (size_t i = 0; i < machines; i++) {
		q += (y[i] - centre) * (y[i] - centre) / var[i];
		squares += 1 / (var[i] * var[i]);
	}
	if (machines > 1)
		tau2 = MAX(0.0, (q - (double)(machines - 1)) / (weight - squares / weight));
	weigh(y, var, machines, tau2, &centre, &weight);
	half = Z95 / sqrt(weight);
	put_field(o, "monitor", s->key, 1);
	put_field(o, "event", s->key, 2);
	record_put_u64(o, "machines", machines);
	record_put_u64(o, "runs", n);
	record_put_interval(o, "added_ns",
			    (struct stats_interval){centre, centre - half, centre + half, 0.95});
	record_put_num(o, "between_machines_sd_ns", machines > 1 ? sqrt(tau2) : NAN);
	record_put_num(o, "heterogeneity_pct",
		       machines > 1 && q > 0 ? MAX(0.0, 100 * (q - (double)(machines - 1)) / q)
		       : machines > 1	     ? 0
					     : NAN);
	if (machines > 1) {
		put_extreme(o, "least", y, var, names, machines, -1);
		put_extreme(o, "most", y, var, names, machines, 1);
	}
	free(names);
	free(y);
	free(var);
	free(own_y);
	free(own_var);
	return o;
}

struct json_object *agreement_records(struct agreement *a, size_t *agreed, size_t *differ,
				      struct strbuf *text)
{
	struct json_object *out = json_object_new_array();

	*agreed = *differ = 0;
	if (a->n)
		qsort(a->seen, a->n, sizeof(*a->seen), order);
	for (size_t i = 0, j; i < a->n; i = j) {
		bool other = false;

		for (j = i; j < a->n && !strcmp(a->seen[j].key, a->seen[i].key); j++)
			;
		if (a->seen[i].exact) {
			json_object_array_add(out, agree(a->seen + i, j - i, &other, text));
			*agreed += !other;
			*differ += other;
		} else {
			json_object_array_add(out, combine(a->seen + i, j - i));
		}
	}
	return out;
}

void agreement_free(struct agreement *a)
{
	if (!a)
		return;
	names_release(&a->keys);
	free(a->seen);
	free(a);
}
