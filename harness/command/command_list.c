/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench list: what there is to choose from. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/subject.h"
#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/suggest.h"
#include "collector/collect.h"
#include "workloads/syscall_table.h"

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

	for (int i = 0; i < timed_event_count(); i++)
		json_object_array_add(a, entry(timed_event(i)->name, timed_event(i)->help, NULL));
	return a;
}

/* "opens a file to read, then closes it; fails with ENOENT: a name that is not there" */
static void describe_syscall(const struct syscall_row *row, struct strbuf *out)
{
	if (!row->call) {
		strbuf_addstr(out, "(this processor has none)");
		return;
	}
	if (row->works)
		strbuf_addf(out, "%s%s%s", row->works, row->undo ? ", then " : "",
			    row->undo ? row->undo : "");
	if (row->fails)
		strbuf_addf(out, "%sfails with %s: %s", row->works ? "; " : "",
			    strerrorname_np(row->err), row->fails);
	else
		strbuf_addstr(out, "; no harmless call of it fails");
}

static struct json_object *list_syscalls(void)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < syscall_row_count; i++) {
		struct strbuf help = STRBUF_INIT;

		describe_syscall(&syscall_rows[i], &help);
		json_object_array_add(a, entry(syscall_rows[i].name, help.s, NULL));
		strbuf_release(&help);
	}
	return a;
}

static const struct {
	const char *name;
	struct json_object *(*fn)(void);
} kinds[] = {
	{"monitors", list_monitors}, {"workloads", list_workloads}, {"measures", list_measures},
	{"subjects", list_subjects}, {"reporters", list_reporters}, {"events", list_events},
	{"syscalls", list_syscalls},
};

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

static void print_kind(const char *name, struct json_object *list, FILE *out)
{
	struct json_object *o, *p;

	fprintf(out, "%s\n", name);
	record_foreach (list, o) {
		fprintf(out, "  %-14s %s\n", text_of(o, "name"), text_of(o, "help"));
		record_foreach (record_get(o, "params"), p) {
			const char *def = text_of(p, "default");

			fprintf(out, "      %-12s %s (%s, default %s)\n", text_of(p, "name"),
				text_of(p, "help"), text_of(p, "kind"), *def ? def : "none");
		}
	}
}

/* Those of `kinds` that @all holds. */
static void print_kinds(struct json_object *all, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct json_object *list = record_get(all, kinds[i].name);

		if (list)
			print_kind(kinds[i].name, list, out);
	}
}

/* The one kind that is asked for, NULL: all. Options may stand before and after it. */
static int parse(int argc, char *argv[], struct list_options *o, const char **only)
{
	const char *names[ARRAY_SIZE(kinds)], *near;
	int rest, err = opt_parse(options, "beebench list", argc, argv, o, &rest, NULL);
	size_t i;

	*only = NULL;
	if (err || rest == argc)
		return err;
	*only = argv[rest];
	err = opt_parse(options, "beebench list", argc - rest, argv + rest, o, &argc, NULL);
	if (err)
		return err;
	if (argv[rest + argc]) {
		log_err("list: unexpected word '%s'", argv[rest + argc]);
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, *only); i++)
		names[i] = kinds[i].name;
	if (i < ARRAY_SIZE(kinds))
		return 0;
	near = suggest_nearest(*only, names, i);
	log_err("list: there is no '%s'; did you mean '%s'?", *only, near ? near : "monitors");
	return -EINVAL;
}

int command_list(int argc, char *argv[])
{
	struct list_options o = {0};
	struct json_object *all;
	const char *only;
	int err = parse(argc, argv, &o, &only);

	if (err == OPT_HELP) {
		printf("usage: beebench list [options] "
		       "[monitors|workloads|measures|subjects|reporters|events|syscalls]\n\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	all = json_object_new_object();
	record_put_i64(all, "schema", RESULT_SCHEMA);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!only || !strcmp(only, kinds[i].name))
			record_put(all, kinds[i].name, kinds[i].fn());
	if (o.json)
		record_put_json(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE,
				stdout);
	else
		command_print(print_kinds, all);
	json_object_put(all);
	return EXIT_OK;
}
