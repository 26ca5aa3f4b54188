/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A line of bpftrace is {"type": .., "data": {"@map": VALUE}}, VALUE being one value, or an object
 * of keys and values where the map has keys. What a value is made of follows from the wish: two
 * kinds look alike where a key is called "count".
 */
#include "lib/base.h"
#include "collector/bt_figures.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "collector/bpftrace.h"
#include "lib/log.h"

/* A whole number: bpftrace from 0.24 on prints those that a double cannot hold as strings. */
static bool number(struct json_object *o, uint64_t *out)
{
	const char *text;
	char *end;

	if (json_object_is_type(o, json_type_int)) {
		*out = json_object_get_int64(o) < 0 ? (uint64_t)json_object_get_int64(o)
						    : json_object_get_uint64(o);
		return true;
	}
	if (!json_object_is_type(o, json_type_string))
		return false;
	text = json_object_get_string(o);
	errno = 0;
	*out = *text == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
	return *text && !*end && !errno;
}

static bool member(struct json_object *o, const char *name, uint64_t *out)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v) && number(v, out);
}

/* [{"max": -1, "count": 1}, {"min": 0, "max": 0, "count": 1}, ..]; the last may have no max. */
static bool read_buckets(struct json_object *o, struct figures *f, struct figure_row *row)
{
	struct figure_bucket *list = NULL;

	if (!json_object_is_type(o, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		struct json_object *each = json_object_array_get_idx(o, i);
		struct figure_bucket b = {.from = INT64_MIN};
		uint64_t from;

		if (!member(each, "count", &b.count))
			return false;
		b.open_low = !member(each, "min", &from);
		if (!b.open_low)
			b.from = (int64_t)from;
		/* 0.17 prints the bounds of its last bucket as 32 bits with a sign. */
		if (b.from == INT32_MIN)
			b.from = 1LL << 31;
		if (b.count)
			arena_push(&f->arena, list, row->nbuckets, b);
	}
	row->buckets = list;
	return true;
}

static bool read_stats(struct json_object *o, const struct figure_wish *w, struct figure_row *row)
{
	if (w->form == FIGURE_AVERAGE && number(o, &row->value))
		return true;
	row->has_count = true;
	return member(o, "count", &row->count) && member(o, "average", &row->value) &&
	       member(o, "total", &row->sum);
}

static bool read_value(struct json_object *o, const struct figure_wish *w, struct figures *f,
		       struct figure_row *row)
{
	switch (w->form) {
	case FIGURE_BUCKETS: return read_buckets(o, f, row);
	case FIGURE_AVERAGE:
	case FIGURE_STATS: return read_stats(o, w, row);
	case FIGURE_TEXT:
		row->text = arena_strdup(&f->arena, json_object_get_string(o));
		return json_object_is_type(o, json_type_string);
	case FIGURE_NUMBER: break;
	}
	return number(o, &row->value);
}

static int unreadable(const char *path, const struct figure_wish *w, struct json_object *o)
{
	log_err("%s: map %s: %.80s cannot be read as what the definition makes of it", path,
		w->name, json_object_get_string(o));
	return -EINVAL;
}

/* The last print of a map counts. */
static int read_map(struct json_object *o, const char *path, const struct figure_wish *w,
		    struct figures *f, struct figure_map *map)
{
	map->n = 0;
	map->rows = NULL;
	map->map = w->name;
	map->room = BPFTRACE_MAP_KEYS;
	if (!w->nparts)
		return read_value(o, w, f, figure_add_row(f, map, "")) ? 0 : unreadable(path, w, o);
	if (!json_object_is_type(o, json_type_object))
		return unreadable(path, w, o);
	json_object_object_foreach (o, key, val) {
		if (!read_value(val, w, f, figure_add_row(f, map, key)))
			return unreadable(path, w, val);
	}
	return 0;
}

/* A line is what one printf() wrote, its end left out. */
static void add_line(struct json_object *text, struct figures *out)
{
	const char *s = json_object_get_string(text);
	const char *line = arena_strndup(&out->arena, s, strlen(s) - str_ends_with(s, "\n"));

	arena_push(&out->arena, out->lines, out->nlines, line);
}

static int read_line(struct json_object *line, const char *path, const struct figure_wish *wishes,
		     size_t n, struct figures *out)
{
	static const char *const kinds[] = {"map", "hist", "stats", "lhist", "value"};
	struct json_object *type, *data, *o;
	size_t k = 0;
	int err = 0;

	if (!json_object_object_get_ex(line, "type", &type) ||
	    !json_object_object_get_ex(line, "data", &data))
		return 0;
	if (!strcmp(json_object_get_string(type), "printf") &&
	    json_object_is_type(data, json_type_string))
		add_line(data, out);
	if (!json_object_is_type(data, json_type_object))
		return 0;
	while (k < ARRAY_SIZE(kinds) && strcmp(kinds[k], json_object_get_string(type)))
		k++;
	for (size_t i = 0; !err && k < ARRAY_SIZE(kinds) && i < n; i++)
		if (json_object_object_get_ex(data, wishes[i].name, &o))
			err = read_map(o, path, &wishes[i], out, &out->maps[i]);
	return err;
}

int bt_figures(const char *text, size_t size, const char *path, const struct figure_wish *wishes,
	       size_t n, struct figures *out)
{
	int err = 0;

	while (!err && size) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;
		struct json_tokener *tok = json_tokener_new();
		struct json_object *line;

		if (!tok)
			abort();
		line = len < INT_MAX ? json_tokener_parse_ex(tok, text, (int)len) : NULL;
		if (json_object_is_type(line, json_type_object))
			err = read_line(line, path, wishes, n, out);
		json_object_put(line);
		json_tokener_free(tok);
		text += len + (end != NULL);
		size -= len + (end != NULL);
	}
	for (size_t i = 0; i < n; i++)
		figure_map_finish(&out->maps[i]);
	return err;
}
