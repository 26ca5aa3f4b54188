/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns the guest's histograms into figures, differences and verdicts on their stability. */
#include "lib/base.h"
#include "harness/exact/exact.h"

#include <string.h>

#include "harness/record.h"
#include "lib/log.h"
#include "lib/why.h"

enum { MAX_OTHERS = 8 };

bool exact_stable(const struct exact_figure *f, const uint64_t halves[2])
{
	uint64_t lead = f->taken - f->next_taken, sum = f->taken + f->next_taken;

	return f->taken * 3 >= f->calls && lead * lead > 16 * sum && halves[0] == f->instructions &&
	       halves[1] == f->instructions;
}

/* Element @i of the JSON array @a as a number. */
static uint64_t number(struct json_object *a, size_t i)
{
	return json_object_get_uint64(json_object_array_get_idx(a, i));
}

int exact_figure_read(struct json_object *guest_record, struct exact_figure *out)
{
	struct json_object *values = record_get(guest_record, "values"), *v,
			   *halves = record_get(guest_record, "halves");
	uint64_t total = 0;

	*out = (struct exact_figure){.calls = record_u64(guest_record, "calls", 0)};
	if (!json_object_is_type(values, json_type_array) ||
	    !json_object_is_type(halves, json_type_array) || json_object_array_length(halves) != 2)
		return -EINVAL;
	record_foreach (values, v) {
		if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) != 2)
			return -EINVAL;
		if (!out->different++) {
			out->instructions = number(v, 0);
			out->taken = number(v, 1);
		} else if (out->different == 2) {
			out->next = number(v, 0);
			out->next_taken = number(v, 1);
		}
		total += number(v, 1);
	}
	if (!total || total != out->calls)
		return -EINVAL;
	out->stable = exact_stable(out, (uint64_t[]){number(halves, 0), number(halves, 1)});
	return 0;
}

/* The record of @path in an arm of the guest's, or NULL. */
static struct json_object *find(struct json_object *guest, const char *arm, int object,
				const char *path)
{
	struct json_object *r;

	record_foreach (guest, r) {
		if (!strcmp(record_str(r, "arm", ""), arm) && record_num(r, "object") == object &&
		    !strcmp(record_str(r, "path", ""), path))
			return r;
	}
	return NULL;
}

/* Objects on the same hooks share their empty programs: {"arm":"nop","object":3,"same":0}. */
static int nop_of(struct json_object *guest, int object)
{
	struct json_object *r = find(guest, "nop", object, "");

	return r && record_get(r, "same") ? (int)record_num(r, "same") : object;
}

/* The figure of @path in an arm; false when it has none that is stable. */
static bool base(struct json_object *guest, const char *arm, int object, const char *path,
		 uint64_t *out)
{
	struct json_object *r = find(guest, arm, object, path);
	struct exact_figure f;

	if (!r || exact_figure_read(r, &f) || !f.stable)
		return false;
	*out = f.instructions;
	return true;
}

static void add_u64(struct json_object *o, const char *key, bool there, uint64_t v)
{
	json_object_object_add(o, key, there ? json_object_new_uint64(v) : NULL);
}

static void add_difference(struct json_object *o, const char *key, bool there, uint64_t a,
			   uint64_t b)
{
	json_object_object_add(o, key, there ? json_object_new_int64((int64_t)(a - b)) : NULL);
}

static struct json_object *others(struct json_object *values)
{
	struct json_object *list = json_object_new_array();
	size_t n = MIN(json_object_array_length(values), (size_t)MAX_OTHERS + 1);

	for (size_t i = 1; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(values, i),
				   *o = json_object_new_object();

		json_object_object_add(o, "instructions", json_object_new_uint64(number(v, 0)));
		json_object_object_add(o, "taken", json_object_new_uint64(number(v, 1)));
		json_object_array_add(list, o);
	}
	return list;
}

