/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cell has one result in most cases. It has several where it was started on two machines that did
 * not see each other, or on each machine of many. They may differ in times, which are never held
 * against each other, and in exact figures, which `agreement` is about; here it is the verdict.
 */
#include "lib/base.h"
#include "harness/merge/cells.h"

#include <stdlib.h>
#include <string.h>

#include "harness/record_put.h"
#include "lib/log.h"
#include "lib/names.h"

enum { SHOWN = 10 };

static int plan_line(struct names *ids, const char *path, unsigned int line, const char *text,
		     size_t len)
{
	char *own = strndup(text, len);
	struct json_object *o = NULL;
	int err = 0;

	if (!own)
		abort();
	if (*own == '{') {
		o = json_tokener_parse(own);
		if (record_str(o, "id", NULL))
			names_add(ids, record_str(o, "id", ""));
		else
			err = -EINVAL;
		json_object_put(o);
	} else if (len) {
		own[strcspn(own, "\t\r ")] = '\0';
		if (*own)
			names_add(ids, own);
		else
			err = -EINVAL;
	}
	free(own);
	if (err)
		log_err("%s:%u: no cell's id: this is no line of 'beebench plan --cells'", path,
			line);
	return err;
}

int merge_plan_read(struct names *ids, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, path);
	unsigned int line = 0;

	if (err)
		log_err_sys(err, "cannot read the plan %s", path);
	for (const char *at = text.s; !err && *at;) {
		size_t len = strcspn(at, "\n");

		err = plan_line(ids, path, ++line, at, len);
		at += len + (at[len] == '\n');
	}
	if (!err && !ids->n) {
		log_err("%s: there is no cell in this plan", path);
		err = -EINVAL;
	}
	strbuf_release(&text);
	return err;
}

/* How a cell came out: the parts of each status, and the first of them. */
struct outcome {
	size_t n[STATUS_COUNT + 1]; /* the last: unfinished, or nothing that has a status */
	const struct part *first[STATUS_COUNT + 1];
};

static const char *word_of(size_t status)
{
	return status < STATUS_COUNT ? status_names[status] : "unfinished";
}

/* "cell X: ok in run A on n1, fail in run B on n2" */
static void tell(struct strbuf *text, const char *id, const struct outcome *o)
{
	const char *sep = ": ";

	strbuf_addf(text, "cell %s", id);
	for (size_t s = 0; s <= STATUS_COUNT; s++) {
		if (!o->n[s])
			continue;
		strbuf_addf(text, "%s%s in run %s on %s", sep, word_of(s), o->first[s]->id,
			    part_host(o->first[s]));
		if (o->n[s] > 1)
			strbuf_addf(text, " and %zu others", o->n[s] - 1);
		sep = ", ";
	}
	strbuf_addch(text, '\n');
}

/* One that was skipped or cut short here and done there came out as it did there. */
static size_t ways(const struct outcome *o)
{
	size_t n = 0;

	for (size_t s = 0; s < STATUS_COUNT; s++)
		n += s != STATUS_SKIP && o->n[s] > 0;
	return n;
}

static void list(struct strbuf *text, const char *one, const char *many, struct json_object *ids)
{
	size_t n = record_length(ids);
	struct json_object *o;

	if (!n)
		return;
	strbuf_addf(text, "%zu %s:", n, n == 1 ? one : many);
	record_foreach (ids, o)
		if (o_i < SHOWN)
			strbuf_addf(text, " %s", record_text(o));
	strbuf_addf(text, "%s\n", n > SHOWN ? " .." : "");
}

struct json_object *merge_cells(const struct parts *p, const enum status *worst,
				const struct names *plan, struct merge_result *r)
{
	struct json_object *o, *missing = json_object_new_array(),
			       *not_run = json_object_new_array(),
			       *differ = json_object_new_array(), *beside = json_object_new_array();
	struct outcome *out = calloc(p->n + (plan ? plan->n : 0) + 1, sizeof(*out));
	struct names cells = {0};
	size_t beyond;

	if (!out)
		abort();
	for (size_t i = 0; plan && i < plan->n; i++)
		names_add(&cells, plan->v[i]);
	beyond = cells.n;
	for (size_t i = 0; i < p->n; i++) {
		const char *id = p->part[i].cell;
		size_t s = p->part[i].end ? worst[i] : STATUS_COUNT;
		struct outcome *at = id ? &out[names_add(&cells, id)] : NULL;

		if (at && !at->n[s]++)
			at->first[s] = &p->part[i];
	}
	for (size_t i = 0; i < cells.n; i++) {
		if (plan && i >= beyond)
			record_add_str(beside, cells.v[i]);
		if (ways(&out[i]) > 1) {
			record_add_str(differ, cells.v[i]);
			tell(&r->text, cells.v[i], &out[i]);
		} else if (!ways(&out[i])) {
			record_add_str(out[i].n[STATUS_SKIP] ? not_run : missing, cells.v[i]);
		}
	}
	list(&r->text, "cell could be run nowhere until now",
	     "cells could be run nowhere until now", not_run);
	list(&r->text, "cell has no result", "cells have no result", missing);
	list(&r->text, "cell is not in the plan, and counts all the same",
	     "cells are not in the plan, and count all the same", beside);
	r->missing = record_length(missing);
	r->not_run = record_length(not_run);
	o = cells.n ? json_object_new_object() : NULL;
	if (o && plan)
		record_put_u64(o, "planned", plan->n);
	if (o) {
		record_put_u64(o, "beyond_plan", record_length(beside));
		record_put(o, "missing", json_object_get(missing));
		record_put(o, "not_run", json_object_get(not_run));
		record_put(o, "differ", json_object_get(differ));
	}
	json_object_put(missing);
	json_object_put(not_run);
	json_object_put(differ);
	json_object_put(beside);
	names_release(&cells);
	free(out);
	return o;
}
