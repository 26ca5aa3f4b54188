/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command line options by table. */
#include "lib/base.h"
#include "lib/opt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/param.h"
#include "lib/suggest.h"

enum { MAX_OPTS = 40 };

static int store(const struct opt *o, const char *command, const char *value, void *dst)
{
	void *at = (char *)dst + o->offset;
	struct opt_list *list;
	uint64_t number;
	double real;
	char *end;

	switch (o->kind) {
	case OPT_FLAG: *(bool *)at = true; return 0;
	case OPT_STRING: *(const char **)at = value; return 0;
	case OPT_LIST:
		list = at;
		if (list->n == ARRAY_SIZE(list->item)) {
			log_err("%s: --%s was given more than %zu times", command, o->name,
				list->n);
			return -EINVAL;
		}
		list->item[list->n++] = value;
		return 0;
	case OPT_U64:
		if (param_number(value, false, &number)) {
			log_err("%s: --%s takes a number, not '%s'", command, o->name, value);
			return -EINVAL;
		}
		memcpy(at, &number, sizeof(number));
		return 0;
	case OPT_DOUBLE:
		real = strtod(value, &end);
		if (end == value || *end || !(real >= 0) || real > 1e9) {
			log_err("%s: --%s takes a number of seconds, not '%s'", command, o->name,
				value);
			return -EINVAL;
		}
		memcpy(at, &real, sizeof(real));
		return 0;
	}
	return -EINVAL;
}

static int unknown(const struct opt *table, const char *command, const char *word, size_t len)
{
	const char *names[MAX_OPTS], *near;
	char name[64];
	size_t n = 0;

	for (const struct opt *o = table; o->name && n < MAX_OPTS; o++)
		names[n++] = o->name;
	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	near = suggest_nearest(name, names, n);
	if (near)
		log_err("%s: no option '--%s'; did you mean '--%s'?", command, name, near);
	else
		log_err("%s: no option '--%s'; see '%s --help'", command, name, command);
	return -EINVAL;
}

static int parse_long(const struct opt *table, const char *command, char *const argv[], int argc,
		      int *i, void *dst)
{
	const char *word = argv[*i] + 2, *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	const struct opt *o;

	if (!strcmp(word, "help"))
		return OPT_HELP;
	for (o = table; o->name && (strlen(o->name) != len || strncmp(o->name, word, len)); o++)
		;
	if (!o->name)
		return unknown(table, command, word, len);
	if (o->kind == OPT_FLAG) {
		if (eq) {
			log_err("%s: --%s takes no value", command, o->name);
			return -EINVAL;
		}
		return store(o, command, NULL, dst);
	}
	if (eq)
		return store(o, command, eq + 1, dst);
	if (*i + 1 >= argc) {
		log_err("%s: --%s needs a value: %s", command, o->name, o->arg);
		return -EINVAL;
	}
	return store(o, command, argv[++*i], dst);
}

static int parse_short(const struct opt *table, const char *command, char *const argv[], int argc,
		       int *i, void *dst)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		const struct opt *o;
		int err;

		if (*c == 'h')
			return OPT_HELP;
		for (o = table; o->name && o->letter != *c; o++)
			;
		if (!o->name) {
			log_err("%s: no option '-%c'; see '%s --help'", command, *c, command);
			return -EINVAL;
		}
		if (o->kind == OPT_FLAG) {
			err = store(o, command, NULL, dst);
			if (err)
				return err;
			continue;
		}
		if (c[1])
			return store(o, command, c + 1, dst);
		if (*i + 1 >= argc) {
			log_err("%s: -%c needs a value: %s", command, *c, o->arg);
			return -EINVAL;
		}
		return store(o, command, argv[++*i], dst);
	}
	return 0;
}

int opt_parse(const struct opt *table, const char *command, int argc, char *const argv[], void *dst,
	      int *rest, bool *dashes)
{
	int i, err = 0;

	if (dashes)
		*dashes = false;
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			if (dashes)
				*dashes = true;
			i++;
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1])
			break;
		if (argv[i][1] == '-')
			err = parse_long(table, command, argv, argc, &i, dst);
		else
			err = parse_short(table, command, argv, argc, &i, dst);
		if (err)
			return err;
	}
	*rest = i;
	return 0;
}

int opt_parse_words(const struct opt *table, const char *command, int argc, char *const argv[],
		    void *dst, char **words, int *n)
{
	int rest, err;

	*n = 0;
	while (!(err = opt_parse(table, command, argc, argv, dst, &rest, NULL)) && rest < argc) {
		words[(*n)++] = argv[rest];
		argv += rest;
		argc -= rest;
	}
	return err;
}

void opt_print(const struct opt *table, FILE *out)
{
	for (const struct opt *o = table; o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : " ",
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
		fprintf(out, "  %-26s %s\n", left, o->help);
	}
	fprintf(out, "  %-26s %s\n", "-h, --help", "this text");
}
