/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads records (docs/results.md) as reporters need it: what is missing or null is no crash. */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/stats.h"
#include "lib/strbuf.h"

/* The value at @path ("conformance.keys"), or NULL when missing, null, or not below objects. */
struct json_object *record_get(struct json_object *o, const char *path);
/* The string there, or @otherwise. Valid as long as the record. */
const char *record_str(struct json_object *o, const char *path, const char *otherwise);
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

/* A set of strings in order of first appearance. The strings are copies it owns. */
struct names {
	char **v;
	size_t n;
};

/* Index of @name; added when new. */
size_t names_add(struct names *s, const char *name);
/* Index of @name, or @s->n. */
size_t names_find(const struct names *s, const char *name);
void names_release(struct names *s);

/* Numbers for people; all append. "1,009,213" */
void format_count(struct strbuf *out, uint64_t v);
/* Three significant digits: "0.0312", "4.81", "142", "1,009". NaN: "-". */
void format_number(struct strbuf *out, double v);
/* With an SI prefix and the unit: "25.3 M/s", "812 k/s". */
void format_si(struct strbuf *out, double v, const char *unit);
/* "56 B", "256 KiB", "14.2 MiB": powers of 1024. */
void format_bytes(struct strbuf *out, double bytes);
/* "812 ns", "1.52 ms", "61.2 s" */
void format_duration(struct strbuf *out, double ns);
/* "12.1 [11.8, 12.4]", each @scale times, to the digit that the interval's width justifies. */
void format_interval(struct strbuf *out, const struct stats_interval *i, double scale);
/* The version of a kernel's release: "6.12" of "6.12.117+deb12-cloud-amd64". */
void format_kernel(struct strbuf *out, const char *release);
/* "+4.81 %", "0 %", "-100 %" */
void format_percent(struct strbuf *out, double pct);

#endif
