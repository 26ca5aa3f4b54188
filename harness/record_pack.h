/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parts of a record in little memory. An object becomes a list of its values behind a *shape*,
 * which all objects with the same keys in the same order share; raw samples stay text.
 * harness/record.h reads objects of both kinds alike; who needs members in turn, samples or JSON
 * takes record_unpacked().
 */
#ifndef HARNESS_RECORD_PACK_H
#define HARNESS_RECORD_PACK_H

#include <json-c/json.h>

#include "lib/base.h"

/* The shape of objects with the keys of @o; @type: records of that type, or NULL. The caller owns
 * it, and keeps it for as long as an object has it. */
struct json_object *pack_shape(struct json_object *o, const char *type);
void pack_shape_put(struct json_object *shape);
/* An empty object of that shape; its @n values are to be added with json_object_array_add(), in the
 * order of the keys. The caller owns it. */
struct json_object *pack_new(struct json_object *shape, size_t n);
bool pack_is(struct json_object *o);
/* The type of a packed record; NULL: it is none. */
const char *pack_type(struct json_object *o);
/* The value of @key, or NULL. */
struct json_object *pack_get(struct json_object *packed, const char *key);

/* The list @samples as text. The caller owns it. */
struct json_object *pack_samples(struct json_object *samples);
bool pack_is_samples(struct json_object *o);

#endif
