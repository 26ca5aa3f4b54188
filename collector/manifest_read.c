/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a manifest: strict about types and names, and says the line. */
#include "lib/base.h"
#include "collector/manifest.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/json_at.h"

static int unknown_key(const struct json_at *at, const char *const names[], size_t n)
{
	return json_at_unknown(at, names, n, "docs/adding-a-monitor.md");
}

/* {"ours": "theirs", ..} with ours out of @names. */
static int get_names(const struct json_at *up, struct json_object *o, const char *const names[],
		     size_t n, char **out)
{
	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(up, "an object of our names and theirs", o);
	manifest_forget_names(out, n);
	json_object_object_foreach (o, key, val) {
		struct json_at at = {up->file, up->text, up, key};
		size_t i = 0;
		int err;

		while (i < n && strcmp(names[i], key))
			i++;
		if (i == n)
			return unknown_key(&at, names, n);
		err = json_at_string(&at, val, &out[i]);
		if (err)
			return err;
	}
	return 0;
}

/* A member of an object whose keys are known: a text, or names of fields. */
struct member {
	const char *key;
	char **text;   /* or */
	char **fields; /* as @names */
	const char *const *names;
	size_t n;
};

static int read_members(const struct json_at *at, struct json_object *o, const struct member *m,
			size_t n)
{
	const char *keys[16];

	for (size_t i = 0; i < n; i++)
		keys[i] = m[i].key;
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};
		size_t i = 0;
		int err;

		while (i < n && strcmp(m[i].key, key))
			i++;
		if (i == n)
			return unknown_key(&here, keys, n);
		err = m[i].text ? json_at_string(&here, val, m[i].text)
				: get_names(&here, val, m[i].names, m[i].n, m[i].fields);
		if (err)
			return err;
	}
	return 0;
}

/* A part of a monitor: an object, or null: it has none. */
static int read_part(const struct json_at *at, struct json_object *o, bool *none)
{
	*none = json_object_is_type(o, json_type_null);
	if (*none || json_object_is_type(o, json_type_object))
		return 0;
	return json_at_wrong_type(at, "an object or null", o);
}

/* An iterator's rows need to be described whole. */
static int read_iterator(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const struct member members[] = {
		{"iterator", .text = &man->counters.iterator},
		{"struct", .text = &man->counters.row},
		{"key", .text = &man->counters.row_key},
		{"ended", .text = &man->counters.ended},
		{"ended_flag", .text = &man->counters.ended_flag},
		{"fields", .fields = man->counters.fields, .names = mem_field_names,
		 .n = MEM_FIELD_COUNT},
	};
	int err;

	manifest_forget_names(man->counters.fields, MEM_FIELD_COUNT);
	err = read_members(at, o, members, ARRAY_SIZE(members));
	if (err)
		return err;
	if (!man->counters.row || !man->counters.row_key)
		return json_at_bad(at, "an iterator's rows need a \"struct\" and its \"key\"");
	if (!man->counters.ended != !man->counters.ended_flag)
		return json_at_bad(at, "\"ended\" and \"ended_flag\" go together: a map, and the "
				       "field that says that the process has ended");
	return 0;
}

static int read_counters(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const struct member members[] = {
		{"map", .text = &man->counters.map},
		{"fields", .fields = man->counters.fields, .names = mem_field_names,
		 .n = MEM_FIELD_COUNT},
	};

	int err = read_part(at, o, &man->counters.none);

	man->counters.named = true;
	if (err || man->counters.none)
		return err;
	free(man->counters.map);
	man->counters.map = NULL;
	if (json_object_object_get_ex(o, "iterator", NULL))
		return read_iterator(man, at, o);
	if (!json_object_object_get_ex(o, "map", NULL))
		return get_names(at, o, mem_field_names, MEM_FIELD_COUNT, man->counters.fields);
	return read_members(at, o, members, ARRAY_SIZE(members));
}

static int read_events(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const struct member members[] = {
		{"map", .text = &man->events.map},
		{"struct", .text = &man->events.type},
		{"fields", .fields = man->events.fields, .names = event_field_names,
		 .n = EVENT_FIELD_COUNT},
		{"switch", .text = &man->events.on},
	};

	int err = read_part(at, o, &man->events.none);

	man->events.named = true;
	if (err || man->events.none)
		return err;
	man->events.type_required |= json_object_object_get_ex(o, "struct", NULL) ||
				     json_object_object_get_ex(o, "fields", NULL);
	return read_members(at, o, members, ARRAY_SIZE(members));
}

static int read_losses(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const struct member members[] = {
		{"map", .text = &man->losses.map},
		{"fields", .fields = man->losses.fields, .names = loss_field_names,
		 .n = LOSS_FIELD_COUNT},
	};
	bool none;
	int err = read_part(at, o, &none);

	if (err)
		return err;
	if (none) {
		free(man->losses.map);
		man->losses.map = NULL;
		return 0;
	}
	man->losses.named = true;
	return read_members(at, o, members, ARRAY_SIZE(members));
}

static int read_programs(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object of events and programs", o);
	man->has_programs = true;
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};
		int err;

		if (man->nprograms == MANIFEST_MAX_PROGRAMS)
			return json_at_bad(&here, "more than %d programs", MANIFEST_MAX_PROGRAMS);
		err = json_at_string(&here, val, &man->programs[man->nprograms].program);
		if (err)
			return err;
		man->programs[man->nprograms++].event = strdup(key);
	}
	return 0;
}

