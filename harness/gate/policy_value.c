/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads one value of a policy: strict about its type and range. */
#include "lib/base.h"
#include "harness/gate/policy_value.h"

#include <stdlib.h>
#include <string.h>

void policy_list_reset(struct gate_list *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(list->own); i++)
		free(list->own[i]);
	*list = (struct gate_list){0};
}

int policy_number(const struct json_at *at, struct json_object *o, double low, double high,
		  double *out)
{
	double v = json_object_get_double(o);

	if (!json_object_is_type(o, json_type_int) && !json_object_is_type(o, json_type_double))
		return json_at_wrong_type(at, "a number", o);
	if (!(v >= low && v <= high))
		return json_at_bad(at, "%s is out of range: %.12g to %.12g is allowed",
				   json_object_get_string(o), low, high);
	*out = v;
	return 0;
}

int policy_whole(const struct json_at *at, struct json_object *o, double low, double high,
		 double *out)
{
	if (json_object_is_type(o, json_type_double))
		return json_at_bad(at, "%s is no whole number", json_object_get_string(o));
	return policy_number(at, o, low, high, out);
}

int policy_limit(const struct json_at *at, struct json_object *o, struct gate_limit *out)
{
	static const char *const names[] = {"absolute", "percent"};
	struct gate_limit limit = {.judged = true};
	int err = 0;

	if (json_object_is_type(o, json_type_null)) {
		*out = (struct gate_limit){0};
		return 0;
	}
	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "{\"absolute\": N, \"percent\": P} or null", o);
	if (!json_object_object_length(o))
		return json_at_bad(at, "is empty; give \"absolute\", \"percent\" or both, or null "
				       "for no limit");
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};

		if (!strcmp(key, "absolute"))
			err = policy_whole(&here, val, 0, 1e15, &limit.absolute);
		else if (!strcmp(key, "percent"))
			err = policy_number(&here, val, 0, 10000, &limit.percent);
		else
			err = json_at_unknown(&here, names, ARRAY_SIZE(names), "docs/ci.md");
		if (err)
			return err;
	}
	*out = limit;
	return 0;
}

int policy_list(const struct json_at *at, struct json_object *o, struct gate_list *out)
{
	size_t n;
	int err = 0;

	if (!json_object_is_type(o, json_type_array))
		return json_at_wrong_type(at, "a list of strings", o);
	n = json_object_array_length(o);
	if (!n || n > POLICY_LIST_MAX)
		return json_at_bad(at, "has %zu members; 1 to %d are allowed", n, POLICY_LIST_MAX);
	policy_list_reset(out);
	for (size_t i = 0; i < n && !err; i++) {
		err = json_at_string(at, json_object_array_get_idx(o, i), &out->own[i]);
		out->v[i] = out->own[i];
	}
	return err;
}

int policy_list_or_all(const struct json_at *at, struct json_object *o, struct gate_list *out)
{
	if (json_object_is_type(o, json_type_array))
		return policy_list(at, o, out);
	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "\"all\" or a list of strings", o);
	if (strcmp(json_object_get_string(o), "all") != 0)
		return json_at_bad(at, "\"%s\": \"all\" or a list of strings is expected",
				   json_object_get_string(o));
	policy_list_reset(out);
	return 0;
}

int policy_on(const struct json_at *at, struct json_object *o, enum gate_when *out)
{
	if (json_object_is_type(o, json_type_boolean)) {
		*out = json_object_get_boolean(o) ? GATE_ON : GATE_OFF;
		return 0;
	}
	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "true, false or \"auto\"", o);
	if (strcmp(json_object_get_string(o), "auto") != 0)
		return json_at_bad(at, "\"%s\": true, false or \"auto\" is expected",
				   json_object_get_string(o));
	*out = GATE_AUTO;
	return 0;
}
