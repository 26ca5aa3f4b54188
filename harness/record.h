/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads records (docs/results.md) as reporters need it: what is missing or null is no crash. */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/stats.h"
#include "lib/strbuf.h"

/* How a check ended: what "status" says. VOID: something else made it worthless. */
enum status { STATUS_OK, STATUS_FAIL, STATUS_SKIP, STATUS_VOID, STATUS_COUNT };

extern const char *const status_names[STATUS_COUNT]; /* "ok", .. */

/* The status of @o, or STATUS_COUNT when it says none or an unknown word. */
enum status record_status(struct json_object *o);

/* True of an object, also of a packed one (harness/record_pack.h). */
bool record_is_object(struct json_object *o);
/* @o with everything in it as json-c's own objects, whose members can be gone through; what is no
 * object or list is not copied. The caller owns it. */
struct json_object *record_unpacked(struct json_object *o);
/* The value at @path ("conformance.keys"), or NULL when missing, null, or not below objects. */
struct json_object *record_get(struct json_object *o, const char *path);
/* The string there, or @otherwise. Valid as long as the record. */
const char *record_str(struct json_object *o, const char *path, const char *otherwise);
/* @o itself as text; "" of null. Valid as long as @o. */
const char *record_text(struct json_object *o);
/* The number there, or NaN. */
double record_num(struct json_object *o, const char *path);
/* The integer there, or @otherwise. */
uint64_t record_u64(struct json_object *o, const char *path, uint64_t otherwise);
/* True when there is a boolean and it is true. */
bool record_true(struct json_object *o, const char *path);
/* An interval, or a plain number as its centre. False when neither: all NaN. */
bool record_interval(struct json_object *o, const char *path, struct stats_interval *out);
/* Elements of the array there; 0 when there is none. */
size_t record_count(struct json_object *o, const char *path);
bool record_is(struct json_object *o, const char *type);
/* A trial that went well, of a monitor that says nothing of what it counts: nothing was judged. */
bool record_is_unjudged(struct json_object *o);
/* How many records this one stands for: more than itself in a merged run. */
uint64_t record_times(struct json_object *o);
/* "base 1225cd5 (v1.2): named with --base", of a `base` record: appended to @out. */
void record_base_line(struct json_object *o, struct strbuf *out);

/* Elements of @array; 0 when it is none. */
size_t record_length(struct json_object *array);

/* Each @o of JSON array @array; none when it is no array. */
#define record_foreach(array, o)                                                                   \
	for (size_t o##_i = 0, o##_n = record_length(array);                                       \
	     o##_i < o##_n && ((o) = json_object_array_get_idx(array, o##_i), 1); o##_i++)
/* Those of one type. */
#define record_foreach_type(array, o, type)                                                        \
	record_foreach (array, o)                                                                  \
		if (!record_is(o, type))                                                           \
			continue;                                                                  \
		else

#endif
