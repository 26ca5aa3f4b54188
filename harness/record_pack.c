/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * json-c's object has a hash table of its own keys, 40 bytes and more for each: most of what a
 * record takes. A packed one is a JSON array of the values whose user data is the shape: an object
 * that maps a key to a place, and whose own user data is the type of the record. A number of
 * json-c's takes 100 bytes and has about 15 in a file, so that lists of samples, of which no two
 * are alike, stay as they were written: a string with a mark as user data.
 */
#include "lib/base.h"
#include "harness/record_pack.h"

#include <stdlib.h>
#include <string.h>

#include "harness/record.h"

static char samples_mark;

struct json_object *pack_shape(struct json_object *o, const char *type)
{
	struct json_object *shape = json_object_new_object();
	int place = 0;

	json_object_object_foreach (o, key, value) {
		(void)value;
		json_object_object_add(shape, key, json_object_new_int(place++));
	}
	json_object_set_userdata(shape, type ? strdup(type) : NULL, NULL);
	return shape;
}

void pack_shape_put(struct json_object *shape)
{
	free(json_object_get_userdata(shape));
	json_object_put(shape);
}

struct json_object *pack_new(struct json_object *shape, size_t n)
{
	/* json-c doubles a list that has just been filled. */
	struct json_object *o = json_object_new_array_ext((int)n + 1);

	json_object_set_userdata(o, shape, NULL);
	return o;
}

static struct json_object *shape_of(struct json_object *o)
{
	return json_object_is_type(o, json_type_array) ? json_object_get_userdata(o) : NULL;
}

const char *pack_type(struct json_object *o)
{
	struct json_object *shape = shape_of(o);

	return shape ? json_object_get_userdata(shape) : NULL;
}

bool pack_is(struct json_object *o)
{
	return shape_of(o);
}

struct json_object *pack_get(struct json_object *packed, const char *key)
{
	struct json_object *shape = shape_of(packed), *place;

	if (!shape || !json_object_object_get_ex(shape, key, &place))
		return NULL;
	return json_object_array_get_idx(packed, (size_t)json_object_get_int(place));
}

struct json_object *pack_samples(struct json_object *samples)
{
	struct json_object *o = json_object_new_string(
		json_object_to_json_string_ext(samples, JSON_C_TO_STRING_PLAIN));

	json_object_set_userdata(o, &samples_mark, NULL);
	return o;
}

bool pack_is_samples(struct json_object *o)
{
	return json_object_is_type(o, json_type_string) &&
	       json_object_get_userdata(o) == &samples_mark;
}

struct json_object *record_unpacked(struct json_object *o)
{
	struct json_object *copy, *shape = shape_of(o);

	if (pack_is_samples(o))
		return json_tokener_parse(json_object_get_string(o));
	if (shape) {
		copy = json_object_new_object();
		json_object_object_foreach (shape, key, place) {
			size_t at = (size_t)json_object_get_int(place);

			json_object_object_add(copy, key,
					       record_unpacked(json_object_array_get_idx(o, at)));
		}
		return copy;
	}
	if (json_object_is_type(o, json_type_array)) {
		copy = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(o); i++)
			json_object_array_add(copy,
					      record_unpacked(json_object_array_get_idx(o, i)));
		return copy;
	}
	if (json_object_is_type(o, json_type_object)) {
		copy = json_object_new_object();
		json_object_object_foreach (o, key, value)
			json_object_object_add(copy, key, record_unpacked(value));
		return copy;
	}
	return json_object_get(o);
}
