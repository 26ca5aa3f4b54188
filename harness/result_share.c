/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A set of values by their content. An object's or a list's content are its parts, which were
 * shared before it, so that two of them are alike where their parts are the same ones: one pass
 * from the leaves up, whatever the depth. Objects are packed (harness/record_pack.h): their keys
 * are there once for each shape. Samples stay text.
 *
 * Most values of a record were there before, in the same words: of a line only those are parsed
 * that were not. They are known by 128 bits of a hash that begins at random, so that no file can
 * have two that read alike by it.
 */
#include "lib/base.h"
#include "harness/result_share.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "harness/record.h"
#include "harness/record_pack.h"
#include "harness/record_put.h"
#include "harness/result_scan.h"
#include "lib/fnv.h"
#include "lib/names.h"
#include "lib/strbuf.h"

struct slot {
	uint64_t hash;
	struct json_object *o; /* NULL: empty; a reference is held */
};

/* A value by its text. */
struct said {
	uint64_t hash[2];
	struct json_object *o; /* NULL: empty; a reference is held */
};

struct shares {
	struct names keys; /* of each shape, one behind the other, and its type */
	struct json_object **shapes;
	struct strbuf joined; /* of the object at hand */
	struct slot *slots;   /* @room, a power of two */
	size_t n, room;
	struct said *said; /* @said_room, a power of two */
	size_t nsaid, said_room;
	uint64_t secret[4];
	struct json_object **values; /* of the line at hand */
	size_t nvalues, values_room;
	struct strbuf line; /* its keys as @joined has them */
	struct strbuf word; /* of a value that is to be parsed */
	struct json_tokener *tok;
};

struct shares *shares_new(void)
{
	struct shares *s = calloc(1, sizeof(*s));

	if (s) {
		s->room = s->said_room = 1024;
		s->slots = calloc(s->room, sizeof(*s->slots));
		s->said = calloc(s->said_room, sizeof(*s->said));
		s->tok = json_tokener_new();
	}
	if (!s || !s->slots || !s->said || !s->tok ||
	    getrandom(s->secret, sizeof(s->secret), 0) != sizeof(s->secret))
		abort();
	json_tokener_set_flags(s->tok, JSON_TOKENER_STRICT);
	return s;
}

