/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes records: one adder for each kind of value. */
#include "lib/base.h"
#include "harness/record_put.h"

#include <math.h>

#include "harness/result.h"
#include "lib/strbuf.h"

struct json_object *record_new(const char *type)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "type", type);
	return o;
}

void record_put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

void record_put_str(struct json_object *o, const char *key, const char *s)
{
	record_put(o, key, s ? json_object_new_string(s) : NULL);
}

static struct json_object *formatted(const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT;
	struct json_object *o;

	strbuf_vaddf(&text, fmt, ap);
	o = json_object_new_string_len(text.s, (int)text.len);
	strbuf_release(&text);
	return o;
}

void record_putf(struct json_object *o, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record_put(o, key, formatted(fmt, ap));
	va_end(ap);
}

void record_put_u64(struct json_object *o, const char *key, uint64_t v)
{
	record_put(o, key, json_object_new_uint64(v));
}

void record_put_known(struct json_object *o, const char *key, uint64_t v)
{
	record_put(o, key, v == UINT64_MAX ? NULL : json_object_new_uint64(v));
}

void record_put_i64(struct json_object *o, const char *key, int64_t v)
{
	record_put(o, key, json_object_new_int64(v));
}

void record_put_num(struct json_object *o, const char *key, double v)
{
	record_put(o, key, isfinite(v) ? json_object_new_double(v) : NULL);
}

void record_put_bool(struct json_object *o, const char *key, bool v)
{
	record_put(o, key, json_object_new_boolean(v));
}

void record_put_interval(struct json_object *o, const char *key, struct stats_interval i)
{
	record_put(o, key, result_interval(i.centre, i.low, i.high, i.confidence));
}

void record_add_str(struct json_object *array, const char *s)
{
	json_object_array_add(array, json_object_new_string(s));
}

void record_addf(struct json_object *array, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	json_object_array_add(array, formatted(fmt, ap));
	va_end(ap);
}
