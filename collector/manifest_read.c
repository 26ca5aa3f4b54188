/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names a monitor uses, read from a file: JSON, whose members are written over what the subject
 * has by itself (manifest.c). The reader is strict about types and names, and says the line
 * (json_at.c). A member of the file is one function here; the table of them is in read_member().
 */
#include "lib/base.h"
#include "collector/manifest.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/why.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"
#include "collector/json_at.h"

static int unknown_key(const struct json_at *at, const char *const names[], size_t n)
{
	return json_at_unknown(at, names, n, "docs/adding-a-monitor.md");
}

/* A name, or {"field": name, "bytes": of a width that is not ours}. */
static int get_name(const struct json_at *at, struct json_object *o, char **name, uint8_t *bytes)
{
	static const char *const keys[] = {"field", "bytes"};

	if (!bytes || !json_object_is_type(o, json_type_object))
		return json_at_string(at, o, name);
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key, NULL};
		int64_t n = json_object_get_int64(val);
		int err = 0;

		if (!strcmp(key, "field"))
			err = json_at_string(&here, val, name);
		else if (strcmp(key, "bytes") != 0)
			err = unknown_key(&here, keys, ARRAY_SIZE(keys));
		else if (!json_object_is_type(val, json_type_int) || n < 1 || n > 64)
			err = json_at_bad(&here, "a number of bytes, 1 to 64, is expected");
		else
			*bytes = (uint8_t)n;
		if (err)
			return err;
	}
	return *name ? 0 : json_at_bad(at, "\"field\" is missing");
}

/* {"ours": "theirs", ..} with ours out of @names; @bytes, where it is not NULL: their widths. */
static int get_names(const struct json_at *up, struct json_object *o, const char *const names[],
		     size_t n, char **out, uint8_t *bytes)
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
		err = get_name(&at, val, &out[i], bytes ? &bytes[i] : NULL);
		if (err)
			return err;
	}
	return 0;
}

/* The names that a subject has for counters, and for the fields of an event. */
static const char **counter_names(const struct manifest *man, const char *names[COUNTER_FIELDS_MAX])
{
	for (size_t f = 0; f < man->words->nfields; f++)
		names[f] = man->words->fields[f].name;
	return names;
}

static const char **event_names(const struct manifest *man, const char *names[EVENT_FIELDS_MAX])
{
	for (size_t f = 0; f < event_fields(man->words); f++)
		names[f] = event_field_name(man->words, f);
	return names;
}

/* A member of an object whose keys are known: a text, names of fields, or of a reader of its own.
 */
struct member {
	const char *key;
	int (*read)(struct manifest *man, const struct json_at *at, struct json_object *o);
	struct manifest *man;
	char **text;	/* or */
	char **fields;	/* as @names */
	uint8_t *bytes; /* their widths */
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
		err = m[i].read ? m[i].read(m[i].man, &here, val)
		      : m[i].text
			      ? json_at_string(&here, val, m[i].text)
			      : get_names(&here, val, m[i].names, m[i].n, m[i].fields, m[i].bytes);
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
	const char *names[COUNTER_FIELDS_MAX];
	const struct member members[] = {
		{"iterator", .text = &man->counters.iterator},
		{"struct", .text = &man->counters.row},
		{"key", .text = &man->counters.row_key},
		{"ended", .text = &man->counters.ended},
		{"ended_flag", .text = &man->counters.ended_flag},
		{"fields", .fields = man->counters.fields, .bytes = man->counters.bytes,
		 .names = counter_names(man, names), .n = man->words->nfields},
	};
	int err;

	manifest_forget_names(man->counters.fields, COUNTER_FIELDS_MAX);
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

/* A part of a key, or a list of them. */
static int read_figure_key(struct manifest_figure *f, const struct json_at *at,
			   struct json_object *o)
{
	size_t n;

	if (json_object_is_type(o, json_type_string)) {
		f->nkey = 1;
		return json_at_string(at, o, &f->key[0]);
	}
	n = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
	if (!n || n > FIGURE_PARTS_MAX)
		return json_at_wrong_type(at, "the name of a part of the key, or a list of 1 to 16",
					  o);
	for (size_t i = 0; i < n; i++) {
		int err = json_at_string(at, json_object_array_get_idx(o, i), &f->key[i]);

		if (err)
			return err;
		f->nkey++;
	}
	return 0;
}

/* A field of the value, or those that count and total are. */
static int read_figure_value(struct manifest_figure *f, const struct json_at *at,
			     struct json_object *o)
{
	const struct member members[] = {{"count", .text = &f->count},
					 {"total", .text = &f->total}};