/* @object: its index in the subject, -1 for none. */
static struct json_object *new_record(const struct exact_subject *s, int object, const char *path,
				      const char *status, const char *reason)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "type", json_object_new_string("exact"));
	json_object_object_add(o, "kernel", json_object_new_string(s->kernel));
	json_object_object_add(o, "monitor",
			       json_object_new_string(object < 0 ? "none" : s->monitors[object]));
	json_object_object_add(o, "index", object < 0 ? NULL : json_object_new_int(object));
	json_object_object_add(o, "path", path ? json_object_new_string(path) : NULL);
	json_object_object_add(o, "status", json_object_new_string(status));
	if (reason)
		json_object_object_add(o, "reason", json_object_new_string(reason));
	return o;
}

/* The guest itself must be at the end as it was at the beginning. */
static bool drifted(struct json_object *guest, const char *path)
{
	uint64_t before, after;

	return base(guest, "none", -1, path, &before) &&
	       base(guest, "none-again", -1, path, &after) && before != after;
}

static int judge_counts(struct json_object *guest, struct json_object *r, int object,
			const struct exact_subject *s, struct json_object *out)
{
	const char *path = record_str(r, "path", ""), *same_as = record_str(r, "same_as", path);
	bool drift = drifted(guest, same_as), has_none, has_nop;
	uint64_t none = 0, nop = 0;
	struct exact_figure f;
	struct json_object *o;
	int err = exact_figure_read(r, &f);

	if (err)
		return err;
	o = new_record(s, object, path, drift ? "void" : "ok",
		       drift	   ? "the guest without any program did not count the same at the "
				     "end as at the beginning"
		       : !f.stable ? "no stable figure: no value stands out among those seen"
				   : NULL);
	has_none = base(guest, "none", -1, same_as, &none);
	has_nop = object >= 0 && base(guest, "nop", nop_of(guest, object), same_as, &nop);
	add_u64(o, "instructions", f.stable, f.instructions);
	json_object_object_add(o, "stable", json_object_new_boolean(f.stable));
	json_object_object_add(o, "calls", json_object_new_uint64(f.calls));
	json_object_object_add(o, "most_seen", json_object_new_uint64(f.instructions));
	json_object_object_add(o, "taken", json_object_new_uint64(f.taken));
	json_object_object_add(o, "different", json_object_new_uint64(f.different));
	json_object_object_add(o, "others", others(record_get(r, "values")));
	if (object >= 0) {
		add_u64(o, "none", has_none, none);
		add_u64(o, "nop", has_nop, nop);
		add_difference(o, "added", f.stable && has_none, f.instructions, none);
		add_difference(o, "own", f.stable && has_nop, f.instructions, nop);
	}
	json_object_array_add(out, o);
	return 0;
}

static int judge_one(struct json_object *guest, struct json_object *r,
		     const struct exact_subject *s, struct json_object *out)
{
	const char *arm = record_str(r, "arm", ""), *error = record_str(r, "error", NULL);
	bool none = !strcmp(arm, "none"), nop = !strcmp(arm, "nop");
	double index = record_num(r, "object");
	int object;

	if (!none && !nop && strcmp(arm, "object") != 0)
		return 0;
	if (!none && !(index >= 0 && index < (double)s->nmonitors))
		return -EINVAL;
	object = none ? -1 : (int)index;
	if (nop && error)
		log_warn("%s: no empty programs for its hooks (%s): its own code cannot be told "
			 "from being attached",
			 s->monitors[object], error);
	if (nop)
		return 0;
	if (!error)
		return judge_counts(guest, r, object, s, out);
	json_object_array_add(out, new_record(s, object, record_str(r, "path", NULL),
					      record_true(r, "skip") ? "skip" : "fail", error));
	return 0;
}

int exact_judge(struct json_object *guest, const struct exact_subject *subject,
		struct json_object *out)
{
	struct json_object *r;

	record_foreach (guest, r) {
		int err = judge_one(guest, r, subject, out);

		if (err) {
			why_err(subject->why,
				"the guest said something that makes no sense: %.200s",
				json_object_to_json_string(r));
			return err;
		}
	}
	return 0;
}
