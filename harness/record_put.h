/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes records (docs/results.md). What is not known becomes null: a NULL string, a double that is
 * no number, UINT64_MAX where the name says so. Values are copied; objects are taken over.
 */
#ifndef HARNESS_RECORD_PUT_H
#define HARNESS_RECORD_PUT_H

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base.h"
#include "lib/stats.h"

/* A new record of that type; the caller owns it until sink_emit(). */
struct json_object *record_new(const char *type);

void record_put(struct json_object *o, const char *key, struct json_object *value);
void record_put_str(struct json_object *o, const char *key, const char *s);
void record_putf(struct json_object *o, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
void record_put_u64(struct json_object *o, const char *key, uint64_t v);
/* UINT64_MAX: not known. */
void record_put_known(struct json_object *o, const char *key, uint64_t v);
void record_put_i64(struct json_object *o, const char *key, int64_t v);
void record_put_num(struct json_object *o, const char *key, double v);
void record_put_bool(struct json_object *o, const char *key, bool v);
/* {"centre":..,"low":..,"high":..,"confidence":..} */
void record_put_interval(struct json_object *o, const char *key, struct stats_interval i);

/* Appends to an array. */
void record_add_str(struct json_object *array, const char *s);
void record_addf(struct json_object *array, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Makes every string and key of @o, down to the last, whole UTF-8: what is none becomes U+FFFD
 * (lib/printable.h). On the way into a run and out of a file.
 */
void record_make_utf8(struct json_object *o);
/* A copy of @o whose strings are one line each and may be shown on a terminal. The caller owns it.
 */
struct json_object *record_printable(struct json_object *o);
/* Writes @o and a line end as JSON that may be shown on a terminal; @flags as of json-c. */
void record_put_json(struct json_object *o, int flags, FILE *out);
/* Writes @o as such a member, @depth deep, of a pretty document that is written part by part. */
void record_put_member(struct json_object *o, int depth, FILE *out);

#endif