	if (json_object_is_type(o, json_type_object))
		return read_members(at, o, members, ARRAY_SIZE(members));
	return json_at_string(at, o, &f->value);
}

/* "MAP", or {"map": .., "key": .., "value": .., "bucket": ..}. */
static int read_figure(struct manifest_figure *f, const struct json_at *at, struct json_object *o)
{
	static const char *const keys[] = {"map", "key", "value", "bucket"};

	if (!json_object_is_type(o, json_type_object))
		return json_at_string(at, o, &f->map);
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key, NULL};
		int err;

		if (!strcmp(key, "map"))
			err = json_at_string(&here, val, &f->map);
		else if (!strcmp(key, "key"))
			err = read_figure_key(f, &here, val);
		else if (!strcmp(key, "value"))
			err = read_figure_value(f, &here, val);
		else if (!strcmp(key, "bucket"))
			err = json_at_string(&here, val, &f->bucket);
		else
			err = unknown_key(&here, keys, ARRAY_SIZE(keys));
		if (err)
			return err;
	}
	return 0;
}

/* {"@failed": ..}: the maps of a definition and the monitor's. */
static int read_figures(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	int err = read_part(at, o, &man->counters.none);

	if (err || man->counters.none)
		return err;
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key, NULL};
		struct manifest_figure *f;

		if (*key != '@')
			return json_at_bad(&here, "with \"means\" counters have the names of the "
						  "definition's maps, which begin with '@'");
		man->figures = reallocarray(man->figures, man->nfigures + 1, sizeof(*f));
		if (!man->figures)
			abort();
		f = &man->figures[man->nfigures++];
		*f = (struct manifest_figure){.name = strdup(key)};
		err = read_figure(f, &here, val);
		if (err)
			return err;
	}
	return 0;
}

static int read_counters(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const char *names[COUNTER_FIELDS_MAX];
	const struct member members[] = {
		{"map", .text = &man->counters.map},
		{"fields", .fields = man->counters.fields, .bytes = man->counters.bytes,
		 .names = counter_names(man, names), .n = man->words->nfields},
	};

	int err;

	man->counters.named = true;
	if (man->words->declared)
		return read_figures(man, at, o);
	err = read_part(at, o, &man->counters.none);
	if (err)
		return err;
	free(man->counters.map);
	man->counters.map = NULL;
	if (man->counters.none) {
		manifest_forget_names(man->counters.fields, COUNTER_FIELDS_MAX);
		return 0;
	}
	if (json_object_object_get_ex(o, "iterator", NULL))
		return read_iterator(man, at, o);
	if (!json_object_object_get_ex(o, "map", NULL))
		return get_names(at, o, counter_names(man, names), man->words->nfields,
				 man->counters.fields, man->counters.bytes);
	return read_members(at, o, members, ARRAY_SIZE(members));
}

static size_t find_kind(const struct vocabulary *words, const char *name)
{
	size_t i = 0;

	while (i < words->nkinds && strcmp(words->kinds[i].name, name))
		i++;
	return i;
}

/* {"mmap": 1, ..}: the kinds of events that there are, and the code of each. */
static int read_types(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const char *names[EVENT_KINDS_MAX];

	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object of kinds of events and their codes", o);
	for (size_t i = 0; i < man->words->nkinds; i++)
		names[i] = man->words->kinds[i].name;
	man->events.types_named = true;
	man->events.kinds = 0;
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key, NULL};
		size_t kind = find_kind(man->words, key);

		if (kind == man->words->nkinds)
			return unknown_key(&here, names, man->words->nkinds);
		if (!json_object_is_type(val, json_type_int) || json_object_get_int64(val) < 0)
			return json_at_wrong_type(&here, "a number, the code of that kind,", val);
		man->events.kinds |= 1U << kind;
		man->events.codes[kind] = json_object_get_uint64(val);
	}
	return man->events.kinds ? 0 : json_at_bad(at, "is empty; name a kind of events");
}

/* {"path": "str(args.filename)"} with "at"; else {"path": "filename"}: a field of a printf() and
 * that of the struct. */
