/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A line of bpftrace is {"type": .., "data": {"@map": VALUE}}, VALUE being one value, or an object
 * of keys and values where the map has keys. What a value is made of follows from the wish: two
 * kinds look alike where a key is called "count".
 */
#include "lib/base.h"
#include "collector/bt_figures.h"

#include <ctype.h>
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

/* --- a script that looks at one cgroup --- */

/* Past a comment, a text, or one character. */
static const char *step(const char *s)
{
	const char *end;

	if (!strncmp(s, "/*", 2)) {
		end = strstr(s + 2, "*/");
		return end ? end + 2 : s + strlen(s);
	}
	if (!strncmp(s, "//", 2))
		return s + strcspn(s, "\n");
	if (*s == '"') {
		for (s++; *s && *s != '"'; s++)
			s += *s == '\\' && s[1];
		return s + (*s == '"');
	}
	return s + 1;
}

/* The end of a block that begins at @s, behind its brace; NULL: there is none. */
static const char *block_end(const char *s)
{
	int depth = 0;

	while (*s) {
		depth += (*s == '{') - (*s == '}');
		s = step(s);
		if (!depth)
			return s;
	}
	return NULL;
}

/* The names of probes at @s up to a predicate or a block: all are tracepoints (1), BEGIN or END
 * (0), or there is another one (-1). */
static int kind_of(const char *s, const char *end)
{
	int kind = -1;

	while (s < end) {
		size_t n;
		bool point, edge;

		if (isspace((unsigned char)*s) || *s == ',') {
			s++;
			continue;
		}
		n = strcspn(s, ", \t\r\n/{");
		point = !strncmp(s, "tracepoint:", 11) || !strncmp(s, "t:", 2);
		edge = (n == 5 && !strncmp(s, "BEGIN", 5)) || (n == 3 && !strncmp(s, "END", 3));
		if (!point && !edge)
			return -1;
		if (kind >= 0 && kind != point)
			return -1;
		kind = point;
		s += n;
	}
	return kind;
}

/* One probe, from its names to the end of its block. NULL: it cannot be read. */
static const char *narrow_probe(const char *s, struct strbuf *out)
{
	const char *names = s, *end = s + strcspn(s, "/{"), *body = end, *predicate = NULL;
	int kind = kind_of(names, end);

	if (kind < 0 || !*end)
		return NULL;
	if (*end == '/') {
		predicate = end + 1;
		for (body = predicate; *body && *body != '/';)
			body = *body == '"' ? step(body) : body + 1;
		if (!*body)
			return NULL;
		end = body++;
		body += strspn(body, " \t\r\n");
	}
	if (*body != '{' || !block_end(body))
		return NULL;
	strbuf_add(out, names, (size_t)((predicate ? predicate - 1 : end) - names));
	if (kind && predicate)
		strbuf_addf(out, "/cgroup == $1 && (%.*s)", (int)(end - predicate), predicate);
	else if (kind)
		strbuf_addstr(out, "/cgroup == $1/ ");
	else if (predicate)
		strbuf_addf(out, "/%.*s", (int)(end - predicate), predicate);
	s = predicate ? end : body;
	end = block_end(body);
	strbuf_add(out, s, (size_t)(end - s));
	return end;
}

bool bt_narrow(const char *s, struct strbuf *out)
{
	strbuf_reset(out);
	while (s && *s) {
		const char *next = s;

		if (isspace((unsigned char)*s))
			next = s + 1;
		else if (!strncmp(s, "/*", 2) || !strncmp(s, "//", 2))
			next = step(s);
		else if (*s == '#')
			next = s + strcspn(s, "\n");
		if (next == s) {
			s = narrow_probe(s, out);
			continue;
		}
		strbuf_add(out, s, (size_t)(next - s));
		s = next;
	}
	if (!s)
		strbuf_reset(out);
	return s && out->len;
}
