/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes the choices of a user. */
#include "lib/base.h"
#include "monitor/tool/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"
#include "lib/why.h"

int config_parse_columns(const char *text, const struct column **out, struct strbuf *why)
{
	char *copy = strdup(text), *rest = copy, *word;
	size_t n = 0;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, ", \t"))) {
		const struct column *c = *word ? column_find(word) : NULL;

		if (!*word)
			continue;
		err = c && n < CONFIG_COLUMNS ? 0 : -EINVAL;
		if (!c)
			column_unknown(word, why);
		else if (err)
			why_err(why, "more than %d columns", CONFIG_COLUMNS);
		else
			out[n++] = c;
	}
	if (!err && !n) {
		why_err(why, "no column is named; as in: pid,name,rss");
		err = -EINVAL;
	}
	free(copy);
	n = err ? 0 : n;
	memset(out + n, 0, (CONFIG_COLUMNS + 1 - n) * sizeof(*out));
	return err;
}

int config_parse_sort(const char *text, const struct column **out, bool *descending,
		      struct strbuf *why)
{
	const char *name = text + (*text == '-' || *text == '+');
	const struct column *c = column_find(name);

	if (!c) {
		column_unknown(name, why);
		return -EINVAL;
	}
	*out = c;
	*descending = *text == '-' || (*text != '+' && c->kind == COLUMN_NUMBER);
	return 0;
}

/* The folder; false: there is none to write to. */
static bool folder(struct strbuf *out)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");

	if (base && *base == '/')
		strbuf_addf(out, "%s/beebench", base);
	else if (home && *home == '/')
		strbuf_addf(out, "%s/.config/beebench", home);
	return out->len;
}

static int take_units(struct config *c, const char *value, struct strbuf *why)
{
	c->plain = !strcmp(value, "plain");
	if (c->plain || !strcmp(value, "readable"))
		return 0;
	why_err(why, "units '%s'; there are: plain, readable", value);
	return -EINVAL;
}

/* -EINVAL: it is not understood, and why. */
static int take_line(struct config *c, char *line, struct strbuf *why)
{
	static const char *const words[] = {"columns", "sort", "units"};
	const struct column *chosen[ARRAY_SIZE(c->columns)];
	char *value = line + strcspn(line, " \t");
	const char *nearest;
	int err;

	if (*value)
		*value++ = '\0';
	value += strspn(value, " \t");
	if (!strcmp(line, "sort"))
		return config_parse_sort(value, &c->sort, &c->descending, why);
	if (!strcmp(line, "units"))
		return take_units(c, value, why);
	if (!strcmp(line, "columns")) {
		err = config_parse_columns(value, chosen, why);
		if (!err)
			memcpy(c->columns, chosen, sizeof(chosen));
		return err;
	}
	nearest = suggest_nearest(line, words, ARRAY_SIZE(words));
	if (nearest)
		why_err(why, "'%s'; did you mean '%s'? A line begins with columns, sort or units",
			line, nearest);
	else
		why_err(why, "'%s'; a line begins with columns, sort or units", line);
	return -EINVAL;
}

void config_read(struct config *c, const char *tool, struct strbuf *wrong)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT, why = STRBUF_INIT;
	char *rest, *line;
	int err = 0, n = 0;

	*c = (struct config){.tool = tool};
	if (folder(&path)) {
		strbuf_addf(&path, "/%s", tool);
		err = strbuf_read_file(&text, path.s);
	}
	if (err && err != -ENOENT && err != -ENOTDIR)
		strbuf_addf(wrong, "%s: %s; the defaults are shown\n", path.s, strerror(-err));
	rest = err ? NULL : text.s;
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		for (size_t len = strlen(line); len && strchr(" \t\r", line[len - 1]);)
			line[--len] = '\0';
		n++;
		strbuf_reset(&why);
		if (*line && *line != '#' && take_line(c, line, &why))
			strbuf_addf(wrong, "%s:%d: %s\n", path.s, n, why.s);
	}
	strbuf_release(&path);
	strbuf_release(&text);
	strbuf_release(&why);
}

/* Makes the folders that are missing. False: one cannot be had, or is somebody else's. */
static bool make_folders(char *path)
{
	struct stat st;

	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (stat(path, &st) && mkdir(path, 0700))
			return false;
		if (!slash)
			break;
		*slash = '/';
	}
	return !stat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Whether what stands nearest above @path is ours: sudo leaves HOME at the user's, where root must
 * not leave files. */
static bool home_is_ours(const char *path)
{
	char *copy = strdup(path), *slash;
	struct stat st = {.st_uid = (uid_t)-1};

	while (copy && stat(copy, &st) && (slash = strrchr(copy, '/')) && slash != copy)
		*slash = '\0';
	free(copy);
	return st.st_uid == geteuid();
}

/* What the file at @path has beside choices stays. */
static void put_comments(const char *path, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	char *rest, *line;

	rest = strbuf_read_file(&text, path) ? NULL : text.s;
	while ((line = strsep(&rest, "\n")))
		if (line[strspn(line, " \t")] == '#')
			strbuf_addf(out, "%s\n", line);
	strbuf_release(&text);
}

static void put(const struct config *c, struct strbuf *out)
{
	if (c->sort)
		strbuf_addf(out, "sort %c%s\n", c->descending ? '-' : '+', c->sort->key);
	strbuf_addf(out, "units %s\n", c->plain ? "plain" : "readable");
	if (c->columns[0])
		strbuf_addstr(out, "columns");
	for (size_t i = 0; c->columns[i]; i++)
		strbuf_addf(out, " %s", c->columns[i]->key);
	if (c->columns[0])
		strbuf_addch(out, '\n');
}

int config_write(const struct config *c)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	int err = 0;

	if (!folder(&path) || !home_is_ours(path.s) || !make_folders(path.s))
		goto out;
	strbuf_addf(&path, "/%s", c->tool);
	put_comments(path.s, &text);
	put(c, &text);
	err = outfile_write(path.s, text.s, text.len, 0600);
	if (err)
		log_warn("what was chosen on the screen cannot be kept in %s: %s", path.s,
			 strerror(-err));
out:
	strbuf_release(&path);
	strbuf_release(&text);
	return err;
}
