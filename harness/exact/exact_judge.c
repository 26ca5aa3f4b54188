/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the guest said becomes records. Its histograms become figures, differences and verdicts on
 * their stability; what its kernel said at loading becomes records of the static lane; and the
 * records of several boots are held against each other: is every figure the same in all?
 */
#include "lib/base.h"
#include "harness/exact/exact.h"

#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/vm/protocol.h"
#include "lib/log.h"
#include "collector/cost.h"
#include "lib/why.h"

/* --- counts --- */

enum { MAX_OTHERS = 8 };

bool exact_stable(const struct exact_figure *f, const uint64_t halves[2])
{
	return vm_stands_out(f->taken, f->next_taken, f->calls) && halves[0] == f->instructions &&
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

static void put_there(struct json_object *o, const char *key, bool there, uint64_t v)
{
	record_put_known(o, key, there ? v : UINT64_MAX);
}

static void put_difference(struct json_object *o, const char *key, bool there, uint64_t a,
			   uint64_t b)
{
	record_put(o, key, there ? json_object_new_int64((int64_t)(a - b)) : NULL);
}

static struct json_object *others(struct json_object *values)
{
	struct json_object *list = json_object_new_array();
	size_t n = MIN(json_object_array_length(values), (size_t)MAX_OTHERS + 1);

	for (size_t i = 1; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(values, i),
				   *o = json_object_new_object();

		record_put_u64(o, "instructions", number(v, 0));
		record_put_u64(o, "taken", number(v, 1));
		json_object_array_add(list, o);
	}
	return list;
}

/* @object: its index in the subject, -1 for none. */
static struct json_object *new_record(const struct exact_subject *s, int object, const char *path,
				      const char *status, const char *reason)
{
	struct json_object *o = record_new("exact");

	record_put_str(o, "kernel", s->kernel);
	record_put_str(o, "monitor", object < 0 ? "none" : s->monitors[object]);
	record_put(o, "index", object < 0 ? NULL : json_object_new_int(object));
	record_put_str(o, "path", path);
	record_put_str(o, "status", status);
	if (reason)
		record_put_str(o, "reason", reason);
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
	put_there(o, "instructions", f.stable, f.instructions);
	record_put_bool(o, "stable", f.stable);
	record_put_u64(o, "calls", f.calls);
	record_put_u64(o, "most_seen", f.instructions);
	record_put_u64(o, "taken", f.taken);
	record_put_u64(o, "different", f.different);
	record_put(o, "others", others(record_get(r, "values")));
	if (object >= 0) {
		put_there(o, "none", has_none, none);
		put_there(o, "nop", has_nop, nop);
		put_difference(o, "added", f.stable && has_none, f.instructions, none);
		put_difference(o, "own", f.stable && has_nop, f.instructions, nop);
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

/* --- the static lane --- */

/* Sums, and the deepest program's stack, as verifier_stats_read() has them. */
static void add_books(struct json_object *o, struct json_object *said)
{
	struct json_object *programs = record_get(said, "programs"), *p;
	struct verifier_stats sum = {0}, one;
	uint64_t xlated = 0, jited = 0;

	record_foreach (programs, p) {
		xlated += record_u64(p, "xlated_bytes", 0);
		jited += record_u64(p, "jited_bytes", 0);
		if (!verifier_stats_parse(record_str(p, "log", ""), &one))
			continue;
		sum.programs++;
		sum.processed_insns += one.processed_insns;
		sum.total_states += one.total_states;
		sum.stack_bytes = MAX(sum.stack_bytes, one.stack_bytes);
	}
	record_put_u64(o, "programs", record_length(programs));
	record_put_u64(o, "instructions", xlated / 8);
	record_put_u64(o, "jited_bytes", jited);
	if (sum.programs == record_length(programs)) {
		record_put_u64(o, "verifier_insns", sum.processed_insns);
		record_put_u64(o, "verifier_states", sum.total_states);
		record_put_u64(o, "stack_bytes", sum.stack_bytes);
	}
	record_put_u64(o, "map_bytes", record_u64(said, "map_bytes", 0));
}

int exact_static(struct json_object *guest, const struct exact_subject *subject,
		 struct json_object *out)
{
	struct json_object *said, *o;

	record_foreach (guest, said) {
		uint64_t index = record_u64(said, "object", UINT64_MAX);

		if (strcmp(record_str(said, "arm", ""), "static") != 0)
			continue;
		if (index >= subject->nmonitors || !record_count(said, "programs")) {
			why_err(subject->why,
				"the guest said something that makes no sense: %.200s",
				json_object_to_json_string(said));
			return -EINVAL;
		}
		o = record_new("static");
		record_put_str(o, "kernel", subject->kernel);
		record_put_str(o, "monitor", subject->monitors[index]);
		record_put_u64(o, "index", index);
		record_put_str(o, "status", "ok");
		add_books(o, said);
		json_object_array_add(out, o);
	}
	return 0;
}

/* --- several boots --- */

/* What a boot must find again; how often a value was taken is housekeeping. */
static const char *const figures[] = {
	"status",      "instructions", "stable",    "none",	      "nop",
	"programs",    "jited_bytes",  "map_bytes", "verifier_insns", "verifier_states",
	"stack_bytes",
};

static bool same_subject(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = {"type", "kernel", "monitor", "index", "path"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_object_equal(record_get(a, keys[i]), record_get(b, keys[i])))
			return false;
	return true;
}

static struct json_object *find_like(struct json_object *records, struct json_object *like)
{
	struct json_object *o;

	record_foreach (records, o)
		if (same_subject(o, like))
			return o;
	return NULL;
}

/* What another boot says of the same: the same, that it has no stable figure, or another one. */
enum found { SAME, NONE_STANDS, ANOTHER };

static enum found compare(struct json_object *a, struct json_object *b)
{
	bool counts = record_is(a, "exact") && !strcmp(record_str(a, "status", ""), "ok") &&
		      !strcmp(record_str(b, "status", ""), "ok");
	enum found found = SAME;

	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		struct json_object *x = record_get(a, figures[i]), *y = record_get(b, figures[i]);

		if (json_object_equal(x, y) || (counts && !strcmp(figures[i], "stable")))
			continue;
		if (!counts || (x && y))
			return ANOTHER;
		found = NONE_STANDS;
	}
	return found;
}

/* Of @o and in all boots: a figure that one of them has not is none. */
static void keep_common(struct json_object *o, struct json_object *const boots[], size_t n)
{
	static const char *const whole[] = {"instructions", "none", "nop"};
	size_t without = 0;
	char reason[80];

	for (size_t i = 0; i < n; i++) {
		struct json_object *other = i ? find_like(boots[i], o) : o;
		bool none = false;

		for (size_t k = 0; k < ARRAY_SIZE(whole); k++)
			none |= !record_get(other, whole[k]) &&
				json_object_object_get_ex(other, whole[k], NULL);
		without += none;
	}
	snprintf(reason, sizeof(reason), "no stable figure in %zu of %zu boots", without, n);
	for (size_t i = 1; i < n; i++) {
		struct json_object *other = find_like(boots[i], o);

		for (size_t k = 0; k < ARRAY_SIZE(whole); k++)
			if (!record_get(other, whole[k]) && record_get(o, whole[k]))
				record_put(o, whole[k], NULL);
	}
	record_put_str(o, "reason", reason);
	record_put_bool(o, "stable", record_get(o, "instructions") != NULL);
	if (!record_get(o, "instructions") || !record_get(o, "none"))
		record_put(o, "added", NULL);
	if (!record_get(o, "instructions") || !record_get(o, "nop"))
		record_put(o, "own", NULL);
}

/* A figure that another boot does not find stands for nothing; what each found is kept. */
static void withdraw(struct json_object *o, struct json_object *const boots[], size_t n)
{
	struct json_object *found = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *other = i ? find_like(boots[i], o) : o;

		json_object_array_add(found, json_object_get(record_get(other, "instructions")));
	}
	record_put(o, "found", found);
	record_put_str(o, "status", "void");
	record_put_str(o, "reason", "another boot counted something else");
	if (!record_is(o, "exact"))
		return;
	record_put_bool(o, "stable", false);
	record_put(o, "instructions", NULL);
	record_put(o, "added", NULL);
	record_put(o, "own", NULL);
}

void exact_boots(struct json_object *const boots[], size_t n)
{
	struct json_object *o, *other;

	record_foreach (boots[0], o) {
		uint64_t differing = 0, without = 0;

		for (size_t i = 1; i < n; i++) {
			enum found found;

			other = find_like(boots[i], o);
			found = other ? compare(o, other) : ANOTHER;
			differing += found == ANOTHER;
			without += found == NONE_STANDS;
		}
		record_put_u64(o, "boots", n);
		record_put_u64(o, "differing", differing);
		if (differing)
			withdraw(o, boots, n);
		else if (without)
			keep_common(o, boots, n);
	}
}