static uint64_t mix(uint64_t hash, uint64_t v)
{
	hash = (hash ^ v) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t hash_text(uint64_t hash, const char *s, size_t n)
{
	return mix(fnv_add(hash, s, n), n);
}

static uint64_t hash_of(struct json_object *o)
{
	enum json_type type = json_object_get_type(o);
	uint64_t hash = mix(FNV_BEGIN, (uint64_t)type);

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
	hash = mix(hash, (uintptr_t)json_object_get_userdata(o));
	for (size_t i = 0; i < json_object_array_length(o); i++)
		hash = mix(hash, (uintptr_t)json_object_array_get_idx(o, i));
	return hash;
}

static bool alike(struct json_object *a, struct json_object *b)
{
	if (json_object_get_type(a) != json_object_get_type(b) ||
	    pack_is_samples(a) != pack_is_samples(b))
		return false;
	if (json_object_is_type(a, json_type_array)) {
		if (json_object_get_userdata(a) != json_object_get_userdata(b) ||
		    json_object_array_length(a) != json_object_array_length(b))
			return false;
		for (size_t i = 0; i < json_object_array_length(a); i++)
			if (json_object_array_get_idx(a, i) != json_object_array_get_idx(b, i))
				return false;
		return true;
	}
	if (json_object_is_type(a, json_type_double))
		return !strcmp(json_object_get_userdata(a), json_object_get_userdata(b));
	return json_object_equal(a, b);
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

	json_object_array_shrink(o, 0);
	for (size_t i = 0; i < n; i++)
		json_object_array_put_idx(
			o, i, share(s, json_object_get(json_object_array_get_idx(o, i))));
	return one_of(s, o);
}

/* With its length before it: no two lists of words read alike. */
static void join(struct strbuf *out, const char *word, size_t n)
{
	for (size_t rest = n, i = 0; i < 3; i++, rest /= 255)
		strbuf_addch(out, (char)(1 + rest % 255));
	strbuf_add(out, word, n);
}

/* @type: of a record; NULL: it is a part of one. */
static struct json_object *shape_of(struct shares *s, struct json_object *o, const char *type)
{
	size_t at, n = s->keys.n;

	strbuf_reset(&s->joined);
	json_object_object_foreach (o, key, value) {
		(void)value;
		join(&s->joined, key, strlen(key));
	}
	join(&s->joined, type ? type : "", type ? strlen(type) : 0);
	at = names_add(&s->keys, s->joined.s);
	if (at < n)
		return s->shapes[at];
	if (!(n & (n - 1)))
		s->shapes = realloc(s->shapes, (n ? 2 * n : 1) * sizeof(struct json_object *));
	if (!s->shapes)
		abort();
	s->shapes[at] = pack_shape(o, type);
	return s->shapes[at];
}

/* Raw numbers, which few reports look at (docs/results.md). */
static bool is_samples_key(struct span key)
{
	return span_is(key, "samples") || span_is(key, "times_s") ||
	       span_is(key, "times_without_s");
}

static bool is_samples(const char *key, struct json_object *value)
{
	return json_object_is_type(value, json_type_array) &&
	       is_samples_key((struct span){key, strlen(key)});
}

static struct json_object *packed(struct shares *s, struct json_object *o, const char *type)
{
	struct json_object *copy =
		pack_new(shape_of(s, o, type), (size_t)json_object_object_length(o));

	json_object_object_foreach (o, key, value)
		json_object_array_add(copy, is_samples(key, value)
						    ? one_of(s, pack_samples(value))
						    : share(s, json_object_get(value)));
	json_object_put(o);
	return copy;
}

/* @o, which is the caller's and may be new, made of shared parts. */
static struct json_object *share_parts(struct shares *s, struct json_object *o)
{
	switch (json_object_get_type(o)) {
	case json_type_array: return share_list(s, o);
	case json_type_object: return packed(s, o, NULL);
	default: return o;
	}
}

static struct json_object *share(struct shares *s, struct json_object *o)
{
	if (!o || (json_object_is_type(o, json_type_double) && !json_object_get_userdata(o)))
		return o;
	return one_of(s, share_parts(s, o));
}

struct json_object *shares_take(struct shares *s, struct json_object *o)
{
	return packed(s, o, record_str(o, "type", NULL));
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void hash_said(const struct shares *s, struct span text, uint64_t hash[2])
{
	hash[0] = s->secret[0] ^ text.len;
	hash[1] = s->secret[1];
	while (text.len) {
		size_t n = MIN(text.len, sizeof(uint64_t));
		uint64_t bytes = 0;

		memcpy(&bytes, text.s, n);
		hash[0] = fold(hash[0] ^ bytes, s->secret[2] | 1);
		hash[1] = fold(hash[1] ^ bytes, s->secret[3] | 1) + bytes;
		text.s += n;
		text.len -= n;
	}
}

static struct said *said_find(struct shares *s, const uint64_t hash[2])
{
	size_t at = hash[0] & (s->said_room - 1);

	while (s->said[at].o && (s->said[at].hash[0] != hash[0] || s->said[at].hash[1] != hash[1]))
		at = (at + 1) & (s->said_room - 1);
	return &s->said[at];
}

static void said_grow(struct shares *s)
{
	struct said *old = s->said;
	size_t room = s->said_room;

	s->said_room *= 2;
	s->said = calloc(s->said_room, sizeof(*s->said));
	if (!s->said)
		abort();
	for (size_t i = 0; i < room; i++)
		if (old[i].o)
			*said_find(s, old[i].hash) = old[i];
	free(old);
}

/* What @text says; NULL: it is no value. */
static struct json_object *parse(struct shares *s, struct span text)
{
	struct json_object *o;

	strbuf_reset(&s->word);
	strbuf_add(&s->word, text.s, text.len);
	json_tokener_reset(s->tok);
	/* With its terminator, which ends a number. */
	o = json_tokener_parse_ex(s->tok, s->word.s, (int)text.len + 1);
	if (json_tokener_get_error(s->tok) != json_tokener_success) {
		json_object_put(o);
		return NULL;
	}
	record_make_utf8(o);
	return o;
}

/* In @out, which has a reference. False: this is no value. */
static bool take_said(struct shares *s, struct span key, struct span text, struct json_object **out)
{
	uint64_t hash[2];
	struct said *said;
	struct json_object *o;

	*out = NULL;
	if (span_is(text, "null"))
		return true;
	hash_said(s, text, hash);
	/* The same list is text under one key and is not under another. */
	hash[1] += is_samples_key(key);
	said = said_find(s, hash);
	if (!said->o) {
		o = parse(s, text);
		if (!o)
			return false;
		if (is_samples_key(key) && json_object_is_type(o, json_type_array)) {
			said->o = pack_samples(o);
			json_object_put(o);
		} else {
			said->o = share_parts(s, o);
		}
		memcpy(said->hash, hash, sizeof(hash));
		*out = json_object_get(said->o);
		if (++s->nsaid * 4 > s->said_room * 3)
			said_grow(s);
		return true;
	}
	*out = json_object_get(said->o);
	return true;
}

/* The members of a line: their keys into @line, their values into @values. */
static bool take_members(struct shares *s, struct span text, const char **type)
{
	struct span key, value;
	struct scan scan;
	int more = 0;

	*type = NULL;
	if (!scan_object(&scan, text))
		return false;
	while ((more = scan_next(&scan, &key, &value)) == 1) {
		struct json_object *o;

		if (!take_said(s, key, value, &o))
			return false;
		if (s->nvalues == s->values_room) {
			s->values_room = MAX(2 * s->values_room, (size_t)32);
			s->values = reallocarray(s->values, s->values_room,
						 sizeof(struct json_object *));
			if (!s->values)
				abort();
		}
		s->values[s->nvalues++] = o;
		if (span_is(key, "type") && json_object_is_type(o, json_type_string))
			*type = json_object_get_string(o);
		join(&s->line, key.s, key.len);
	}
	return !more && *type;
}

struct json_object *shares_take_text(struct shares *s, const char *text, size_t len)
{
	struct json_object *o = NULL;
	const char *type;
	size_t at;
	bool whole;

	strbuf_reset(&s->line);
	s->nvalues = 0;
	whole = take_members(s, (struct span){text, len}, &type);
	if (whole)
		join(&s->line, type, strlen(type));
	/* A key that is written otherwise than it reads is in no shape, and one that is there
	 * twice. */
	at = whole ? names_find(&s->keys, s->line.s) : s->keys.n;
	if (at < s->keys.n)
		o = pack_new(s->shapes[at], s->nvalues);
	for (size_t i = 0; i < s->nvalues; i++) {
		if (o)
			json_object_array_add(o, s->values[i]);
		else
			json_object_put(s->values[i]);
	}
	return o;
}

void shares_end(struct shares *s)
{
	for (size_t i = 0; i < s->room; i++)
		json_object_put(s->slots[i].o);
	for (size_t i = 0; i < s->said_room; i++)
		json_object_put(s->said[i].o);
	free(s->slots);
	free(s->said);
	free(s->values);
	strbuf_release(&s->line);
	strbuf_release(&s->word);
	strbuf_release(&s->joined);
	if (s->tok)
		json_tokener_free(s->tok);
	s->slots = NULL;
	s->said = NULL;
	s->values = NULL;
	s->tok = NULL;
	s->room = s->said_room = 0;
}

void shares_free(struct shares *s)
{
	if (!s)
		return;
	shares_end(s);
	for (size_t i = 0; i < s->keys.n; i++)
		pack_shape_put(s->shapes[i]);
	free(s->shapes);
	names_release(&s->keys);
	free(s);
}