static int read_record(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object of fields", o);
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key, NULL};
		struct manifest_record_field f = {NULL};
		int err = json_at_string(&here, val, &f.means);

		if (err)
			return err;
		f.field = strdup(key);
		man->record = reallocarray(man->record, man->nrecord + 1, sizeof(f));
		if (!man->record)
			abort();
		man->record[man->nrecord++] = f;
	}
	return 0;
}

static int read_declared_events(struct manifest *man, const struct json_at *at,
				struct json_object *o)
{
	const struct member members[] = {
		{"map", .text = &man->events.map},
		{"struct", .text = &man->events.type},
		{"at", .text = &man->events_at},
		{"fields", .read = read_record, .man = man},
	};
	int err = read_members(at, o, members, ARRAY_SIZE(members));

	if (!err && (!man->events.map || !man->events.type || !man->nrecord))
		err = json_at_bad(at, "events of a definition need a \"map\", a \"struct\" and its "
				      "\"fields\"");
	if (err || man->events_at)
		return err;
	/* The definition's names come first, as everywhere. */
	for (size_t i = 0; i < man->nrecord; i++) {
		struct manifest_record_field *f = &man->record[i];
		char *ours = f->field;

		f->field = f->means;
		f->means = ours;
	}
	return 0;
}

static int read_events(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const char *names[EVENT_FIELDS_MAX];
	const struct member members[] = {
		{"map", .text = &man->events.map},
		{"struct", .text = &man->events.type},
		{"fields", .fields = man->events.fields, .bytes = man->events.bytes,
		 .names = event_names(man, names), .n = event_fields(man->words)},
		{"wake", .text = &man->events.wake},
		{"switch", .text = &man->events.on},
		{"types", .read = read_types, .man = man},
	};

	int err = read_part(at, o, &man->events.none);

	man->events.named = true;
	if (err || man->events.none)
		return err;
	if (man->words->declared)
		return read_declared_events(man, at, o);
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
	uint32_t kinds = 0;
	size_t kind;

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
		kind = find_kind(man->words, key);
		if (kind < man->words->nkinds)
			kinds |= 1U << kind;
	}
	/* Events are of what there are programs for, unless "types" says which there are. */
	if (!man->events.types_named)
		man->events.kinds = kinds;
	return 0;
}

/* {"mmap": BYTES}: shorter ones do not count. */
static int read_filter(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const char *name = man->words->filter_name;

	if (!name)
		return json_at_bad(at, "monitors of subject %s filter nothing; leave it out",
				   man->words->name);
	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object of a call and the bytes that count", o);
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key, NULL};

		if (strcmp(key, name) != 0)
			return unknown_key(&here, &name, 1);
		if (!json_object_is_type(val, json_type_int) || json_object_get_int64(val) < 0)
			return json_at_wrong_type(
				&here, "a number of bytes, below which it does not count,", val);
		man->filter = json_object_get_uint64(val);
	}
	return 0;
}

static int read_list(const struct json_at *at, struct json_object *o, const char *what,
		     const char *empty, char ***out)
{
	size_t n;

	if (!json_object_is_type(o, json_type_array))
		return json_at_wrong_type(at, what, o);
	n = json_object_array_length(o);
	if (!n)
		return json_at_bad(at, "%s", empty);
	manifest_free_list(*out);
	*out = calloc(n + 1, sizeof(**out));
	for (size_t i = 0; i < n; i++) {
		struct json_object *word = json_object_array_get_idx(o, i);

		if (!json_object_is_type(word, json_type_string))
			return json_at_wrong_type(at, what, word);
		(*out)[i] = strdup(json_object_get_string(word));
	}
	return 0;
}

static const char program[] = "a list of strings (program and arguments)",
		  no_program[] = "is empty; name a program";

static int read_run(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_list(at, o, program, no_program, &man->run);
}

static int read_report(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_list(at, o, program, no_program, &man->report);
}

static int read_stack(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_list(at, o, "a list of strings (functions, the innermost first)",
			 "is empty; name a function", &man->stack);
}

static int read_ready(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return json_at_string(at, o, &man->ready);
}

static int read_starts(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_boolean))
		return json_at_wrong_type(at, "true or false", o);
	man->starts = json_object_get_boolean(o);
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

