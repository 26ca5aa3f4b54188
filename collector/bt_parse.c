/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpftrace's JSON lines to tables of counters. Whatever it does not know it passes over. */
#include "lib/base.h"
#include "collector/bt_parse.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void map_clear(struct bt_map *m)
{
	free(m->name);
	free(m->cells);
	free(m->odd);
	*m = (struct bt_map){0};
}

void bt_release(struct bt_result *r)
{
	for (size_t i = 0; i < r->nmaps; i++)
		map_clear(&r->maps[i]);
	free(r->maps);
	*r = (struct bt_result){0};
}

const struct bt_map *bt_find(const struct bt_result *r, const char *name)
{
	for (size_t i = 0; i < r->nmaps; i++)
		if (!strcmp(r->maps[i].name, name))
			return &r->maps[i];
	return NULL;
}

static void odd(struct bt_map *m, const char *fmt, const char *what)
{
	if (!m->odd && asprintf(&m->odd, fmt, what) < 0)
		m->odd = NULL;
}

/* A whole number of at least 0; json-c clamps what does not fit. */
static bool counter(struct json_object *o, uint64_t *out)
{
	if (!json_object_is_type(o, json_type_int))
		return false;
	if (json_object_get_int64(o) < 0)
		return false;
	*out = json_object_get_uint64(o);
	return true;
}

static bool key_number(const char *text, uint32_t *out)
{
	unsigned long long v;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	*out = (uint32_t)v;
	return !*end && !errno && v <= UINT32_MAX;
}

static void read_cells(struct bt_map *m, struct json_object *table)
{
	if (!json_object_is_type(table, json_type_object)) {
		odd(m, "it is %s, not a table by thread or process", json_object_get_string(table));
		return;
	}
	m->cells = calloc((size_t)json_object_object_length(table) + 1, sizeof(*m->cells));
	if (!m->cells)
		abort();
	json_object_object_foreach (table, key, val) {
		struct bt_cell *c = &m->cells[m->n];

		if (!key_number(key, &c->key))
			odd(m, "its key '%s' is no number", key);
		else if (!counter(val, &c->value))
			odd(m, "its value %s is no counter", json_object_get_string(val));
		else
			m->n++;
	}
}

/* {"@name": {"key": value, ..}}: replaces what was printed of that map before. */
static bool read_map(struct bt_result *r, struct json_object *data)
{
	if (!json_object_is_type(data, json_type_object))
		return false;
	json_object_object_foreach (data, name, table) {
		struct bt_map *m = (struct bt_map *)bt_find(r, name);

		if (m) {
			map_clear(m);
		} else {
			r->maps = reallocarray(r->maps, r->nmaps + 1, sizeof(*r->maps));
			if (!r->maps)
				abort();
			m = &r->maps[r->nmaps++];
		}
		*m = (struct bt_map){.name = strdup(name)};
		read_cells(m, table);
	}
	return true;
}

/* The number called @name, or "count", in "data" or beside it. */
static bool number(struct json_object *line, const char *name, uint64_t *out)
{
	struct json_object *data, *o;

	if (json_object_object_get_ex(line, "data", &data) &&
	    (json_object_object_get_ex(data, name, &o) ||
	     json_object_object_get_ex(data, "count", &o)))
		return counter(o, out);
	return json_object_object_get_ex(line, "count", &o) && counter(o, out);
}

static bool read_attached(struct bt_result *r, struct json_object *line)
{
	r->ready = true;
	return number(line, "probes", &r->probes);
}

static bool read_lost(struct bt_result *r, struct json_object *line)
{
	uint64_t n;

	if (!number(line, "events", &n))
		return false;
	r->lost_events += n;
	return true;
}

static bool read_table(struct bt_result *r, struct json_object *line)
{
	struct json_object *data;

	return json_object_object_get_ex(line, "data", &data) && read_map(r, data);
}

static bool read_ready(struct bt_result *r, struct json_object *line UNUSED)
{
	r->ready = true;
	return true;
}

static bool read_line(struct bt_result *r, struct json_object *line)
{
	static const struct {
		const char *type;
		bool (*read)(struct bt_result *r, struct json_object *line);
	} readers[] = {
		{"map", read_table},
		{"attached_probes", read_attached},
		{"lost_events", read_lost},
		{"ready", read_ready},
	};
	struct json_object *type;

	if (!json_object_is_type(line, json_type_object) ||
	    !json_object_object_get_ex(line, "type", &type) ||
	    !json_object_is_type(type, json_type_string))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (!strcmp(json_object_get_string(type), readers[i].type))
			return readers[i].read(r, line);
	return true; /* printf, hist, time, ..: not ours */
}

static bool parse_line(struct bt_result *r, const char *text, size_t size)
{
	struct json_tokener *tok;
	struct json_object *line;
	bool good = false;

	if (size > INT_MAX)
		return false;
	tok = json_tokener_new();
	if (!tok)
		abort();
	line = json_tokener_parse_ex(tok, text, (int)size);
	if (json_tokener_get_error(tok) == json_tokener_success &&
	    json_tokener_get_parse_end(tok) == size)
		good = read_line(r, line);
	json_object_put(line);
	json_tokener_free(tok);
	return good;
}

static bool blank(const char *text, size_t size)
{
	while (size && strchr(" \t\r", text[size - 1]) && text[size - 1])
		size--;
	return !size;
}

void bt_parse(const char *text, size_t size, struct bt_result *out)
{
	uint64_t number_of = 0;

	*out = (struct bt_result){0};
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t n = end ? (size_t)(end - text) : size;
		bool good = blank(text, n) || parse_line(out, text, n);

		number_of++;
		if (!end) {
			out->truncated = !good;
		} else if (!good && !out->bad_lines++) {
			out->first_bad = number_of;
		}
		text += n + (end != NULL);
		size -= n + (end != NULL);
	}
}
