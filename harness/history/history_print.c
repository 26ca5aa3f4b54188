/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Curves as text and as JSON, and the verdict on their ends. */
#include "lib/base.h"
#include "harness/history/history.h"

#include <math.h>
#include <string.h>

#include "harness/history/steps.h"
#include "harness/record_put.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

enum { LAST_OF_TIMES = 10, SHORT_COMMIT = 10 };

/* "memmon exact.mmap on 6.12.48 (instructions)" */
static void add_name(const struct history_series *s, struct strbuf *out)
{
	strbuf_addf(out, "%s %s on %s%s%s (%s)", s->monitor, s->figure, s->kernel,
		    s->machine ? ", " : "", s->machine ? s->machine : "", s->unit);
}

static void add_value(const struct history_series *s, double v, struct strbuf *out)
{
	strbuf_addf(out, s->exact ? "%.0f" : fabs(v) < 10 ? "%.3f" : "%.1f", v);
}

/* "1045 to 1075 (+30, +2.9 %)" */
static void add_change(const struct history_series *s, size_t i, struct strbuf *out)
{
	double before = history_before(s, i), after = history_after(s, i);

	add_value(s, before, out);
	strbuf_addstr(out, " to ");
	add_value(s, after, out);
	strbuf_addf(out, s->exact ? " (%+.0f" : " (%+.2f", after - before);
	if (before > 0)
		strbuf_addf(out, ", %+.1f %%", 100 * (after - before) / before);
	strbuf_addch(out, ')');
}

static void add_commit(const struct history_point *p, struct strbuf *out)
{
	if (p->commit)
		strbuf_addf(out, "%.*s%s", SHORT_COMMIT, p->commit, p->dirty ? "+" : "");
	else
		strbuf_addch(out, '-');
}

static bool begins_step(const struct history_series *s, size_t point, size_t *step)
{
	for (*step = 0; *step < s->nsteps; ++*step)
		if (s->steps[*step] == point)
			return true;
	return false;
}

static void print_points(const struct history_series *s, FILE *out)
{
	printable_line(out, "  %-12s  %-20s  %12s  %s", "revision", "started", s->unit, "run");
	for (size_t i = 0; i < s->n; i++) {
		const struct history_point *p = &s->points[i];
		struct strbuf commit = STRBUF_INIT, value = STRBUF_INIT, change = STRBUF_INIT;
		size_t step;

		add_commit(p, &commit);
		add_value(s, p->value, &value);
		if (begins_step(s, i, &step)) {
			add_change(s, step, &change);
			printable_line(out, "  -- step: %s", change.s);
		}
		printable_line(out, "  %-12s  %-20s  %12s  %s", commit.s, p->started, value.s,
			       p->run);
		strbuf_release(&commit);
		strbuf_release(&value);
		strbuf_release(&change);
	}
}

void history_print(const struct history_curves *c, bool short_form, FILE *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct history_series *s = &c->v[i];
		struct strbuf name = STRBUF_INIT, last = STRBUF_INIT;

		add_name(s, &name);
		add_value(s, s->points[s->n - 1].value, &last);
		if (i && !short_form)
			putc('\n', out);
		printable_line(out, "%s: %zu run%s, %zu step%s, last %s", name.s, s->n,
			       s->n == 1 ? "" : "s", s->nsteps, s->nsteps == 1 ? "" : "s", last.s);
		if (!short_form)
			print_points(s, out);
		strbuf_release(&name);
		strbuf_release(&last);
	}
}

static struct json_object *point_json(const struct history_point *p)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "run", p->run);
	record_put_str(o, "started", p->started);
	record_put_str(o, "commit", p->commit);
	record_put_bool(o, "dirty", p->dirty);
	record_put_num(o, "value", p->value);
	record_put_num(o, "low", p->low);
	record_put_num(o, "high", p->high);
	return o;
}

static struct json_object *steps_json(const struct history_series *s)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < s->nsteps; i++) {
		struct json_object *o = json_object_new_object();
		const struct history_point *p = &s->points[s->steps[i]];

		record_put_u64(o, "point", s->steps[i]);
		record_put_str(o, "run", p->run);
		record_put_str(o, "commit", p->commit);
		record_put_num(o, "before", history_before(s, i));
		record_put_num(o, "after", history_after(s, i));
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *history_json(const struct history_curves *c)
{
	struct json_object *doc = json_object_new_object(), *list = json_object_new_array();

	record_put_i64(doc, "schema", RESULT_SCHEMA);
	record_put_str(doc, "command", "history");
	for (size_t i = 0; i < c->n; i++) {
		const struct history_series *s = &c->v[i];
		struct json_object *o = json_object_new_object(), *points = json_object_new_array();

		record_put_str(o, "monitor", s->monitor);
		record_put_str(o, "figure", s->figure);
		record_put_str(o, "kernel", s->kernel);
		record_put_str(o, "machine", s->machine);
		record_put_str(o, "unit", s->unit);
		record_put_bool(o, "exact", s->exact);
		for (size_t k = 0; k < s->n; k++)
			json_object_array_add(points, point_json(&s->points[k]));
		record_put(o, "points", points);
		record_put(o, "steps", steps_json(s));
		json_object_array_add(list, o);
	}
	record_put(doc, "series", list);
	return doc;
}

/* --- check --- */

static void judge(const struct history_series *s, size_t last, struct history_verdict *v, FILE *out)
{
	size_t step = s->nsteps - 1, place = s->steps[step];
	const struct history_point *p = &s->points[place];
	struct strbuf line = STRBUF_INIT;
	bool worse = history_after(s, step) > history_before(s, step);

	if (s->n - place > last)
		return;
	*(worse ? &v->worse : &v->better) += 1;
	strbuf_addf(&line, "%s: ", worse ? "worse" : "better");
	add_name(s, &line);
	strbuf_addstr(&line, ": ");
	add_change(s, step, &line);
	strbuf_addstr(&line, " since ");
	add_commit(p, &line);
	strbuf_addf(&line, ", run %s", p->run);
	printable_line(out, "%s", line.s);
	strbuf_release(&line);
}

void history_check(const struct history_curves *c, size_t last, struct history_verdict *v,
		   FILE *out)
{
	*v = (struct history_verdict){0};
	for (size_t i = 0; i < c->n; i++) {
		const struct history_series *s = &c->v[i];

		if (s->n < (s->exact ? 2U : STEPS_FEWEST)) {
			v->too_short++;
			continue;
		}
		v->judged++;
		if (s->nsteps)
			judge(s, last ? last : s->exact ? 1 : LAST_OF_TIMES, v, out);
	}
	fprintf(out, "%zu curve%s judged: %zu worse, %zu better; %zu too short to be judged\n",
		v->judged, v->judged == 1 ? "" : "s", v->worse, v->better, v->too_short);
}