/* One of @words, ended by NULL, which @help tells about; its index in @which. */
static int read_word(const struct json_at *at, struct json_object *o, const char *const *words,
		     const char *help, unsigned int *which)
{
	char *word = NULL;
	int err = json_at_string(at, o, &word);

	for (*which = 0; !err && words[*which] && strcmp(words[*which], word) != 0; (*which)++)
		;
	if (!err && !words[*which])
		err = json_at_bad(at, "\"%s\": %s is expected", word, help);
	free(word);
	return err;
}

static int read_key(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	static const char *const keys[] = {"tid", "tgid", NULL};
	unsigned int which;
	int err = read_word(at, o, keys, "tid (thread) or tgid (process)", &which);

	if (!err)
		man->key = which ? MONITOR_KEY_TGID : MONITOR_KEY_TID;
	return err;
}

static int read_definition(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	unsigned int which;
	int err;

	if (!man->words->definitions)
		return json_at_bad(at, "monitors of subject %s have one definition; leave it out",
				   man->words->name);
	err = read_word(at, o, man->words->definitions, man->words->definition_help, &which);
	if (!err)
		man->definition = (enum monitor_definition)which;
	return err;
}

static int read_prints(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	static const char *const forms[] = {"bpftrace", "profile", NULL};
	unsigned int which;
	int err = read_word(at, o, forms, "bpftrace (its JSON lines) or profile", &which);

	man->profile = !err && which == 1;
	return err;
}

static int read_races(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_boolean))
		return json_at_wrong_type(at, "true or false", o);
	man->races = json_object_get_boolean(o);
	return 0;
}

static int read_compat(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_boolean))
		return json_at_wrong_type(at, "true or false", o);
	man->compat = json_object_get_boolean(o);
	return 0;
}

/* For who lists monitors (registry.c): here it only has to be well-formed. */
static int read_listed(struct manifest *man UNUSED, const struct json_at *at, struct json_object *o)
{
	return json_object_is_type(o, json_type_boolean)
		       ? 0
		       : json_at_wrong_type(at, "true or false", o);
}

/* Taken before all others, as their names are this one's (choose_subject()). */
static int read_subject(struct manifest *man UNUSED, const struct json_at *at UNUSED,
			struct json_object *o UNUSED)
{
	return 0;
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

bool manifest_means_is_path(const char *means)
{
	return str_ends_with(means, ".bt") && !means[strcspn(means, " \t\n{")];
}

/* The text of a definition, or the path of one. */
static int read_means(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	const char *text =
		json_object_is_type(o, json_type_string) ? json_object_get_string(o) : "";

	if (manifest_means_is_path(text))
		return read_path(at, o, &man->means);
	return json_at_string(at, o, &man->means);
}

static int read_object(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_path(at, o, &man->object);
}

static int read_script(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_path(at, o, &man->script);
}

static int read_loads(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	return read_path(at, o, &man->loads);
}

static int read_member(struct manifest *man, const struct json_at *at, struct json_object *o)
{
	static const char *const keys[] = {
		"schema",     "name",	 "key",	   "races",    "object", "script",
		"counters",   "events",	 "losses", "programs", "run",	 "listed",
		"definition", "subject", "filter", "compat",   "means",	 "starts",
		"prints",     "ready",	 "report", "stack",    "loads"};
	static int (*const readers[])(struct manifest *, const struct json_at *,
				      struct json_object *) = {
		read_schema,	 read_name,    read_key,    read_races,	   read_object, read_script,
		read_counters,	 read_events,  read_losses, read_programs, read_run,	read_listed,
		read_definition, read_subject, read_filter, read_compat,   read_means,	read_starts,
		read_prints,	 read_ready,   read_report, read_stack,	   read_loads};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i], at->key))
			return readers[i](man, at, o);
	return unknown_key(at, keys, ARRAY_SIZE(keys));
}

static bool knows_all(const struct vocabulary *words, struct json_object *names)
{
	json_object_object_foreach (names, name, val) {
		(void)val;
		if (vocabulary_field(words, name) == words->nfields)
			return false;
	}
	return true;
}

