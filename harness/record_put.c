/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes records: one adder for each kind of value. */
#include "lib/base.h"
#include "harness/record_put.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

#include "harness/result.h"
#include "lib/printable.h"
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

static void clean_string(struct json_object *o)
{
	const char *s = json_object_get_string(o);
	size_t len = (size_t)json_object_get_string_len(o);
	struct strbuf clean = STRBUF_INIT;

	if (printable_is_utf8(s, len))
		return;
	printable_add_utf8(&clean, s, len);
	json_object_set_string_len(o, clean.s, (int)clean.len);
	strbuf_release(&clean);
}

/* Keys come from outside as well: a script names its maps. */
static void clean_keys(struct json_object *o)
{
	bool again = true;

	while (again) {
		again = false;
		json_object_object_foreach (o, key, value) {
			struct strbuf clean = STRBUF_INIT;

			if (printable_is_utf8(key, strlen(key)))
				continue;
			printable_add_utf8(&clean, key, strlen(key));
			json_object_object_add(o, clean.s, json_object_get(value));
			json_object_object_del(o, key);
			strbuf_release(&clean);
			again = true;
			break;
		}
	}
}

void record_make_utf8(struct json_object *o)
{
	if (json_object_is_type(o, json_type_string)) {
		clean_string(o);
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			record_make_utf8(json_object_array_get_idx(o, i));
	} else if (json_object_is_type(o, json_type_object)) {
		clean_keys(o);
		json_object_object_foreach (o, key, value) {
			(void)key;
			record_make_utf8(value);
		}
	}
}

struct json_object *record_printable(struct json_object *o)
{
	struct strbuf text = STRBUF_INIT;
	struct json_object *copy;

	if (json_object_is_type(o, json_type_string)) {
		printable_add_line(&text, json_object_get_string(o));
		copy = json_object_new_string_len(text.s, (int)text.len);
		strbuf_release(&text);
	} else if (json_object_is_type(o, json_type_array)) {
		copy = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(o); i++)
			json_object_array_add(copy,
					      record_printable(json_object_array_get_idx(o, i)));
	} else if (json_object_is_type(o, json_type_object)) {
		copy = json_object_new_object();
		json_object_object_foreach (o, key, value) {
			strbuf_reset(&text);
			printable_add_line(&text, key);
			json_object_object_add(copy, text.s, record_printable(value));
		}
		strbuf_release(&text);
	} else {
		copy = json_object_get(o);
	}
	return copy;
}

void record_put_json(struct json_object *o, int flags, FILE *out)
{
	struct strbuf text = STRBUF_INIT;

	printable_add_json(&text, json_object_to_json_string_ext(o, flags));
	strbuf_addch(&text, '\n');
	fwrite(text.s, 1, text.len, out);
	strbuf_release(&text);
}

void record_put_member(struct json_object *o, int depth, FILE *out)
{
	/* json-c keeps the text with the object for as long as that lives. */
	struct json_object *copy = record_unpacked(o);
	struct strbuf text = STRBUF_INIT;

	printable_add_json(&text,
			   json_object_to_json_string_ext(
				   copy, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(copy);
	for (const char *s = text.s; *s; s++) {
		fputc(*s, out);
		for (int i = 0; *s == '\n' && i < depth; i++)
			fputs("  ", out);
	}
	strbuf_release(&text);
}
