/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A set of values by their content. An object's or a list's content are its parts, which were
 * shared before it, so that two of them are alike where their parts are the same ones: one pass
 * from the leaves up, whatever the depth. Keys are words that all objects share. Lists of numbers
 * (samples), of which no two are alike, are left alone. A table of keys is made as small as it can
 * be: json-c begins with room for 16 keys, most objects of a record have four.
 */
#include "lib/base.h"
#include "harness/result_share.h"

#include <stdlib.h>
#include <string.h>

#include "lib/names.h"

struct slot {
	uint64_t hash;
	struct json_object *o; /* NULL: empty; a reference is held */
};

struct shares {
	struct names keys;
	struct slot *slots; /* @room, a power of two */
	size_t n, room;
};

struct shares *shares_new(void)
{
	struct shares *s = calloc(1, sizeof(*s));

	if (s) {
		s->room = 1024;
		s->slots = calloc(s->room, sizeof(*s->slots));
	}
	if (!s || !s->slots)
		abort();
	return s;
}

static uint64_t mix(uint64_t hash, uint64_t v)
{
	hash = (hash ^ v) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t hash_text(uint64_t hash, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)s[i]) * 0x100000001b3u;
	return mix(hash, n);
}

static uint64_t hash_of(struct json_object *o)
{
	enum json_type type = json_object_get_type(o);
	uint64_t hash = mix(0xcbf29ce484222325u, (uint64_t)type);

	if (type == json_type_string)
		return hash_text(hash, json_object_get_string(o),
				 (size_t)json_object_get_string_len(o));
	if (type == json_type_double) /* as it is written */
		return hash_text(hash, json_object_get_userdata(o),
				 strlen(json_object_get_userdata(o)));
	if (type == json_type_int)
		return mix(hash, json_object_get_uint64(o));
	if (type == json_type_boolean)
		return mix(hash, (uint64_t)json_object_get_boolean(o));
	if (type == json_type_array) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			hash = mix(hash, (uintptr_t)json_object_array_get_idx(o, i));
	} else {
		json_object_object_foreach (o, key, value)
			hash = mix(mix(hash, (uintptr_t)key), (uintptr_t)value);
	}
	return hash;
}

static bool alike(struct json_object *a, struct json_object *b)
{
	struct json_object_iterator x, y, end;

	if (json_object_get_type(a) != json_object_get_type(b))
		return false;
	if (json_object_is_type(a, json_type_array)) {
		if (json_object_array_length(a) != json_object_array_length(b))
			return false;
		for (size_t i = 0; i < json_object_array_length(a); i++)
			if (json_object_array_get_idx(a, i) != json_object_array_get_idx(b, i))
				return false;
		return true;
	}
	if (json_object_is_type(a, json_type_double))
		return !strcmp(json_object_get_userdata(a), json_object_get_userdata(b));
	if (!json_object_is_type(a, json_type_object))
		return json_object_equal(a, b);
	if (json_object_object_length(a) != json_object_object_length(b))
		return false;
	x = json_object_iter_begin(a);
	y = json_object_iter_begin(b);
	end = json_object_iter_end(a);
	for (; !json_object_iter_equal(&x, &end); json_object_iter_next(&x)) {
		if (json_object_iter_peek_name(&x) != json_object_iter_peek_name(&y) ||
		    json_object_iter_peek_value(&x) != json_object_iter_peek_value(&y))
			return false;
		json_object_iter_next(&y);
	}
	return true;
}

static struct slot *find(struct shares *s, uint64_t hash, struct json_object *o)
{
	size_t at = hash & (s->room - 1);

	while (s->slots[at].o && (s->slots[at].hash != hash || !alike(s->slots[at].o, o)))
		at = (at + 1) & (s->room - 1);
	return &s->slots[at];
}

static void grow(struct shares *s)
{
	struct slot *old = s->slots;
	size_t room = s->room;

	s->room *= 2;
	s->slots = calloc(s->room, sizeof(*s->slots));
	if (!s->slots)
		abort();
	for (size_t i = 0; i < room; i++) {
		size_t at = old[i].hash & (s->room - 1);

		if (!old[i].o)
			continue;
		while (s->slots[at].o)
			at = (at + 1) & (s->room - 1);
		s->slots[at] = old[i];
	}
	free(old);
}

/* The one that stands for all like @o, the caller's; @o is no longer. */
static struct json_object *one_of(struct shares *s, struct json_object *o)
{
	uint64_t hash = hash_of(o);
	struct slot *slot = find(s, hash, o);
	struct json_object *one = slot->o;

	if (one) {
		json_object_get(one);
		json_object_put(o);
		return one;
	}
	*slot = (struct slot){hash, json_object_get(o)};
	if (++s->n * 4 > s->room * 3)
		grow(s);
	return o;
}

static struct json_object *share(struct shares *s, struct json_object *o);

static struct json_object *share_list(struct shares *s, struct json_object *o)
{
	size_t n = json_object_array_length(o);
	struct json_object *first = n ? json_object_array_get_idx(o, 0) : NULL;

	json_object_array_shrink(o, 0);
	if (json_object_is_type(first, json_type_double) ||
	    json_object_is_type(first, json_type_int))
		return o;
	for (size_t i = 0; i < n; i++)
		json_object_array_put_idx(
			o, i, share(s, json_object_get(json_object_array_get_idx(o, i))));
	return one_of(s, o);
}

/* An object with the same members, whose keys and values are those that all have. */
static struct json_object *with_shared(struct shares *s, struct json_object *o)
{
	struct json_object *copy = json_object_new_object();
	int n = json_object_object_length(o), room = n + (n + 1) / 2 + 1;

	json_object_object_foreach (o, key, value) {
		size_t at = names_add(&s->keys, key);
		const char *word = s->keys.v[at];

		json_object_object_add_ex(copy, word, share(s, json_object_get(value)),
					  JSON_C_OBJECT_ADD_KEY_IS_NEW |
						  JSON_C_OBJECT_KEY_IS_CONSTANT);
	}
	if (json_object_get_object(copy)->size > room)
		lh_table_resize(json_object_get_object(copy), room);
	json_object_put(o);
	return copy;
}

static struct json_object *share(struct shares *s, struct json_object *o)
{
	switch (json_object_get_type(o)) {
	case json_type_null: return o;
	case json_type_array: return share_list(s, o);
	case json_type_object: return one_of(s, with_shared(s, o));
	case json_type_double: return json_object_get_userdata(o) ? one_of(s, o) : o;
	default: return one_of(s, o);
	}
}

struct json_object *shares_take(struct shares *s, struct json_object *o)
{
	return with_shared(s, o);
}

void shares_free(struct shares *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->room; i++)
		json_object_put(s->slots[i].o);
	free(s->slots);
	names_release(&s->keys);
	free(s);
}