/* Whose words the file speaks: it says so, or its counters do. Its defaults are the subject's. */
static int choose_subject(struct manifest *man, const struct json_at *top, struct json_object *doc)
{
	const struct vocabulary *const *all = vocabularies(), *words = man->words;
	struct json_object *o, *names;
	const char *known[16];
	char *file = man->file;
	size_t n = 0;

	if (json_object_object_get_ex(doc, "means", &o)) {
		struct json_at at = {top->file, top->text, top, "means"};

		words = vocabulary_declared();
		if (!words || json_object_object_get_ex(doc, "subject", NULL))
			return json_at_bad(&at, words ? "says what the figures mean, and so does "
							"\"subject\"; one of them"
						      : "only beebench knows what to do with it");
	} else if (json_object_object_get_ex(doc, "subject", &o)) {
		struct json_at at = {top->file, top->text, top, "subject"};
		const char *near;

		if (!json_object_is_type(o, json_type_string))
			return json_at_wrong_type(&at, "a string", o);
		words = vocabulary_find(json_object_get_string(o));
		for (; all[n]; n++)
			known[n] = all[n]->name;
		near = suggest_nearest(json_object_get_string(o), known, n);
		if (!words)
			return json_at_bad(&at, "there is no '%s'%s%s%s", json_object_get_string(o),
					   near ? "; did you mean '"
						: "; see 'beebench list subjects'",
					   near ? near : "", near ? "'?" : "");
	} else if (json_object_object_get_ex(doc, "counters", &o) &&
		   json_object_is_type(o, json_type_object)) {
		if (!json_object_object_get_ex(o, "fields", &names))
			names = json_object_object_get_ex(o, "map", NULL) ? NULL : o;
		while (json_object_is_type(names, json_type_object) && all[n] &&
		       !knows_all(all[n], names))
			n++;
		if (names && all[n])
			words = all[n];
	}
	if (words == man->words)
		return 0;
	man->file = NULL;
	manifest_release(man);
	manifest_defaults(man, words);
	man->file = file;
	return 0;
}

/* A word of an argv template. */
static bool has_word(char *const *template, const char *word)
{
	for (; template && *template; template ++)
		if (strstr(*template, word))
			return true;
	return false;
}

/* What is said of a command fits together. */
static int check_command(const struct manifest *man, const struct json_at *top,
			 struct json_object *doc)
{
	static const char *const of_commands[] = {"starts", "prints", "ready",
						  "report", "stack",  "loads"};
	struct json_at at = {top->file, top->text, top, NULL};

	for (size_t i = 0; i < ARRAY_SIZE(of_commands) && !man->run; i++) {
		at.key = of_commands[i];
		if (json_object_object_get_ex(doc, at.key, NULL))
			return json_at_bad(&at, "is of a command, and \"run\" is not there");
	}
	at.key = man->stack ? "stack" : man->report ? "report" : "starts";
	if ((man->stack || man->report || man->starts) && !man->profile)
		return json_at_bad(&at,
				   "is of a profile: \"prints\": \"profile\" is expected, too");
	at.key = "ready";
	if (man->starts && man->ready)
		return json_at_bad(&at, "is of a command that comes to the workload; one that "
					"starts it counts from its start");
	at.key = "run";
	if (man->starts && !has_word(man->run, "{out}"))
		return json_at_bad(&at, "must have {out}: what starts the workload writes its "
					"profile to that file, as stdout is the workload's");
	return 0;
}

static int read_document(struct manifest *man, const struct json_at *top, struct json_object *doc)
{
	struct json_object *schema;
	int err;

	if (!json_object_is_type(doc, json_type_object))
		return json_at_wrong_type(top, "an object", doc);
	if (!json_object_object_get_ex(doc, "schema", &schema))
		return json_at_bad(top, "\"schema\": %d is missing", MANIFEST_SCHEMA);
	err = choose_subject(man, top, doc);
	if (err)
		return err;
	json_object_object_foreach (doc, key, val) {
		struct json_at at = {top->file, top->text, top, key};

		err = read_member(man, &at, val);
		if (err)
			return err;
	}
	if (man->object && man->script)
		return json_at_bad(top, "names an object and a script; one of them");
	return check_command(man, top, doc);
}

int manifest_parse(struct manifest *man, const char *file, const char *text, struct strbuf *why)
{
	struct json_at top = {file, text, NULL, NULL, why};
	struct json_object *doc = NULL;
	int err;

	free(man->file);
	man->file = strdup(file);
	err = json_at_parse(file, text, &doc, why);
	if (!err)
		err = read_document(man, &top, doc);
	json_object_put(doc);
	return err;
}

int manifest_read(struct manifest *man, const char *file, struct strbuf *why)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, file);

	if (err)
		why_err_sys(why, err, "cannot read the manifest %s", file);
	else
		err = manifest_parse(man, file, text.s, why);
	strbuf_release(&text);
	return err;
}
