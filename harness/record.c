/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Access to records by path. */
#include "lib/base.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

#include "harness/record_pack.h"

const char *const status_names[STATUS_COUNT] = {
	[STATUS_OK] = "ok",
	[STATUS_FAIL] = "fail",
	[STATUS_SKIP] = "skip",
	[STATUS_VOID] = "void",
};

bool record_is_object(struct json_object *o)
{
	return json_object_is_type(o, json_type_object) || pack_is(o);
}

/* NULL: there is none, or @o is no object. */
static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object))
		return pack_get(o, key);
	return json_object_object_get_ex(o, key, &v) ? v : NULL;
}

struct json_object *record_get(struct json_object *o, const char *path)
{
	while (o) {
		size_t len = strcspn(path, ".");
		char key[64];

		if (!path[len])
			return member(o, path);
		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		o = member(o, key);
		path += len + 1;
	}
	return NULL;
}

const char *record_str(struct json_object *o, const char *path, const char *otherwise)
{
	struct json_object *v = record_get(o, path);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : otherwise;
}

const char *record_text(struct json_object *o)
{
	return o ? json_object_get_string(o) : "";
}

double record_num(struct json_object *o, const char *path)
{
	struct json_object *v = path ? record_get(o, path) : o;

	if (!json_object_is_type(v, json_type_int) && !json_object_is_type(v, json_type_double))
		return NAN;
	return json_object_get_double(v);
}

uint64_t record_u64(struct json_object *o, const char *path, uint64_t otherwise)
{
	struct json_object *v = record_get(o, path);

	if (!json_object_is_type(v, json_type_int) && !json_object_is_type(v, json_type_double))
		return otherwise;
	return json_object_get_uint64(v);
}

bool record_true(struct json_object *o, const char *path)
{
	struct json_object *v = record_get(o, path);

	return json_object_is_type(v, json_type_boolean) && json_object_get_boolean(v);
}

bool record_interval(struct json_object *o, const char *path, struct stats_interval *out)
{
	struct json_object *v = record_get(o, path);

	if (record_is_object(v)) {
		out->centre = record_num(v, "centre");
		out->low = record_num(v, "low");
		out->high = record_num(v, "high");
		out->confidence = record_num(v, "confidence");
	} else {
		out->centre = v ? record_num(v, NULL) : NAN;
		out->low = out->high = out->confidence = NAN;
	}
	return isfinite(out->centre);
}

size_t record_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) && !pack_is(array)
		       ? json_object_array_length(array)
		       : 0;
}

size_t record_count(struct json_object *o, const char *path)
{
	return record_length(record_get(o, path));
}

bool record_is(struct json_object *o, const char *type)
{
	const char *own = pack_type(o);

	return !strcmp(own ? own : record_str(o, "type", ""), type);
}

uint64_t record_times(struct json_object *o)
{
	return record_u64(o, "met.records", 1);
}

enum status record_status(struct json_object *o)
{
	const char *word = record_str(o, "status", "");
	enum status s = STATUS_OK;

	while (s < STATUS_COUNT && strcmp(status_names[s], word) != 0)
		s++;
	return s;
}

bool record_is_unjudged(struct json_object *o)
{
	return record_is(o, "trial") && record_status(o) == STATUS_OK &&
	       !strcmp(record_str(o, "conformance.verdict", ""), "none");
}

void record_base_line(struct json_object *o, struct strbuf *out)
{
	const char *rev = record_str(o, "revision", "?"), *commit = record_str(o, "commit", "?");

	strbuf_addf(out, "base %.7s", commit);
	if (strncmp(rev, commit, 7) != 0)
		strbuf_addf(out, " (%s)", rev);
	strbuf_addf(out, ": %s", record_str(o, "why", "?"));
}
