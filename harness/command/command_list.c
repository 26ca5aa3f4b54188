/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench list: what there is to choose from. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/subject.h"
#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/suggest.h"
#include "collector/collect.h"

struct list_options {
	bool json;
};

static const struct opt options[] = {
	{0, "json", NULL, "one JSON object on stdout instead of text", OPT_FLAG,
	 offsetof(struct list_options, json)},
	{0},
};

static const char *param_kind(const struct param *p)
{
	static const char *const names[] = {[PARAM_U64] = "number",
					    [PARAM_BYTES] = "bytes",
					    [PARAM_BOOL] = "yes/no",
					    [PARAM_ENUM] = "word",
					    [PARAM_TEXT] = "text"};

	return names[p->kind];
}

static struct json_object *entry(const char *name, const char *help, const struct param *params)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	record_put_str(o, "name", name);
	if (help)
		record_put_str(o, "help", help);
	for (const struct param *p = params; p && p->name; p++) {
		struct json_object *row = json_object_new_object();

		record_put_str(row, "name", p->name);
		record_put_str(row, "kind", param_kind(p));
		record_put_str(row, "help", p->help);
		if (p->kind == PARAM_ENUM)
			record_put_str(row, "default", p->values[p->def]);
		else if (p->kind == PARAM_TEXT)
			record_put_str(row, "default", "");
		else
			record_put_u64(row, "default", p->def);
		json_object_array_add(list, row);
	}
	record_put(o, "params", list);
	return o;
}

static struct json_object *list_monitors(void)
{
	struct json_object *a = json_object_new_array();
	char **names = monitor_names();

	for (size_t i = 0; names && names[i]; i++)
		json_object_array_add(a, entry(names[i], NULL, NULL));
	free(names);
	return a;
}

static struct json_object *list_workloads(void)
{
	struct json_object *a = json_object_new_array();

	for (const struct workload_ops *const *w = workload_list; *w; w++)
		json_object_array_add(a, entry((*w)->name, (*w)->help, (*w)->params));
	return a;
}

static struct json_object *list_measures(void)
{
	struct json_object *a = json_object_new_array();

	for (const struct measure_ops *const *m = measure_list; *m; m++)
		json_object_array_add(a, entry((*m)->name, (*m)->help, (*m)->params));
	return a;
}

static struct json_object *list_subjects(void)
{
	struct json_object *a = json_object_new_array();

	for (const struct subject_ops *const *s = subject_list; *s; s++)
		json_object_array_add(a, entry((*s)->words->name, (*s)->help, NULL));
	return a;
}

static struct json_object *list_reporters(void)
{
	struct json_object *a = json_object_new_array();

	for (const struct reporter_ops *const *r = reporter_list; *r; r++)
		json_object_array_add(a, entry((*r)->name, (*r)->help, NULL));
	return a;
}

static struct json_object *list_events(void)
{
	struct json_object *a = json_object_new_array();

	for (int i = 0; i < TIMED_EVENTS; i++)
		json_object_array_add(a, entry(timed_events[i].name, timed_events[i].help, NULL));
	return a;
}

static const struct {
	const char *name;
	struct json_object *(*fn)(void);
} kinds[] = {
	{"monitors", list_monitors}, {"workloads", list_workloads}, {"measures", list_measures},
	{"subjects", list_subjects}, {"reporters", list_reporters}, {"events", list_events},
};

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

static void print_kind(const char *name, struct json_object *list)
{
	printf("%s\n", name);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i), *params;

		printf("  %-14s %s\n", text_of(o, "name"), text_of(o, "help"));
		json_object_object_get_ex(o, "params", &params);
		for (size_t j = 0; j < json_object_array_length(params); j++) {
			struct json_object *p = json_object_array_get_idx(params, j);

			const char *def = text_of(p, "default");

			printf("      %-12s %s (%s, default %s)\n", text_of(p, "name"),
			       text_of(p, "help"), text_of(p, "kind"), *def ? def : "none");
		}
	}
}

int command_list(int argc, char *argv[])
{
	struct list_options o = {0};
	struct json_object *all;
	const char *only = NULL;
	int rest, err;

	err = opt_parse(options, "beebench list", argc, argv, &o, &rest, NULL);
	if (err == OPT_HELP) {
		printf("usage: beebench list [options] "
		       "[monitors|workloads|measures|subjects|reporters|events]\n\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (rest < argc) {
		const char *names[ARRAY_SIZE(kinds)], *near;
		size_t i;

		only = argv[rest];
		for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, only); i++)
			names[i] = kinds[i].name;
		if (i == ARRAY_SIZE(kinds)) {
			near = suggest_nearest(only, names, i);
			log_err("list: there is no '%s'; did you mean '%s'?", only,
				near ? near : "monitors");
			return EXIT_USAGE;
		}
	}
	all = json_object_new_object();
	record_put_i64(all, "schema", RESULT_SCHEMA);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct json_object *list;

		if (only && strcmp(only, kinds[i].name))
			continue;
		list = kinds[i].fn();
		record_put(all, kinds[i].name, list);
		if (!o.json)
			print_kind(kinds[i].name, list);
	}
	if (o.json)
		puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
								 JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return EXIT_OK;
}