static int read_run(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	size_t n;

	if (!json_object_is_type(o, json_type_array))
		return json_at_wrong_type(at, "a list of strings (program and arguments)", o);
	n = json_object_array_length(o);
	if (!n)
		return json_at_bad(at, "is empty; name a program");
	man->run = calloc(n + 1, sizeof(*man->run));
	for (size_t i = 0; i < n; i++) {
		struct json_object *word = json_object_array_get_idx(o, i);

		if (!json_object_is_type(word, json_type_string))
			return json_at_wrong_type(at, "a list of strings (program and arguments)",
						  word);
		man->run[i] = strdup(json_object_get_string(word));
	}
	return 0;
}

static int read_schema(struct manifest *man UNUSED, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_int))
		return json_at_wrong_type(at, "a number", o);
	if (json_object_get_int64(o) != MANIFEST_SCHEMA)
		return json_at_bad(at, "%lld is not known; this beebench reads schema %d",
				   (long long)json_object_get_int64(o), MANIFEST_SCHEMA);
	return 0;
}

/* One of two words, which @both tells about; @is_first: it was @first. */
static int read_either(const struct json_at *at, struct json_object *o, const char *first,
		       const char *second, const char *both, bool *is_first)
{
	char *word = NULL;
	int err = json_at_string(at, o, &word);

	if (!err && strcmp(word, first) && strcmp(word, second))
		err = json_at_bad(at, "\"%s\": %s is expected", word, both);
	else if (!err)
		*is_first = !strcmp(word, first);
	free(word);
	return err;
}

static int read_key(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	bool thread;
	int err = read_either(at, o, "tid", "tgid", "tid (thread) or tgid (process)", &thread);

	if (!err)
		man->key = thread ? MONITOR_KEY_TID : MONITOR_KEY_TGID;
	return err;
}

static int read_definition(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	bool entered;
	int err = read_either(at, o, "entered", "completed",
			      "entered (calls count when they enter) or completed (calls that "
			      "ended and worked)",
			      &entered);

	if (!err)
		man->definition = entered ? MONITOR_ENTERED : MONITOR_COMPLETED;
	return err;
}

static int read_races(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_boolean))
		return json_at_wrong_type(at, "true or false", o);
	man->races = json_object_get_boolean(o);
	return 0;
}

/* For who lists monitors (registry.c): here it only has to be well-formed. */
static int read_listed(struct manifest *man UNUSED, const struct json_at *at, struct json_object *o)
{
	return json_object_is_type(o, json_type_boolean)
		       ? 0
		       : json_at_wrong_type(at, "true or false", o);
}

static int read_name(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return json_at_string(at, o, &man->name);
}

/* A path in a manifest starts from the manifest's folder. */
static int read_path(const struct json_at *at, struct json_object *o, char **out)
{
	const char *slash = strrchr(at->file, '/');
	struct strbuf sb = STRBUF_INIT;
	int err = json_at_string(at, o, out);

	if (err || **out == '/' || !slash)
		return err;
	strbuf_add(&sb, at->file, (size_t)(slash - at->file) + 1);
	strbuf_addstr(&sb, *out);
	free(*out);
	*out = strbuf_detach(&sb);
	return 0;
}

static int read_object(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_path(at, o, &man->object);
}

static int read_script(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_path(at, o, &man->script);
}

static int read_member(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	static const char *const keys[] = {"schema", "name",	 "key",	      "races",	"object",
					   "script", "counters", "events",    "losses", "programs",
					   "run",    "listed",	 "definition"};
	static int (*const readers[])(struct manifest *, const struct json_at *,
				      struct json_object *) = {
		read_schema, read_name,	    read_key,	    read_races,	 read_object,
		read_script, read_counters, read_events,    read_losses, read_programs,
		read_run,    read_listed,   read_definition};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i], at->key))
			return readers[i](man, at, o);
	return unknown_key(at, keys, ARRAY_SIZE(keys));
}

static int read_document(struct manifest *man, const struct json_at *top, struct json_object *doc)
{
	struct json_object *schema;

	if (!json_object_is_type(doc, json_type_object))
		return json_at_wrong_type(top, "an object", doc);
	if (!json_object_object_get_ex(doc, "schema", &schema))
		return json_at_bad(top, "\"schema\": %d is missing", MANIFEST_SCHEMA);
	json_object_object_foreach (doc, key, val) {
		struct json_at at = {top->file, top->text, top, key};
		int err = read_member(man, &at, val);

		if (err)
			return err;
	}
	if (man->object && man->script)
		return json_at_bad(top, "names an object and a script; one of them");
	return 0;
}

int manifest_parse(struct manifest *man, const char *file, const char *text)
{
	struct json_at top = {file, text, NULL, NULL};
	struct json_object *doc = NULL;
	int err;

	free(man->file);
	man->file = strdup(file);
	err = json_at_parse(file, text, &doc);
	if (!err)
		err = read_document(man, &top, doc);
	json_object_put(doc);
	return err;
}

int manifest_read(struct manifest *man, const char *file)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, file);

	if (err)
		log_err_sys(err, "cannot read the manifest %s", file);
	else
		err = manifest_parse(man, file, text.s);
	strbuf_release(&text);
	return err;
}
